using System.Globalization;
using MlDurable.Learning.Metrics;

namespace MlDurable.Pipelines.Reports;

/// <summary>Which classes the candidate takes for which.</summary>
internal static class ClassSection
{
    /// <summary>Of more classes the table of all pairs says nothing to the eye.</summary>
    private const int MostInMatrix = 30;

    public static void Write(HtmlWriter html, ClassConfusion confusion)
    {
        WriteClasses(html, confusion);
        if (confusion.Classes.Length <= MostInMatrix)
        {
            WriteMatrix(html, confusion);
        }

        html.Element(
            "p",
            "A row is decided to be of its most probable class. Precision is the share of the rows decided to be of a class that are of it, recall the share of its rows that are "
            + "decided so, F1 their harmonic mean."
            + (confusion.Classes.Length > MostInMatrix ? $" With more than {MostInMatrix} classes the counts of all pairs are only in evaluation.json." : ""),
            ("class", "hint"));
    }

    private static void WriteClasses(HtmlWriter html, ClassConfusion confusion)
    {
        using (ReportTables.Table(html, "The candidate's decisions, class by class", "Class", "#Rows", "#Precision", "#Recall", "#F1", "Most often taken for"))
        using (html.Open("tbody"))
        {
            for (var place = 0; place < confusion.Classes.Length; place++)
            {
                var ofClass = confusion.Counts[place];
                var (rows, decided, hits) = (ofClass.Sum(), confusion.Counts.Sum(other => other[place]), ofClass[place]);
                var wrong = Enumerable.Range(0, ofClass.Length).Where(other => other != place && ofClass[other] > 0).ToList();
                using (html.Open("tr"))
                {
                    html.Element("th", confusion.Classes[place], ("scope", "row"));
                    ReportTables.Number(html, ReportText.Count(rows));
                    ReportTables.Number(html, ReportText.Percent(hits, decided));
                    ReportTables.Number(html, ReportText.Percent(hits, rows));
                    ReportTables.Number(html, ReportText.Percent(2L * hits, rows + decided));
                    html.Element(
                        "td",
                        wrong.Count == 0 ? ReportText.None : wrong.MaxBy(other => ofClass[other]) is var most ? $"{confusion.Classes[most]} ({ReportText.Count(ofClass[most])})" : "");
                }
            }
        }
    }

    private static void WriteMatrix(HtmlWriter html, ClassConfusion confusion)
    {
        using (ReportTables.Table(
            html,
            "Rows by their class (down) and the class that is decided (across)",
            ["Class", .. confusion.Classes.Select(name => "#" + name)]))
        using (html.Open("tbody"))
        {
            for (var place = 0; place < confusion.Classes.Length; place++)
            {
                var rows = Math.Max(confusion.Counts[place].Sum(), 1);
                using (html.Open("tr"))
                {
                    html.Element("th", confusion.Classes[place], ("scope", "row"));
                    for (var decided = 0; decided < confusion.Classes.Length; decided++)
                    {
                        var count = confusion.Counts[place][decided];
                        var shade = count == 0 ? "" : "heat-" + Math.Clamp((int)Math.Ceiling(4.0 * count / rows), 1, 4).ToString(CultureInfo.InvariantCulture);
                        html.Element("td", count == 0 ? "·" : ReportText.Count(count), ("class", $"n {shade}".Trim()));
                    }
                }
            }
        }
    }
}
