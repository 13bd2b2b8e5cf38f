using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>The profile of one column of the reference.</summary>
public sealed record ColumnProfile
{
    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>Number or category.</summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>The rows without a value.</summary>
    public required int Missing { get; init; }

    /// <summary>The values of a number column; null for a category column and when no row has a value.</summary>
    public NumberProfile? Number { get; init; }

    /// <summary>The values of a category column; null for a number column and when no row has a value.</summary>
    public CategoryProfile? Category { get; init; }
}
