using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>What came of the run and why.</summary>
internal static class DecisionSections
{
    public static void WriteWarnings(HtmlWriter html, ReportModel model)
    {
        using (html.Open("ul", ("class", "notes warn")))
        {
            foreach (var warning in model.Warnings)
            {
                html.Element("li", warning);
            }
        }
    }

    public static void WriteFailure(HtmlWriter html, RunFailure failure)
    {
        using (html.Open("div", ("class", "notes bad")))
        {
            html.Element("p", failure.Message);
            using (html.Open("p", ("class", "detail")))
            {
                html.Text("In step ").Element("code", failure.Step).Text(", code ").Element("code", failure.Code).Text(".");
            }
        }
    }

    public static void WriteDecision(HtmlWriter html, ReportModel model, Verdict verdict)
    {
        // Without a summary of the run the verdict's stands in the header already.
        if (model.Run.Summary is { } shown && shown != verdict.Summary)
        {
            html.Element("p", verdict.Summary);
        }

        if (verdict.Findings.Length > 0)
        {
            using (ReportTables.Table(html, "Everything that was checked, in the order in which it decides", "Check", "Result", "Detail"))
            using (html.Open("tbody"))
            {
                foreach (var finding in verdict.Findings)
                {
                    using (html.Open("tr"))
                    {
                        html.Element("th", finding.Check, ("scope", "row"));
                        using (html.Open("td"))
                        {
                            ReportTables.Tag(html, finding.Passed ? "good" : "bad", finding.Passed ? "✓ passed" : "✗ not passed");
                        }

                        html.Element("td", finding.Detail);
                    }
                }
            }
        }

        if (model.Evaluation is { } evaluation)
        {
            WriteComparisons(html, evaluation);
        }
    }

    public static void WriteApproval(HtmlWriter html, ApprovalDecision approval)
    {
        using (ReportTables.Table(html, "The person's decision, and SHA-256 of what was shown", "Part", "Value"))
        using (html.Open("tbody"))
        {
            Row("Decision", approval.Summary);
            Row("At", ReportText.Instant(approval.DecidedAt));
            Row("Evaluation", approval.Evidence.Evaluation);
            Row("Manifest", approval.Evidence.Manifest);
            Row("Predictions", approval.Evidence.Predictions);
            Row("Model file", approval.Evidence.Model);
        }

        void Row(string part, string value)
        {
            using (html.Open("tr"))
            {
                html.Element("th", part, ("scope", "row")).Element("td", value);
            }
        }
    }

    private static void WriteComparisons(HtmlWriter html, Evaluation evaluation)
    {
        var champion = evaluation.VersusChampion.FirstOrDefault(difference => difference.Metric == evaluation.Primary);
        var anchor = evaluation.VersusAnchor;
        PairedDifference[] drawn = [.. new[] { champion, anchor }.OfType<PairedDifference>()];
        // The baseline is far behind: drawn on the same scale it would hide what decides between champion and candidate.
        var plot = drawn.Length == 0
            ? new RowPlot(html, Ends(evaluation.VersusBaseline), 0)
            : new RowPlot(html, drawn.SelectMany(Ends), 0);
        var caption = $"Gain in {ReportText.MetricName(evaluation.Primary)}, paired on the same rows, with its "
            + $"{ReportText.Percent(evaluation.VersusBaseline.Interval.Confidence)} interval";
        using (ReportTables.Table(html, caption, "Candidate against", "#Candidate", "#Reference", "#Gain", "#Standard error", "#Rows", ""))
        using (html.Open("tbody"))
        {
            if (champion is not null)
            {
                Row("champion" + Version(evaluation.Champion?.Version), champion, true);
            }

            if (anchor is not null)
            {
                Row("anchor" + Version(evaluation.Anchor?.Version), anchor, true);
            }

            Row("baseline", evaluation.VersusBaseline, drawn.Length == 0);
            using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
            {
                html.Element("td", "", ("colspan", "6"));
                plot.AxisCell();
            }
        }

        html.Element(
            "p",
            "A gain above zero means that the candidate is better, whatever the metric's direction. The lower end of the interval decides: above "
            + "zero the candidate is shown to be better; above minus the pipeline's margin it is shown to be not inferior.",
            ("class", "hint"));

        void Row(string reference, PairedDifference difference, bool draw)
        {
            using (html.Open("tr"))
            {
                html.Element("th", reference, ("scope", "row"));
                ReportTables.Number(html, ReportText.Metric(difference.Candidate));
                ReportTables.Number(html, ReportText.Metric(difference.Reference));
                ReportTables.Number(html, ReportText.Signed(difference.Delta), ReportText.SignedEnds(difference.Interval));
                ReportTables.Number(html, ReportText.Metric(difference.StandardError));
                ReportTables.Number(html, ReportText.Count(difference.Rows));
                if (draw)
                {
                    plot.Cell("candidate", difference.Delta, difference.Interval.Low, difference.Interval.High);
                }
                else
                {
                    html.Element("td", "", ("class", "plot"));
                }
            }
        }

        static IEnumerable<double> Ends(PairedDifference difference) =>
            [difference.Delta, difference.Interval.Low, difference.Interval.High];

        static string Version(int? version) => version is { } number ? $", version {number}" : "";
    }
}
