using MlDurable.Pipelines.Reports;

namespace MlDurable.Pipelines.Approvals;

/// <summary>The page behind a one-time link: one HTML document that needs nothing else, no network, no script. Thread-safe.</summary>
/// <remarks>
/// A GET shows it and changes nothing; its form posts the reason to the same address. A host sends it with <see cref="ContentSecurityPolicy"/>,
/// <c>Referrer-Policy: no-referrer</c> and <c>Cache-Control: no-store</c>, since the address is a secret.
/// </remarks>
public static class ApprovalPage
{
    /// <summary>The name of the form's field that holds the reason.</summary>
    public const string ReasonField = "reason";

    /// <summary>What the page needs, and nothing more.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    private const string Style =
        "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c2330;background:#fff}"
        + "dt{font-weight:600}dd{margin:0 0 .6rem;overflow-wrap:anywhere}textarea{width:100%;font:inherit}button{font:inherit;padding:.6rem 1.4rem;margin-top:1rem}";

    /// <summary>What is asked, with a form to answer; without the form when the request has ended.</summary>
    /// <param name="link">The link.</param>
    /// <param name="view">The request that it answers.</param>
    public static string Render(ApprovalLink link, ApprovalView view)
    {
        var approves = link.Choice == ApprovalChoice.Approve;
        return Document($"{(approves ? "Approve" : "Reject")} a candidate for {view.Request.Model}", html =>
        {
            WriteRequest(html, view.Request);
            if (view.Decision is { } decision)
            {
                html.Element("p", $"The request has ended: {decision.Summary}.");
                return;
            }

            using (html.Open("form", ("method", "post")))
            {
                html.Element("label", approves ? "Reason (may be empty)" : "Reason", ("for", ReasonField));
                html.Element(
                    "textarea",
                    "",
                    ("id", ReasonField),
                    ("name", ReasonField),
                    ("rows", "4"),
                    ("maxlength", $"{ApprovalDesk.MaxReasonLength}"),
                    ("required", approves ? null : "required"));
                html.Element("button", approves ? "Approve" : "Reject", ("type", "submit"));
            }
        });
    }

    /// <summary>What came of an answer.</summary>
    /// <param name="receipt">The answer's receipt.</param>
    public static string Render(ApprovalReceipt receipt) =>
        Document(receipt.Status == AnswerStatus.Counts ? "Your answer counts" : "Your answer changes nothing", html =>
            html.Element("p", Explain(receipt)));

    /// <summary>What came of an answer, in a sentence for whoever gave it.</summary>
    /// <param name="receipt">The answer's receipt.</param>
    public static string Explain(ApprovalReceipt receipt) => receipt.Status switch
    {
        AnswerStatus.Counts when receipt.Answer.Choice == ApprovalChoice.Approve =>
            $"run {receipt.RunId} is approved: the candidate becomes the champion if the champion is still the one that it was compared with",
        AnswerStatus.Counts => $"run {receipt.RunId} is rejected: the champion stays",
        AnswerStatus.Late => $"the answer to run {receipt.RunId} came too late and changes nothing{(receipt.Decision is { } late ? $": {late.Summary}" : "")}",
        AnswerStatus.Second => $"run {receipt.RunId} was {receipt.Decision!.Summary}; this later answer changes nothing",
        AnswerStatus.StaleEvidence => $"run {receipt.RunId} asks about other evidence by now; look at it and answer again",
        _ => $"{receipt.Answer.By} may not answer run {receipt.RunId}: the pipeline names others, or excludes whoever asked for the run or deployed its pipeline",
    };

    private static void WriteRequest(HtmlWriter html, ApprovalRequest request)
    {
        html.Element("p", request.Summary);
        using (html.Open("dl"))
        {
            Fact("Pipeline", request.Pipeline);
            Fact("Run", request.RunId);
            Fact("Candidate", request.CandidateVersion is { } version ? $"version {version}" : "not registered yet");
            Fact("Champion", request.Champion is { } champion ? $"version {champion}" : "none");
            Fact("Asked", ReportText.Instant(request.AskedAt));
            Fact("Answer before", ReportText.Instant(request.ExpiresAt));
            Fact("Model file", request.Evidence.Model);
            Fact("Evaluation", request.Evidence.Evaluation);
            Fact("Manifest", request.Evidence.Manifest);
            Fact("Predictions", request.Evidence.Predictions);
        }

        void Fact(string name, string value) => html.Element("dt", name).Element("dd", value);
    }

    private static string Document(string title, Action<HtmlWriter> write)
    {
        var html = new HtmlWriter();
        using (html.Open("html", ("lang", "en")))
        {
            using (html.Open("head"))
            {
                html.Void("meta", ("charset", "utf-8"));
                html.Void("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
                html.Void("meta", ("name", "referrer"), ("content", "no-referrer"));
                html.Element("title", title);
                html.Element("style", Style);
            }

            using (html.Open("body"))
            {
                html.Element("h1", title);
                write(html);
            }
        }

        return "<!DOCTYPE html>" + html + "\n";
    }
}
