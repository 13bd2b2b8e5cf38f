using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>
/// The part of feature building that needs one row at a time and so learns nothing from the data: which columns are features, the label,
/// the parts of dates. Its result for a file can be kept and reused as long as this record and the file stay the same. As JSON it names
/// every property but the time and the group.
/// </summary>
public sealed record RowFeatures
{
    /// <summary>The column of labels that <see cref="Build"/> adds: as <see cref="LabelRule.Apply"/> gives it.</summary>
    public const string LabelColumn = "@label";

    /// <summary>The column of weights that <see cref="Build"/> adds when <see cref="Weight"/> is set.</summary>
    public const string WeightColumn = "@weight";

    /// <summary>The column of times that <see cref="Build"/> adds when <see cref="Time"/> is set.</summary>
    public const string TimeColumnName = "@time";

    /// <summary>The column of groups that <see cref="Build"/> adds when <see cref="Group"/> is set: a category.</summary>
    public const string GroupColumn = "@group";

    /// <summary>What the name of a slice column begins with; the name of the sliced column follows.</summary>
    public const string SlicePrefix = "@slice: ";

    /// <summary>The column that holds what is predicted. It is never a feature.</summary>
    public required string Label { get; init; }

    /// <summary>What the cells of <see cref="Label"/> say. Default: the column says itself which are positive.</summary>
    [JsonRequired]
    [JsonPropertyName("positive")]
    public LabelRule Rule { get => field ?? LabelRule.Boolean; init; }

    /// <summary>The time column that orders the rows, or <see langword="null"/> (the default).</summary>
    public string? Time { get; init; }

    /// <summary>The number column that says how much a row counts, or <see langword="null"/> (the default) where each counts 1. It is no feature.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Weight { get; init; }

    /// <summary>Columns that are no features. Default: none.</summary>
    [JsonRequired]
    public ImmutableArray<string> Drop { get => field.IsDefault ? [] : field; init; }

    /// <summary>What stands for each time column among the features. Default: none, so that times are no features.</summary>
    [JsonRequired]
    public ImmutableArray<DatePart> DateParts { get => field.IsDefault ? [] : field; init; }

    /// <summary>Columns by whose values results are reported. Default: none.</summary>
    [JsonRequired]
    public ImmutableArray<string> Slices { get => field.IsDefault ? [] : field; init; }

    /// <summary>
    /// The column whose value tells which rows belong together, so that a division of rows keeps them together; <see langword="null"/> (the default) for none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>
    /// Makes the features, labels, times, groups and slices of rows. Rows whose label is missing stay, with a missing label: leave them out of
    /// training and evaluation.
    /// </summary>
    /// <param name="raw">The rows as read.</param>
    /// <returns>
    /// The columns of <see cref="BuildFeatures"/>, then <c>@label</c>, then <c>@weight</c> (with <see cref="Weight"/>), then <c>@time</c> (with <see cref="Time"/>), then
    /// <c>@group</c> (with <see cref="Group"/>, as text), then <c>@slice: name</c> (a category) for each slice column that is not itself a category feature:
    /// numbers as text, times as dates.
    /// </returns>
    /// <exception cref="LearningException">
    /// <c>unknown-column</c>: the label, weight, time, group, a slice or a dropped column is not there; <c>weight-invalid</c>: the weight column holds no numbers, or
    /// one that is missing or negative; <c>time-column-kind</c>: the time column holds no
    /// times; <c>reserved-column</c>: a feature's name begins with @; or the label rule does not fit (see <see cref="LabelRule.Apply"/>).
    /// </exception>
    public Table Build(Table raw)
    {
        foreach (var name in Drop)
        {
            _ = raw[name];
        }

        var features = BuildFeatures(raw);
        List<Column> columns = [.. features.Columns, Rule.Apply(raw[Label]).Rename(LabelColumn)];
        if (Weight is not null)
        {
            columns.Add(Weights(raw[Weight]));
        }

        if (Time is not null)
        {
            columns.Add(raw[Time] is TimeColumn times
                ? times.Rename(TimeColumnName)
                : throw new LearningException(
                    "time-column-kind",
                    $"The time column '{Time}' is {raw[Time].Kind}. It must hold ISO 8601 dates or date-times, such as 2001-12-31 or 2001-12-31T23:59:59Z."));
        }

        if (Group is not null)
        {
            columns.Add(CategoryColumn.FromValues(raw[Group], GroupColumn));
        }

        foreach (var name in Slices.Distinct(StringComparer.Ordinal))
        {
            if (!features.TryGet(name, out var feature) || feature.Kind != ColumnKind.Category)
            {
                columns.Add(CategoryColumn.FromValues(raw[name], SlicePrefix + name));
            }
        }

        return new Table(columns);
    }

    /// <summary>Makes only the features, as for a prediction: the label, the time and the dropped columns need not be there.</summary>
    /// <param name="raw">The rows as read.</param>
    /// <returns>
    /// The columns of <paramref name="raw"/> without the label and the dropped ones. Each time column is replaced by a number column for
    /// each of <see cref="DateParts"/>, called <c>name: month</c> and so on, or by the two of a cycle, <c>name: month sine</c> and <c>name: month cosine</c>.
    /// </returns>
    /// <exception cref="LearningException"><c>reserved-column</c>: a feature's name begins with @.</exception>
    public Table BuildFeatures(Table raw)
    {
        var columns = new List<Column>();
        foreach (var column in raw.Columns)
        {
            if (!IsFeature(column.Name))
            {
                continue;
            }

            if (column.Name.StartsWith('@'))
            {
                throw new LearningException(
                    "reserved-column", $"The column '{column.Name}' begins with @, which is kept for columns such as {LabelColumn}. Rename or drop it.");
            }

            if (column is TimeColumn times)
            {
                columns.AddRange(DateFeature.OfParts(DateParts).Select(feature => FeatureOf(times, feature)));
            }
            else
            {
                columns.Add(column);
            }
        }

        return new Table(columns);
    }

    /// <summary>The columns of which <see cref="BuildFeatures"/> makes features, each with those features.</summary>
    /// <param name="raw">The raw columns.</param>
    /// <returns>One entry for each raw column that gives a feature, in the order of <paramref name="raw"/>.</returns>
    public ImmutableArray<RawColumn> RawColumns(TableSchema raw) =>
    [
        .. raw.Columns
            .Where(column => IsFeature(column.Name))
            .Select(column => new RawColumn(
                column.Name,
                column.Kind == ColumnKind.Time ? [.. DateFeature.OfParts(DateParts).Select(feature => feature.NameFor(column.Name))] : [column.Name]))
            .Where(column => column.Features.Length > 0),
    ];

    private static NumberColumn FeatureOf(TimeColumn times, DateFeature feature)
    {
        var values = new double[times.Count];
        for (var row = 0; row < values.Length; row++)
        {
            values[row] = feature.At(times.Ticks[row]);
        }

        return new NumberColumn(feature.NameFor(times.Name), values);
    }

    /// <summary>Whether a raw column is, or gives, features.</summary>
    internal bool IsFeature(string column) => column != Label && column != Weight && !Drop.Contains(column, StringComparer.Ordinal);

    private static NumberColumn Weights(Column column)
    {
        if (column is not NumberColumn numbers)
        {
            throw new LearningException("weight-invalid", $"The weight column '{column.Name}' is {column.Kind}. It must hold numbers of 0 or more.");
        }

        for (var row = 0; row < numbers.Count; row++)
        {
            if (!(numbers.Values[row] >= 0))
            {
                throw new LearningException(
                    "weight-invalid",
                    $"The weight column '{column.Name}' holds {numbers.Values[row]} in row {row + 1}. Each row needs a number of 0 or more; give rows that do not count 0.");
            }
        }

        return (NumberColumn)numbers.Rename(WeightColumn);
    }
}
