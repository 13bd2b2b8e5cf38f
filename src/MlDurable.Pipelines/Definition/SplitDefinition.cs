namespace MlDurable.Pipelines.Definition;

/// <summary>What decides the part that a row belongs to.</summary>
public enum SplitBy
{
    /// <summary>The row's time: the oldest rows are for training, the newest are the holdout.</summary>
    Time,

    /// <summary>A hash of the row's content and the seed.</summary>
    Hash,
}

/// <summary>How rows are divided into training, validation and holdout.</summary>
public sealed record SplitDefinition
{
    /// <summary>What decides; by default time when the data has a time column, else hash.</summary>
    public required SplitBy By { get; init; }

    /// <summary>
    /// The share of rows that candidates are selected on: more than 0, and less than 1 together with the holdout. 0.15 by default.
    /// </summary>
    public double Validation { get; init; } = 0.15;

    /// <summary>The share of rows that only the selected candidate and the champion are scored on: more than 0. 0.2 by default.</summary>
    public double Holdout { get; init; } = 0.2;
}
