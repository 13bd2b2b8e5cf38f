using System.Globalization;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Reports;

/// <summary>How good the models are on the rows that none of them had seen.</summary>
internal static class MetricSections
{
    private const int ChartWidth = 380;
    private const int ChartHeight = 340;
    private const int Strips = 40;

    // The normal quantile of a two-sided 95 % interval.
    private const double Z95 = 1.959964;

    public static void WriteMetrics(HtmlWriter html, Evaluation evaluation)
    {
        var rows = evaluation.Rows;
        html.Element(
            "p",
            $"On {ReportText.Counted(rows.Compared, "row")} that none of the compared models had seen"
            + (rows.ComparedPositives is { } compared ? $" ({ReportText.Counted(compared, "positive")}, {ReportText.Percent(compared, rows.Compared)})" : "")
            + $"{Period(rows)}. The holdout part has {ReportText.Counted(rows.Holdout, "row")}"
            + (rows.Positives is { } positives ? $", {ReportText.Counted(positives, "positive")}." : "."));

        EvaluatedModel[] models = [.. CandidateAndChampion(evaluation), evaluation.Baseline];
        var hasChampion = evaluation.VersusChampion.Length > 0;
        var confidence = evaluation.Candidate.Metrics.Select(estimate => ReportText.Percent(estimate.Interval.Confidence)).FirstOrDefault();
        List<string> columns = ["Metric", .. models.Select(evaluated => "#" + Name(evaluated))];
        if (hasChampion)
        {
            columns.AddRange(["#Gain over the champion", ""]);
        }

        var plot = new RowPlot(
            html,
            evaluation.VersusChampion.SelectMany(difference => new[] { difference.Delta, difference.Interval.Low, difference.Interval.High }),
            0);
        using (ReportTables.Table(html, $"Every metric with its {confidence} interval", [.. columns]))
        using (html.Open("tbody"))
        {
            foreach (var metric in evaluation.Candidate.Metrics.Select(estimate => estimate.Metric))
            {
                using (html.Open("tr", ("class", metric == evaluation.Primary ? "primary" : null)))
                {
                    WriteMetricName(html, metric, metric == evaluation.Primary);
                    foreach (var evaluated in models)
                    {
                        if (evaluated.Metrics.FirstOrDefault(estimate => estimate.Metric == metric) is { } estimate)
                        {
                            ReportTables.Number(html, ReportText.Metric(estimate.Value), ReportText.Ends(estimate.Interval));
                        }
                        else
                        {
                            ReportTables.Number(html, ReportText.None);
                        }
                    }

                    if (hasChampion)
                    {
                        WriteGain(html, plot, evaluation.VersusChampion.FirstOrDefault(difference => difference.Metric == metric));
                    }
                }
            }

            if (hasChampion)
            {
                using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
                {
                    html.Element("td", "", ("colspan", (columns.Count - 1).ToString(CultureInfo.InvariantCulture)));
                    plot.AxisCell();
                }
            }
        }

        html.Element(
            "p",
            "An arrow shows the better direction. Small print is the interval, by bootstrap over the rows: were other rows of the same kind drawn, the "
            + "value would mostly fall in it. Two overlapping intervals do not mean that two models are equal; the paired gain tells."
            + (evaluation.VersusChampion is [var first, ..]
                ? $" Gains have their {ReportText.Percent(first.Interval.Confidence)} interval, and are positive where the candidate is better."
                : ""),
            ("class", "hint"));
        if (evaluation.Decisions is { } decisions)
        {
            html.Element(
                "p",
                $"Only the candidate decides {ReportText.Counted(decisions.CandidateOnlyRight, "row")} right, and only the champion {ReportText.Count(decisions.ReferenceOnlyRight)}: "
                + $"p {ReportText.PValue(decisions.ExactPValue)} that both are right equally often (McNemar's exact test). It is shown only; the metric that decides is above.",
                ("class", "hint"));
        }
    }

    public static void WriteCurves(HtmlWriter html, Evaluation evaluation)
    {
        using (html.Open("div", ("class", "charts")))
        {
            WriteCurve(
                html, evaluation, "roc", "ROC curve", "roc-auc", "False positive rate", "True positive rate",
                evaluated => evaluated.Roc, new(0, 0), new(1, 1),
                "How many of the positive rows are found (up) at the price of how many negative rows called positive (right). "
                + "The dotted line is chance.");
            var rate = evaluation.Rows.Compared == 0 ? 0 : (double)evaluation.Rows.ComparedPositives! / evaluation.Rows.Compared;
            WriteCurve(
                html, evaluation, "pr", "Precision–recall curve", "pr-auc", "Recall", "Precision",
                evaluated => evaluated.PrecisionRecall, new(0, rate), new(1, rate),
                "How many of the rows called positive are (up), as more of the positive rows are found (right). The dotted line is chance: "
                + $"{ReportText.Percent(rate)} of the rows are positive.");
        }
    }

    public static void WriteCalibration(HtmlWriter html, Evaluation evaluation)
    {
        var bins = evaluation.Candidate.Calibration
            .Where(bin => double.IsFinite(bin.Low) && double.IsFinite(bin.High) && double.IsFinite(bin.MeanPredicted) && double.IsFinite(bin.ObservedRate))
            .ToList();
        using (html.Open("div", ("class", "charts")))
        {
            using (html.Open("figure"))
            {
                WriteLegend(html, evaluation, "calibration-error", "perfect");
                using (SvgChart.Open(
                    html, "calibration-chart", ChartWidth, ChartHeight, "Calibration plot",
                    "Observed rate against mean predicted probability of the candidate, bin by bin: "
                    + string.Join("; ", bins.Select(BinWords)) + "."))
                {
                    var chart = new SvgChart(html, ChartWidth, ChartHeight, (0, 1), (0, 1));
                    chart.Axes("Mean predicted probability", "Observed rate");
                    chart.Line("chance", [new(0, 0), new(1, 1)]);
                    if (evaluation.Champion is { } champion)
                    {
                        chart.Line("champion", champion.Calibration.Select(bin => new CurvePoint(bin.MeanPredicted, bin.ObservedRate)));
                    }

                    chart.Line("candidate", bins.Select(bin => new CurvePoint(bin.MeanPredicted, bin.ObservedRate)));
                    foreach (var bin in bins)
                    {
                        var (low, high) = Wilson(bin.ObservedRate, bin.Count);
                        chart.Whisker("candidate-whisker", bin.MeanPredicted, low, high);
                        chart.Dot("candidate-dot", bin.MeanPredicted, bin.ObservedRate, 4, BinWords(bin));
                    }
                }

                html.Element(
                    "figcaption",
                    "A dot on the dotted line means that of the rows given a probability of 30 %, 30 % are positive. Above it the model promises "
                    + "too little, below it too much. Whiskers are 95 % Wilson intervals of the observed rate: long where rows are few.");
            }

            using (html.Open("figure"))
            {
                html.Element("p", "Rows in each bin", ("class", "legend"));
                var most = Math.Max(bins.Select(bin => bin.Count).DefaultIfEmpty(0).Max(), 1);
                using (SvgChart.Open(
                    html, "calibration-counts", ChartWidth, ChartHeight, "Rows in each calibration bin",
                    "Counts of rows by predicted probability of the candidate."))
                {
                    var chart = new SvgChart(html, ChartWidth, ChartHeight, (0, 1), (0, LinearScale.Around([0, most * 1.05], 0, 1).High));
                    chart.Axes("Predicted probability", "Rows");
                    foreach (var bin in bins)
                    {
                        chart.Bar("candidate-bar", bin.Low, bin.High, bin.Count, ReportText.Count(bin.Count));
                    }
                }

                html.Element("figcaption", "How many rows stand behind each dot of the calibration plot.");
            }
        }

        if (evaluation.Candidate.Uncalibrated is { } before)
        {
            html.Element(
                "p",
                $"The candidate's probabilities are calibrated ({before.Method.ToString().ToLowerInvariant()}) on validation rows. As they were before, they would have on these rows "
                + $"a log loss of {ReportText.Metric(before.LogLoss)}, a Brier score of {ReportText.Metric(before.Brier)} and a calibration error of "
                + $"{ReportText.Metric(before.CalibrationError)}.",
                ("class", "hint"));
        }
    }

    public static void WriteConfusion(HtmlWriter html, Evaluation evaluation)
    {
        using (html.Open("div", ("class", "charts")))
        {
            foreach (var evaluated in CandidateAndChampion(evaluation).Where(evaluated => evaluated.Confusion is not null))
            {
                var (hits, alarms, rejections, misses) = evaluated.Confusion!;
                var caption = $"{Name(evaluated)}: called positive from a probability of {ReportText.Metric(evaluated.Threshold)}, {ReportText.Rule(evaluated.ThresholdRule)}";
                using (html.Open("table", ("class", "confusion")))
                {
                    html.Element("caption", caption);
                    using (html.Open("thead"))
                    using (html.Open("tr"))
                    {
                        html.Element("td", "");
                        html.Element("th", "Called positive", ("scope", "col")).Element("th", "Called negative", ("scope", "col"));
                    }

                    using (html.Open("tbody"))
                    {
                        Row("Positive", (hits, "right", "found"), (misses, "wrong", "missed"), hits + misses);
                        Row("Negative", (alarms, "wrong", "false alarms"), (rejections, "right", "rightly left"), alarms + rejections);
                    }
                }
            }
        }

        html.Element(
            "p",
            "Percentages are shares of the row: of all positive rows, and of all negative rows."
            + (evaluation.Candidate.ThresholdRule is { FalsePositive: { } falsePositive, FalseNegative: { } falseNegative }
                ? " " + Costs(evaluation, falsePositive, falseNegative)
                : ""),
            ("class", "hint"));

        void Row(string truth, (int Count, string CssClass, string Word) first, (int Count, string CssClass, string Word) second, int total)
        {
            using (html.Open("tr"))
            {
                html.Element("th", truth, ("scope", "row"));
                foreach (var (count, cssClass, word) in (ReadOnlySpan<(int, string, string)>)[first, second])
                {
                    using (html.Open("td", ("class", cssClass)))
                    {
                        html.Element("b", ReportText.Count(count)).Element("small", $"{word}, {ReportText.Percent(count, total)}");
                    }
                }
            }
        }
    }

    // All at the candidate's costs, which are those of now.
    private static string Costs(Evaluation evaluation, double falsePositive, double falseNegative)
    {
        var (rows, positives) = (evaluation.Rows.Compared, evaluation.Rows.ComparedPositives!.Value);
        (string Who, ConfusionMatrix Confusion)[] decisions =
        [
            .. CandidateAndChampion(evaluation).Select(evaluated => ($"of the {evaluated.Role}", evaluated.Confusion!)),
            ("of calling every row negative", new ConfusionMatrix(0, 0, rows - positives, positives)),
            ("of calling every row positive", new ConfusionMatrix(positives, rows - positives, 0, 0)),
        ];
        var costs = decisions.Select(decision =>
            (decision.Who, Mean: ((decision.Confusion.FalsePositives * falsePositive) + (decision.Confusion.FalseNegatives * falseNegative)) / rows));
        return $"At {ReportText.Plain(falsePositive)} a false alarm and {ReportText.Plain(falseNegative)} a positive row that is missed, the mistakes cost, on average over these rows: "
            + string.Join(", ", costs.Select(cost => $"{ReportText.Metric(cost.Mean)} {cost.Who}")) + ".";
    }

    public static void WriteImportance(HtmlWriter html, Evaluation evaluation)
    {
        var metric = ReportText.MetricName(evaluation.Primary);
        var plot = new RowPlot(html, evaluation.Importance.SelectMany(Drawn), 0);
        var confidence = evaluation.Importance[0].Interval?.Confidence;
        var caption = $"Loss of {metric} when a column's values are shuffled, most important first";
        using (ReportTables.Table(html, caption, "Column", "#Loss", confidence is { } share ? $"#{ReportText.Percent(share)} interval" : "#Standard error", ""))
        using (html.Open("tbody"))
        {
            foreach (var importance in evaluation.Importance)
            {
                using (html.Open("tr"))
                {
                    html.Element("th", importance.Feature, ("scope", "row"));
                    ReportTables.Number(html, ReportText.Signed(importance.Mean));
                    ReportTables.Number(
                        html, importance.Interval is { } interval ? ReportText.SignedEnds(interval) : ReportText.Metric(importance.StandardError));
                    var (low, high) = Whisker(importance);
                    plot.BarCell("candidate", importance.Mean, low, high);
                }
            }

            using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
            {
                html.Element("td", "", ("colspan", "3"));
                plot.AxisCell();
            }
        }

        html.Element(
            "p",
            "What the candidate loses without a column's information. Columns that say the same thing share it between them, so a small value does "
            + "not mean that a column is useless; a value near zero, "
            + (confidence is null ? "within its whisker of one standard error" : "whose interval over the shuffles holds zero")
            + ", may be chance.",
            ("class", "hint"));

        static double[] Drawn(FeatureImportance importance)
        {
            var (low, high) = Whisker(importance);
            return [importance.Mean, low, high];
        }
    }

    // The anchor is left out: it is another champion's figures a second time, and only its primary metric decides.
    private static IEnumerable<EvaluatedModel> CandidateAndChampion(Evaluation evaluation) =>
        new[] { evaluation.Candidate, evaluation.Champion }.OfType<EvaluatedModel>();

    /// <summary>The interval, or one standard error on either side in records of before there were intervals.</summary>
    private static (double Low, double High) Whisker(FeatureImportance importance) => importance.Interval is { } interval
        ? (interval.Low, interval.High)
        : (importance.Mean - importance.StandardError, importance.Mean + importance.StandardError);

    private static string Name(EvaluatedModel evaluated) =>
        CultureInfo.InvariantCulture.TextInfo.ToTitleCase(evaluated.Role) + (evaluated.Version is { } version ? $" v{version}" : "");

    private static string Period(EvaluationRows rows) => rows is { From: { } from, To: { } to }
        ? $", from {ReportText.Boundary(from)} to {ReportText.Boundary(to)}"
        : "";

    private static string BinWords(CalibrationBin bin) =>
        $"predicted {ReportText.Percent(bin.MeanPredicted)}, observed {ReportText.Percent(bin.ObservedRate)} of {ReportText.Counted(bin.Count, "row")}";

    private static void WriteMetricName(HtmlWriter html, string name, bool decides)
    {
        using (html.Open("th", ("scope", "row")))
        {
            html.Text(ReportText.MetricName(name));
            if (MetricCatalog.Find(name) is { } metric)
            {
                html.Text(" ").Element(
                    "span",
                    metric.HigherIsBetter ? "↑" : "↓",
                    ("class", "direction"),
                    ("title", metric.HigherIsBetter ? "higher is better" : "lower is better"));
            }

            if (decides)
            {
                html.Text(" ");
                ReportTables.Tag(html, "accent", "decides");
            }
        }
    }

    private static void WriteGain(HtmlWriter html, RowPlot plot, PairedDifference? difference)
    {
        if (difference is null)
        {
            ReportTables.Number(html, ReportText.None);
        }
        else
        {
            ReportTables.Number(html, ReportText.Signed(difference.Delta), ReportText.SignedEnds(difference.Interval));
        }

        plot.Cell("candidate", difference?.Delta, difference?.Interval.Low, difference?.Interval.High);
    }

    private static void WriteCurve(
        HtmlWriter html,
        Evaluation evaluation,
        string id,
        string title,
        string area,
        string xTitle,
        string yTitle,
        Func<EvaluatedModel, IReadOnlyList<CurvePoint>> pointsOf,
        CurvePoint chanceFrom,
        CurvePoint chanceTo,
        string caption)
    {
        List<(string CssClass, IReadOnlyList<CurvePoint> Points)> curves = [("candidate", pointsOf(evaluation.Candidate))];
        if (evaluation.Champion is { } champion)
        {
            curves.Add(("champion", pointsOf(champion)));
        }

        using (html.Open("figure"))
        {
            WriteLegend(html, evaluation, area, "chance");
            using (SvgChart.Open(
                html, id + "-chart", ChartWidth, ChartHeight, title,
                $"{yTitle} against {xTitle.ToLowerInvariant()}. {ReportText.MetricName(area)}: candidate {Area(evaluation.Candidate)}"
                + (evaluation.Champion is { } other ? $", champion {Area(other)}." : ".")))
            {
                var chart = new SvgChart(html, ChartWidth, ChartHeight, (0, 1), (0, 1));
                chart.Axes(xTitle, yTitle);
                chart.Line("chance", [chanceFrom, chanceTo]);
                foreach (var (cssClass, points) in Enumerable.Reverse(curves))
                {
                    chart.Line(cssClass, points);
                }

                chart.Probes(
                    Strips,
                    id == "pr",
                    curves,
                    (x, values) => $"at {ReportText.Plain(Math.Round(x, 3))}: "
                        + string.Join(", ", curves.Zip(values, (curve, value) => $"{curve.CssClass} {ReportText.Plain(Math.Round(value, 3))}")));
            }

            html.Element("figcaption", caption);
        }

        string Area(EvaluatedModel evaluated) =>
            ReportText.Metric(evaluated.Metrics.FirstOrDefault(estimate => estimate.Metric == area)?.Value);
    }

    private static void WriteLegend(HtmlWriter html, Evaluation evaluation, string metric, string reference)
    {
        using (html.Open("ul", ("class", "legend")))
        {
            foreach (var evaluated in CandidateAndChampion(evaluation))
            {
                Entry(
                    evaluated == evaluation.Candidate ? "candidate" : "champion",
                    Name(evaluated),
                    ReportText.Metric(evaluated.Metrics.FirstOrDefault(estimate => estimate.Metric == metric)?.Value));
            }

            Entry("chance", reference, "");
        }

        void Entry(string cssClass, string name, string value)
        {
            using (html.Open("li"))
            {
                using (SvgChart.OpenHidden(html, "swatch", 22, 8))
                {
                    html.Void("line", ("class", cssClass), ("x1", "1"), ("y1", "4"), ("x2", "21"), ("y2", "4"));
                }

                html.Text($" {name} ").Element("b", value);
            }
        }
    }

    // Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), without continuity correction.
    private static (double Low, double High) Wilson(double rate, int count)
    {
        if (count <= 0)
        {
            return (0, 1);
        }

        var (z2, n) = (Z95 * Z95, (double)count);
        var centre = (rate + (z2 / (2 * n))) / (1 + (z2 / n));
        var half = Z95 / (1 + (z2 / n)) * Math.Sqrt(Math.Max((rate * (1 - rate) / n) + (z2 / (4 * n * n)), 0));
        return (Math.Max(centre - half, 0), Math.Min(centre + half, 1));
    }
}
