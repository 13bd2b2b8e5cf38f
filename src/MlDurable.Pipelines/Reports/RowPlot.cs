namespace MlDurable.Pipelines.Reports;

/// <summary>
/// The graphical column of a table: one small drawing a row, all on one scale, with the axis in the table's foot. The numbers stand beside it in
/// the table, so the drawings are hidden from screen readers.
/// </summary>
internal sealed class RowPlot
{
    private const int Width = 240;
    private const int Height = 22;
    private const int Padding = 16;

    private readonly HtmlWriter html;
    private readonly LinearScale scale;
    private readonly double[] guides;

    /// <summary>Prepares the column.</summary>
    /// <param name="html">Where to write.</param>
    /// <param name="values">Every value that will be drawn; those that are not finite are ignored.</param>
    /// <param name="guides">Values to mark in every row, such as zero.</param>
    public RowPlot(HtmlWriter html, IEnumerable<double> values, params double[] guides)
    {
        this.html = html;
        this.guides = [.. guides.Where(double.IsFinite)];
        scale = LinearScale.Around(values.Concat(this.guides), Padding, Width - Padding);
    }

    /// <summary>Writes a cell with a dot and its whisker.</summary>
    /// <param name="cssClass">The class of the dot and the whisker.</param>
    /// <param name="value">Where the dot is; nothing is drawn when it is null or not finite.</param>
    /// <param name="low">The lower end of the whisker; none when it is null or not finite.</param>
    /// <param name="high">The upper end of the whisker; none when it is null or not finite.</param>
    public void Cell(string cssClass, double? value, double? low = null, double? high = null)
    {
        using (html.Open("td", ("class", "plot")))
        using (SvgChart.OpenHidden(html, "row-plot", Width, Height))
        {
            Guides();
            if (low is { } from && high is { } to && double.IsFinite(from) && double.IsFinite(to))
            {
                Segment(cssClass + "-whisker", scale.Map(from), Height / 2, scale.Map(to), Height / 2);
            }

            if (value is { } at && double.IsFinite(at))
            {
                html.Void(
                    "circle",
                    ("class", cssClass + "-dot"),
                    ("cx", SvgChart.Coordinate(scale.Map(at))),
                    ("cy", SvgChart.Coordinate(Height / 2.0)),
                    ("r", "4"));
            }
        }
    }

    /// <summary>Writes a cell with a bar from zero and a whisker about its end; none where an end of it is not finite.</summary>
    public void BarCell(string cssClass, double value, double low = double.NaN, double high = double.NaN)
    {
        using (html.Open("td", ("class", "plot")))
        using (SvgChart.OpenHidden(html, "row-plot", Width, Height))
        {
            if (double.IsFinite(value))
            {
                var (zero, end) = (scale.Map(0), scale.Map(value));
                html.Void(
                    "rect",
                    ("class", cssClass + "-bar"),
                    ("x", SvgChart.Coordinate(Math.Min(zero, end))),
                    ("y", "5"),
                    ("width", SvgChart.Coordinate(Math.Abs(end - zero))),
                    ("height", "12"));
            }

            Guides();
            if (double.IsFinite(value) && double.IsFinite(low) && double.IsFinite(high))
            {
                Segment("error-bar", scale.Map(low), Height / 2, scale.Map(high), Height / 2);
            }
        }
    }

    /// <summary>Writes the axis as a cell of the table's foot.</summary>
    public void AxisCell()
    {
        using (html.Open("td", ("class", "plot")))
        using (SvgChart.OpenHidden(html, "row-plot", Width, Height))
        {
            foreach (var (value, label) in scale.Ticks(5))
            {
                Segment("axis", scale.Map(value), 0, scale.Map(value), 4);
                html.Element(
                    "text",
                    label,
                    ("class", "tick"),
                    ("x", SvgChart.Coordinate(scale.Map(value))),
                    ("y", "16"),
                    ("text-anchor", "middle"));
            }

            Segment("axis", scale.From, 0, scale.To, 0);
        }
    }

    private void Guides()
    {
        foreach (var guide in guides)
        {
            Segment("guide", scale.Map(guide), 0, scale.Map(guide), Height);
        }
    }

    private void Segment(string cssClass, double x1, int y1, double x2, int y2) =>
        html.Void(
            "line",
            ("class", cssClass),
            ("x1", SvgChart.Coordinate(x1)),
            ("y1", SvgChart.Coordinate(y1)),
            ("x2", SvgChart.Coordinate(x2)),
            ("y2", SvgChart.Coordinate(y2)));
}
