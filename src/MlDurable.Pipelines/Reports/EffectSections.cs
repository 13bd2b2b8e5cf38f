using System.Globalization;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;

namespace MlDurable.Pipelines.Reports;

/// <summary>How the candidate's predictions depend on the columns.</summary>
internal static class EffectSections
{
    private const int ChartWidth = 380;
    private const int ChartHeight = 260;
    private const int NameLength = 40;

    public static bool HasAny(ModelExplanation explanation) =>
        explanation.Contributions.Length > 0 || explanation.Curves.Length > 0 || explanation.Obstacle is not null;

    public static void Write(HtmlWriter html, ModelExplanation explanation)
    {
        if (explanation.Contributions.Length > 0)
        {
            WriteContributions(html, explanation);
        }
        else if (explanation.Obstacle is { } obstacle)
        {
            html.Element("p", obstacle, ("class", "hint"));
        }

        WriteCurves(html, explanation);
    }

    private static void WriteContributions(HtmlWriter html, ModelExplanation explanation)
    {
        var plot = new RowPlot(html, explanation.Contributions.Select(mean => mean.MeanAbsolute), 0);
        using (ReportTables.Table(html, "How far a column pushes the score of a row on average, strongest first", "Column", "#Mean push", ""))
        using (html.Open("tbody"))
        {
            foreach (var mean in explanation.Contributions)
            {
                using (html.Open("tr"))
                {
                    html.Element("th", mean.Column, ("scope", "row"));
                    ReportTables.Number(html, ReportText.Metric(mean.MeanAbsolute));
                    plot.BarCell("candidate", mean.MeanAbsolute);
                }
            }

            using (html.Open("tr", ("class", "foot"), ("aria-hidden", "true")))
            {
                html.Element("td", "", ("colspan", "2"));
                plot.AxisCell();
            }
        }

        html.Element(
            "p",
            $"Each row's score, {ScoreWords(explanation.Unit)}{(explanation.Calibration == CalibrationMethod.None ? "" : " before the calibration")}, "
            + $"is the mean score {ReportText.Metric(explanation.BaseValue)} plus what its columns add (Shapley values); this is the "
            + $"mean size of what they add over {ReportText.Counted(explanation.Rows, "row")}, whichever way it goes.",
            ("class", "hint"));
    }

    private static void WriteCurves(HtmlWriter html, ModelExplanation explanation)
    {
        if (explanation.Curves.Length == 0)
        {
            return;
        }

        // One scale for all, so that a column that matters little looks like it.
        var means = explanation.Curves.SelectMany(curve => curve.Points).Select(point => point.Mean).ToArray();
        var range = LinearScale.Around(means, 0, 1);
        var isProbability = explanation.Unit is ScoreUnit.LogOdds or ScoreUnit.Probability;
        var (what, words) = isProbability ? ("Mean probability", (Func<double, string>)ReportText.Percent) : ("Mean prediction", ReportText.Plain);
        using (html.Open("div", ("class", "charts")))
        {
            for (var index = 0; index < explanation.Curves.Length; index++)
            {
                var curve = explanation.Curves[index];
                using (html.Open("figure"))
                {
                    html.Element("p", curve.Column, ("class", "legend"));
                    if (curve.Points.Any(point => point.Number is not null))
                    {
                        WriteLine(html, curve, "effect-" + index.ToString(CultureInfo.InvariantCulture), (range.Low, range.High), what, words);
                    }
                    else
                    {
                        WriteCategories(html, curve, means, what, words);
                    }
                }
            }
        }

        html.Element(
            "p",
            $"The {what.ToLowerInvariant()} over {ReportText.Counted(explanation.Rows, "row")}, were all of them to have the value (partial dependence). Where columns go "
            + "together that mean includes rows that do not occur.",
            ("class", "hint"));
    }

    private static string ScoreWords(ScoreUnit unit) => unit switch
    {
        ScoreUnit.Probability => "its probability",
        ScoreUnit.Number => "its prediction",
        ScoreUnit.Logarithm => "the logarithm of its prediction",
        _ => "in log-odds",
    };

    private static void WriteLine(
        HtmlWriter html, DependenceCurve curve, string id, (double Low, double High) range, string what, Func<double, string> toText)
    {
        var points = curve.Points.Where(point => point.Number is not null).Select(point => new CurvePoint(point.Number!.Value, point.Mean)).ToArray();
        var words = string.Join("; ", points.Select(point => $"{ReportText.Plain(point.X)}: {toText(point.Y)}"));
        using (SvgChart.Open(html, id, ChartWidth, ChartHeight, $"{what} by {curve.Column}", words + "."))
        {
            var values = LinearScale.Around(points.Select(point => point.X), 0, 1);
            var chart = new SvgChart(html, ChartWidth, ChartHeight, (values.Low, values.High), range);
            chart.Axes(Short(curve.Column), what);
            chart.Line("candidate", points);
            foreach (var point in points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
            {
                chart.Dot("candidate-dot", point.X, point.Y, 2.5, $"{ReportText.Plain(point.X)}: {toText(point.Y)}");
            }
        }

        if (curve.Points.FirstOrDefault(point => point.Number is null) is { } missing)
        {
            html.Element("figcaption", $"Without a value: {toText(missing.Mean)}.");
        }
    }

    private static void WriteCategories(HtmlWriter html, DependenceCurve curve, double[] means, string what, Func<double, string> toText)
    {
        var plot = new RowPlot(html, means);
        using (ReportTables.Table(html, $"{what} by {curve.Column}, most frequent values first", "Value", "#Mean", ""))
        using (html.Open("tbody"))
        {
            foreach (var point in curve.Points)
            {
                using (html.Open("tr"))
                {
                    html.Element("th", point.Category ?? "(missing)", ("scope", "row"));
                    ReportTables.Number(html, toText(point.Mean));
                    plot.Cell("candidate", point.Mean);
                }
            }
        }
    }

    private static string Short(string name) => name.Length <= NameLength ? name : name[..NameLength] + "…";
}
