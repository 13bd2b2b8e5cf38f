using MlDurable.Pipelines.Approvals;

namespace MlDurable.Cli.Output;

/// <summary>What is written about approvals.</summary>
internal static class ApprovalOutput
{
    /// <summary>What a run asks.</summary>
    public static void Write(Terminal terminal, ApprovalView view)
    {
        var request = view.Request;
        terminal.Line(Tone.Heading, $"run {request.RunId}", $" of {request.Pipeline} waits for approval until {Text.Instant(request.ExpiresAt)}");
        terminal.Line($"  {request.Summary}");
        terminal.Line(
            $"  candidate {Text.Version(request.CandidateVersion)}, champion {Text.Version(request.Champion)}, asked {Text.Instant(request.AskedAt)}");
        terminal.Line($"  may answer: {(request.By.IsEmpty ? "everyone" : string.Join(", ", request.By))}"
            + (request.Authors.IsEmpty ? "" : $", but not {string.Join(" or ", request.Authors)}"));
        terminal.Line($"  evidence {request.EvidenceHash}");
        if (view.Warning is { } warning)
        {
            terminal.Line(Tone.Warning, "  warning", $": {warning}");
        }
    }

    /// <summary>What came of an answer.</summary>
    public static void Write(Terminal terminal, ApprovalReceipt receipt)
    {
        if (receipt.Status == AnswerStatus.Counts)
        {
            terminal.Line(ApprovalPage.Explain(receipt));
        }
        else
        {
            terminal.Error(ExitCodes.AnswerCodeOf(receipt.Status), ApprovalPage.Explain(receipt));
        }

        terminal.Json(receipt, CliJson.Default.ApprovalReceipt);
    }
}
