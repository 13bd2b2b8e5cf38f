using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Learning.Tables;

namespace MlDurable.Pipelines.Definition.Templates;

/// <summary>What a template needs to know of a column.</summary>
internal sealed record ColumnProfile
{
    private const int FewRows = 20;

    public required Column Column { get; init; }

    /// <summary>
    /// The different values with how often they occur, the most frequent first, equals in the order of their texts; none for times.
    /// </summary>
    public required ImmutableArray<(string Text, int Rows)> ValueCounts { get; init; }

    /// <summary>The least and greatest number; null without one.</summary>
    public (double Min, double Max)? Numbers { get; init; }

    public string Name => Column.Name;

    public ColumnKind Kind => Column.Kind;

    public int Count => Column.Count;

    public int Missing => Column.MissingCount;

    public int Present => Count - Missing;

    public IReadOnlyList<(string Text, int Rows)> Values => ValueCounts;

    /// <summary>Why the column should be no feature, or null.</summary>
    public string? ReasonToDrop => Present == 0 ? "it has no value"
        : Values.Count == 1 && Missing == 0 ? "it has one value only"
        : Present >= FewRows && Values.Count == Present && (Kind == ColumnKind.Category || LooksLikeKey) ? "every value is different, as in an identifier"
        : null;

    private bool LooksLikeKey =>
        Name.EndsWith("id", StringComparison.OrdinalIgnoreCase) && ((NumberColumn)Column).Values.ToArray().All(static value => double.IsNaN(value) || double.IsInteger(value));

    public static ColumnProfile Of(Column column) => column switch
    {
        NumberColumn numbers => OfNumbers(numbers),
        CategoryColumn categories => new()
        {
            Column = column,
            ValueCounts = Ordered(Enumerable.Range(0, column.Count).Select(categories.TextAt).OfType<string>()),
        },
        _ => new() { Column = column, ValueCounts = [] },
    };

    private static ColumnProfile OfNumbers(NumberColumn column)
    {
        var present = column.Values.ToArray().Where(static value => !double.IsNaN(value)).ToArray();
        return new()
        {
            Column = column,
            ValueCounts = Ordered(present.Select(static value => value.ToString("R", CultureInfo.InvariantCulture))),
            Numbers = present.Length == 0 ? null : (present.Min(), present.Max()),
        };
    }

    private static ImmutableArray<(string Text, int Rows)> Ordered(IEnumerable<string> texts) =>
    [
        .. texts.CountBy(static text => text)
            .OrderByDescending(static pair => pair.Value)
            .ThenBy(static pair => pair.Key, StringComparer.Ordinal)
            .Select(static pair => (pair.Key, pair.Value)),
    ];
}
