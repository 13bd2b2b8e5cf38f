using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

internal static class TableGenerators
{
    /// <summary>Texts that are awkward in a CSV file, and plain ones.</summary>
    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements("", " ", ",", "\"", "\"\"", "\n", "\r\n", "\r", "a,b", "é", "日本語", "𝔘", "1", "-2.5e3", "2001-01-01", "NA", "x\"y", "@label", "\uFEFF", "None"),
        Gen.ListOf(Gen.Elements('a', 'B', ',', '"', '\n', ' ', 'ß', '7')).Select(letters => string.Concat(letters)));

    public static readonly Gen<double> Number = Gen.OneOf(
        Gen.Elements(double.NaN, 0, -0.0, 1, -1, double.MaxValue, double.MinValue, double.Epsilon, 0.1, 1e-300),
        Gen.Choose(-1_000_000, 1_000_000).Select(value => value / 1000.0));

    public static Gen<Table> TableOf(int minRows, params ColumnKind[] allowedKinds) =>
        from rows in Gen.Choose(minRows, 40)
        from kinds in Gen.ListOf(Gen.Elements(allowedKinds))
        from columns in Gen.CollectToList(kinds.Select((kind, index) => (kind, index)), item => AnyColumn($"column {item.index}", item.kind, rows))
        select new Table(columns.ToArray());

    private static Gen<Column> AnyColumn(string name, ColumnKind kind, int rows) => kind switch
    {
        ColumnKind.Number => Gen.ArrayOf(Number, rows).Select(values => (Column)new NumberColumn(name, values)),
        ColumnKind.Time => Gen.ArrayOf(
                Gen.OneOf(Gen.Elements(TimeColumn.MissingTicks, 0, DateTime.MaxValue.Ticks), Gen.Choose(0, int.MaxValue).Select(value => value * 1_000_000_000L)), rows)
            .Select(ticks => (Column)new TimeColumn(name, ticks)),
        _ => Gen.ArrayOf(Text.Select(text => text == "NA" ? null : text), rows).Select(texts => (Column)CategoryColumn.FromTexts(name, texts)),
    };
}
