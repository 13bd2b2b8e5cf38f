namespace MlDurable.Pipelines.Reports;

/// <summary>The pieces that every table of the report is made of.</summary>
internal static class ReportTables
{
    /// <summary>Opens a table with its heading in a box that scrolls sideways on a narrow screen, reachable by keyboard. The caller writes its bodies.</summary>
    /// <param name="html">Where to write.</param>
    /// <param name="caption">What the table shows: its caption, and the scrolling box's name.</param>
    /// <param name="columns">The headings; one that starts with <c>#</c> stands over numbers, an empty one over drawings.</param>
    public static TableScope Table(HtmlWriter html, string caption, params ReadOnlySpan<string> columns)
    {
        var box = html.Open("div", ("class", "table"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption));
        var table = html.Open("table");
        html.Element("caption", caption);
        using (html.Open("thead"))
        using (html.Open("tr"))
        {
            foreach (var column in columns)
            {
                if (column.Length == 0)
                {
                    html.Element("td", "", ("class", "plot"));
                }
                else if (column[0] == '#')
                {
                    html.Element("th", column[1..], ("scope", "col"), ("class", "n"));
                }
                else
                {
                    html.Element("th", column, ("scope", "col"));
                }
            }
        }

        return new TableScope(box, table);
    }

    /// <summary>Writes a cell with a number.</summary>
    public static void Number(HtmlWriter html, string text) => html.Element("td", text, ("class", "n"));

    /// <summary>Writes a cell with a number and a smaller line below it.</summary>
    public static void Number(HtmlWriter html, string text, string detail)
    {
        using (html.Open("td", ("class", "n")))
        {
            html.Text(text).Element("small", detail);
        }
    }

    /// <summary>Writes a mark with its word.</summary>
    /// <param name="html">Where to write.</param>
    /// <param name="tone">good, calm, warn or bad.</param>
    /// <param name="text">The word.</param>
    public static void Tag(HtmlWriter html, string tone, string text) => html.Element("span", text, ("class", "tag " + tone));

    /// <summary>Writes a hash: its first twelve characters, the whole of it on hover.</summary>
    public static void Hash(HtmlWriter html, string hash) => html.Element("code", ReportText.ShortHash(hash), ("title", hash));

    /// <summary>An open table.</summary>
    internal readonly struct TableScope(HtmlWriter.Scope box, HtmlWriter.Scope table) : IDisposable
    {
        /// <summary>Closes the table.</summary>
        public void Dispose()
        {
            table.Dispose();
            box.Dispose();
        }
    }
}
