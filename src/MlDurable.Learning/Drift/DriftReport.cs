using System.Collections.Immutable;

namespace MlDurable.Learning.Drift;

/// <summary>How current rows differ from the reference. JSON by <see cref="DriftJsonContext"/>.</summary>
public sealed record DriftReport
{
    /// <summary>The rows of the reference.</summary>
    public required int ReferenceRows { get; init; }

    /// <summary>The current rows.</summary>
    public required int CurrentRows { get; init; }

    /// <summary>The level of the data set, by <see cref="DriftedShare"/>.</summary>
    public required DriftLevel Level { get; init; }

    /// <summary>The highest level of a single column.</summary>
    public required DriftLevel HighestColumnLevel { get; init; }

    /// <summary>The share of columns to watch or to act on, each weighing the same; null with too few rows.</summary>
    public double? DriftedShare { get; init; }

    /// <summary>The columns of the reference, in its order.</summary>
    public required ImmutableArray<ColumnDrift> Columns { get; init; }

    /// <summary>A plain sentence.</summary>
    public required string Summary { get; init; }
}
