using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MlDurable.Learning.Tables;

/// <summary>The name and kind of one column.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Kind">What its cells are.</param>
public sealed record ColumnSchema(string Name, ColumnKind Kind)
{
    /// <summary>
    /// Whether inference saw no value at all, so that <see cref="Kind"/> is a guess that <see cref="TableSchema.Merge"/> gives up for any
    /// kind that was seen. Default <see langword="false"/>; set only by <see cref="CsvTable.InferSchemaAsync"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsGuess { get; init; }
}

/// <summary>The names and kinds of the columns of a table, in order. Two schemas are equal when their columns are.</summary>
/// <param name="Columns">The columns; their names differ.</param>
public sealed record TableSchema(ImmutableArray<ColumnSchema> Columns)
{
    /// <summary>The column of a name, or <see langword="null"/>.</summary>
    /// <param name="name">The exact name.</param>
    /// <returns>The column, or <see langword="null"/> when there is none of that name.</returns>
    public ColumnSchema? Find(string name)
    {
        foreach (var column in Columns)
        {
            if (column.Name == name)
            {
                return column;
            }
        }

        return null;
    }

    /// <summary>
    /// One schema for several files: the columns of all, in first-seen order. A column that has different kinds becomes a category,
    /// the one kind that holds every text; a kind that is only a guess (<see cref="ColumnSchema.IsGuess"/>) yields to any other.
    /// </summary>
    /// <param name="schemas">The schemas, at least one.</param>
    /// <returns>The merged schema.</returns>
    public static TableSchema Merge(params IReadOnlyList<TableSchema> schemas)
    {
        ArgumentOutOfRangeException.ThrowIfZero(schemas.Count);
        var merged = new List<ColumnSchema>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var column in schemas.SelectMany(schema => schema.Columns))
        {
            if (!places.TryGetValue(column.Name, out var place))
            {
                places.Add(column.Name, merged.Count);
                merged.Add(column);
            }
            else if (merged[place].IsGuess)
            {
                merged[place] = column;
            }
            else if (!column.IsGuess && column.Kind != merged[place].Kind)
            {
                merged[place] = new ColumnSchema(column.Name, ColumnKind.Category);
            }
        }

        return new TableSchema([.. merged]);
    }

    /// <inheritdoc/>
    public bool Equals(TableSchema? other) => other is not null && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var column in Columns)
        {
            hash.Add(column);
        }

        return hash.ToHashCode();
    }
}
