using System.Globalization;
using System.Text;
using MlDurable.Learning.Metrics;

namespace MlDurable.Pipelines.Reports;

/// <summary>
/// A chart with two linear axes, drawn as SVG without transforms: every coordinate is in the view box as it stands. Colours come from the style
/// sheet by class, so that the page's light and dark schemes and its content security policy hold for charts too.
/// </summary>
internal sealed class SvgChart
{
    private const int MarginLeft = 46;
    private const int MarginRight = 12;
    private const int MarginTop = 24;
    private const int MarginBottom = 44;

    private readonly HtmlWriter html;
    private readonly int height;
    private readonly LinearScale x;
    private readonly LinearScale y;

    /// <summary>Prepares a chart; nothing is written yet.</summary>
    /// <param name="html">Where to write.</param>
    /// <param name="width">Width of the view box.</param>
    /// <param name="height">Height of the view box.</param>
    /// <param name="x">Domain of the horizontal axis.</param>
    /// <param name="y">Domain of the vertical axis.</param>
    public SvgChart(HtmlWriter html, int width, int height, (double Low, double High) x, (double Low, double High) y)
    {
        this.html = html;
        this.height = height;
        this.x = new LinearScale(x.Low, x.High, MarginLeft, width - MarginRight);
        this.y = new LinearScale(y.Low, y.High, height - MarginBottom, MarginTop);
    }

    /// <summary>Opens the drawing of an <c>svg</c> element with its name and description for those who do not see it.</summary>
    /// <param name="html">Where to write.</param>
    /// <param name="id">Unique in the document.</param>
    /// <param name="width">Width of the view box.</param>
    /// <param name="height">Height of the view box.</param>
    /// <param name="title">What it is.</param>
    /// <param name="description">What it shows, with the figures that matter.</param>
    /// <param name="cssClass">A class for the style sheet.</param>
    public static HtmlWriter.Scope Open(
        HtmlWriter html, string id, int width, int height, string title, string description, string cssClass = "chart")
    {
        var scope = html.Open(
            "svg",
            ("class", cssClass),
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", $"0 0 {width} {height}"),
            ("role", "img"),
            ("aria-labelledby", $"{id}-title {id}-desc"));
        html.Element("title", title, ("id", id + "-title"));
        html.Element("desc", description, ("id", id + "-desc"));
        return scope;
    }

    /// <summary>Opens an <c>svg</c> element that only repeats what stands beside it in words, and is hidden from screen readers.</summary>
    public static HtmlWriter.Scope OpenHidden(HtmlWriter html, string cssClass, int width, int height) =>
        html.Open(
            "svg",
            ("class", cssClass),
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", $"0 0 {width} {height}"),
            ("aria-hidden", "true"));

    /// <summary>A coordinate, to a tenth of a pixel.</summary>
    public static string Coordinate(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Writes the grid, the tick labels and the axis titles.</summary>
    public void Axes(string xTitle, string yTitle)
    {
        foreach (var (value, label) in x.Ticks(5))
        {
            Segment("grid", x.Map(value), y.From, x.Map(value), y.To);
            Text("tick", x.Map(value), y.From + 15, "middle", label);
        }

        foreach (var (value, label) in y.Ticks(5))
        {
            Segment("grid", x.From, y.Map(value), x.To, y.Map(value));
            Text("tick", x.From - 6, y.Map(value) + 3.5, "end", label);
        }

        Segment("axis", x.From, y.From, x.To, y.From);
        Text("axis-title", (x.From + x.To) / 2, height - 8, "middle", xTitle);
        // Lying above the axis it reads without tilting the head, and needs no transform.
        Text("axis-title", 0, 12, "start", yTitle);
    }

    /// <summary>Writes a line through points, thinned by whoever made them; points that are not finite are left out.</summary>
    public void Line(string cssClass, IEnumerable<CurvePoint> points)
    {
        var path = new StringBuilder();
        foreach (var point in points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
        {
            path.Append(path.Length == 0 ? "M" : " L").Append(Coordinate(x.Map(point.X))).Append(' ').Append(Coordinate(y.Map(point.Y)));
        }

        if (path.Length > 0)
        {
            html.Void("path", ("class", cssClass), ("d", path.ToString()));
        }
    }

    /// <summary>Writes a dot with a text that a pointer reveals.</summary>
    public void Dot(string cssClass, double xValue, double yValue, double radius, string hint)
    {
        using (html.Open(
            "circle",
            ("class", cssClass),
            ("cx", Coordinate(x.Map(xValue))),
            ("cy", Coordinate(y.Map(yValue))),
            ("r", Coordinate(radius))))
        {
            html.Element("title", hint);
        }
    }

    /// <summary>Writes a vertical whisker.</summary>
    public void Whisker(string cssClass, double xValue, double low, double high) =>
        Segment(cssClass, x.Map(xValue), y.Map(low), x.Map(xValue), y.Map(high));

    /// <summary>Writes a bar from the horizontal axis up, labelled.</summary>
    public void Bar(string cssClass, double fromX, double toX, double value, string label)
    {
        var (left, right, top) = (x.Map(fromX) + 1, x.Map(toX) - 1, y.Map(value));
        html.Void(
            "rect",
            ("class", cssClass),
            ("x", Coordinate(left)),
            ("y", Coordinate(top)),
            ("width", Coordinate(Math.Max(right - left, 0))),
            ("height", Coordinate(Math.Max(y.From - top, 0))));
        Text("tick", (left + right) / 2, Math.Max(top - 4, MarginTop), "middle", label);
    }

    /// <summary>
    /// Writes read-outs that appear while a pointer is over a part of the chart, by the style sheet alone: upright strips, each with a
    /// line, a dot on every curve and the values in words.
    /// </summary>
    /// <param name="strips">How many strips.</param>
    /// <param name="top">Whether the words stand at the top right rather than at the bottom right.</param>
    /// <param name="curves">The curves with their classes, ascending in X.</param>
    /// <param name="words">The words for a value of X and the curves' values there.</param>
    public void Probes(
        int strips,
        bool top,
        IReadOnlyList<(string CssClass, IReadOnlyList<CurvePoint> Points)> curves,
        Func<double, double[], string> words)
    {
        var width = (x.To - x.From) / strips;
        for (var strip = 0; strip < strips; strip++)
        {
            var at = x.Low + ((strip + 0.5) / strips * (x.High - x.Low));
            var values = curves.Select(curve => ValueAt(curve.Points, at)).ToArray();
            using (html.Open("g", ("class", "probe"), ("aria-hidden", "true")))
            {
                html.Void(
                    "rect",
                    ("x", Coordinate(x.From + (strip * width))),
                    ("y", Coordinate(y.To)),
                    ("width", Coordinate(width)),
                    ("height", Coordinate(y.From - y.To)));
                Segment("probe-line", x.Map(at), y.From, x.Map(at), y.To);
                foreach (var (curve, value) in curves.Zip(values).Where(pair => double.IsFinite(pair.Second)))
                {
                    html.Void(
                        "circle",
                        ("class", curve.CssClass + "-dot"),
                        ("cx", Coordinate(x.Map(at))),
                        ("cy", Coordinate(y.Map(value))),
                        ("r", "3.5"));
                }

                Text("probe-text", x.To - 6, top ? y.To + 12 : y.From - 8, "end", words(at, values));
            }
        }
    }

    private static double ValueAt(IReadOnlyList<CurvePoint> points, double at)
    {
        for (var index = 0; index < points.Count; index++)
        {
            var next = points[index];
            if (next.X < at)
            {
                continue;
            }

            var previous = points[Math.Max(index - 1, 0)];
            return next.X == previous.X ? next.Y : previous.Y + ((at - previous.X) / (next.X - previous.X) * (next.Y - previous.Y));
        }

        return double.NaN;
    }

    private void Segment(string cssClass, double x1, double y1, double x2, double y2) =>
        html.Void(
            "line",
            ("class", cssClass),
            ("x1", Coordinate(x1)),
            ("y1", Coordinate(y1)),
            ("x2", Coordinate(x2)),
            ("y2", Coordinate(y2)));

    private void Text(string cssClass, double left, double baseline, string anchor, string text) =>
        html.Element(
            "text",
            text,
            ("class", cssClass),
            ("x", Coordinate(left)),
            ("y", Coordinate(baseline)),
            ("text-anchor", anchor));
}
