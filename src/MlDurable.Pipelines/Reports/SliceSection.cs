using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>The candidate, part by part of the compared rows.</summary>
internal static class SliceSection
{
    // A column of hundreds of values would bury the slices that say something; the rest is counted in one line.
    private const int SmallShown = 8;

    public static void Write(HtmlWriter html, Evaluation evaluation)
    {
        var metric = ReportText.MetricName(evaluation.Primary);
        var compared = evaluation.Champion is not null;
        var overall = evaluation.Candidate.Metrics.FirstOrDefault(estimate => estimate.Metric == evaluation.Primary)?.Value ?? double.NaN;
        var shown = evaluation.Slices.Where(slice => slice.Finding != SliceFinding.TooSmall).ToList();
        var plot = compared
            ? new RowPlot(html, shown.SelectMany(Ends), 0)
            : new RowPlot(html, evaluation.Slices.Select(slice => slice.Candidate ?? double.NaN), overall);
        var confidence = shown.Select(slice => slice.Difference).OfType<PairedDifference>().FirstOrDefault()?.Interval.Confidence;
        var caption = compared
            ? $"{metric} by slice; gain over the champion{(confidence is { } share ? $" with its {ReportText.Percent(share)} interval" : "")}"
            : $"{metric} by slice; the line is the value over all rows, {ReportText.Metric(overall)}";
        string[] counts = evaluation.Task == LearningTask.Binary ? ["#Rows", "#Positives"] : ["#Rows"];
        string[] columns = compared
            ? ["Slice", .. counts, "#Candidate", "#Champion", "#Gain", "", "Finding"]
            : ["Slice", .. counts, "#Candidate", "", "Finding"];
        using (ReportTables.Table(html, caption, columns))
        {
            foreach (var column in evaluation.Slices.GroupBy(slice => slice.Column))
            {
                using var group = html.Open("tbody");
                using (html.Open("tr", ("class", "group")))
                {
                    html.Element("th", column.Key, ("scope", "rowgroup"), ("colspan", Span(columns.Length)));
                }

                var small = column.Where(slice => slice.Finding == SliceFinding.TooSmall).OrderByDescending(slice => slice.Rows).ToList();
                foreach (var slice in column.Where(slice => slice.Finding != SliceFinding.TooSmall).Concat(small.Take(SmallShown)))
                {
                    WriteRow(html, plot, slice, compared);
                }

                if (small.Count > SmallShown)
                {
                    using (html.Open("tr", ("class", "small")))
                    {
                        html.Element(
                            "td",
                            $"and {ReportText.Counted(small.Count - SmallShown, "smaller slice")} with "
                            + $"{ReportText.Counted(small.Skip(SmallShown).Sum(slice => (long)slice.Rows), "row")} together",
                            ("colspan", Span(columns.Length)));
                    }
                }
            }

            using (html.Open("tfoot"))
            using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
            {
                html.Element("td", "", ("colspan", Span(columns.Length - 2)));
                plot.AxisCell();
                html.Element("td", "");
            }
        }

        html.Element(
            "p",
            compared
                ? "A slice forbids a promotion only when it is shown to be worse by more than twice the margin, after correcting for the number of slices "
                    + "(Holm). Greyed slices have too few rows to be tested and are shown only."
                : "There was no champion to compare with. Greyed slices have too few rows to say much.",
            ("class", "hint"));

        static IEnumerable<double> Ends(SliceResult slice) =>
            slice.Difference is { } difference ? [difference.Delta, difference.Interval.Low, difference.Interval.High] : [];

        static string Span(int columns) => ReportText.Count(columns);
    }

    private static void WriteRow(HtmlWriter html, RowPlot plot, SliceResult slice, bool compared)
    {
        using (html.Open("tr", ("class", slice.Finding == SliceFinding.TooSmall ? "small" : null)))
        {
            html.Element("th", slice.Value, ("scope", "row"));
            ReportTables.Number(html, ReportText.Count(slice.Rows));
            if (slice.Positives is { } positives)
            {
                ReportTables.Number(html, ReportText.Count(positives));
            }

            ReportTables.Number(html, ReportText.Metric(slice.Candidate));
            var drawn = slice.Finding is SliceFinding.ShownWorse or SliceFinding.NotShownNonInferior ? "worse" : "candidate";
            if (compared)
            {
                ReportTables.Number(html, ReportText.Metric(slice.Reference));
                if (slice.Difference is { } difference)
                {
                    ReportTables.Number(html, ReportText.Signed(difference.Delta), ReportText.SignedEnds(difference.Interval));
                }
                else
                {
                    ReportTables.Number(html, ReportText.None);
                }

                plot.Cell(drawn, slice.Difference?.Delta, slice.Difference?.Interval.Low, slice.Difference?.Interval.High);
            }
            else
            {
                plot.Cell(slice.Finding == SliceFinding.TooSmall ? "small" : drawn, slice.Candidate);
            }

            using (html.Open("td"))
            {
                var (tone, word) = slice.Finding switch
                {
                    SliceFinding.TooSmall => ("calm", "too small"),
                    SliceFinding.ShownWorse => ("bad", "shown worse"),
                    SliceFinding.NotShownNonInferior => ("bad", "not shown as good"),
                    _ => ("good", compared ? "not shown worse" : "enough rows"),
                };
                ReportTables.Tag(html, tone, word);
                if (slice.PValue is { } p)
                {
                    html.Element("small", $"p {(p < 0.001 ? "" : "= ")}{ReportText.PValue(p)}");
                }
            }
        }
    }
}
