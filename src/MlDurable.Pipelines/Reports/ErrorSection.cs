using MlDurable.Learning.Metrics;

namespace MlDurable.Pipelines.Reports;

/// <summary>How far the candidate's numbers are off.</summary>
internal static class ErrorSection
{
    private const int ChartWidth = 380;
    private const int ChartHeight = 340;

    private static readonly string[] Shares = ["5 %", "25 %", "50 %", "75 %", "95 %"];

    public static void Write(HtmlWriter html, ErrorFigures errors)
    {
        using (html.Open("div", ("class", "charts")))
        {
            using (html.Open("figure"))
            {
                var range = LinearScale.Around(errors.Points.SelectMany(point => new[] { point.X, point.Y }), 0, 1);
                using (SvgChart.Open(
                    html, "errors-chart", ChartWidth, ChartHeight, "Predictions against the truth",
                    $"The candidate's prediction against the truth, {ReportText.Counted(errors.Points.Length, "row")}; on the dotted line both are equal."))
                {
                    var chart = new SvgChart(html, ChartWidth, ChartHeight, (range.Low, range.High), (range.Low, range.High));
                    chart.Axes("Truth", "Prediction");
                    chart.Line("chance", [new(range.Low, range.Low), new(range.High, range.High)]);
                    foreach (var point in errors.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
                    {
                        chart.Dot("candidate-dot", point.X, point.Y, 2, $"truth {ReportText.Plain(point.X)}, prediction {ReportText.Plain(point.Y)}");
                    }
                }

                html.Element("figcaption", "A dot above the dotted line is a row that is predicted too high, one below it too low. Of many rows some are drawn, spread evenly over the truth.");
            }

            using (html.Open("figure"))
            {
                using (ReportTables.Table(html, "Errors: prediction less truth", "Share of the rows below", "#Error"))
                using (html.Open("tbody"))
                {
                    foreach (var (share, error) in Shares.Zip(errors.Quantiles))
                    {
                        using (html.Open("tr"))
                        {
                            html.Element("th", share, ("scope", "row"));
                            ReportTables.Number(html, ReportText.Signed(error));
                        }
                    }
                }
            }
        }
    }
}
