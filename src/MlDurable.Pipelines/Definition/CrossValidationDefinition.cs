namespace MlDurable.Pipelines.Definition;

/// <summary>What decides the fold that a row is tested in.</summary>
public enum FoldsBy
{
    /// <summary>The order of a hash of the row's content and the seed.</summary>
    Random,

    /// <summary>As <see cref="Random"/>, within the rows of each class, so that the folds have equal shares of each.</summary>
    Stratified,

    /// <summary>The order of a hash of the value of a column: rows with one value are never in training and test both.</summary>
    Group,

    /// <summary>The row's time: each fold is tested on the rows after those that it is fitted on.</summary>
    Time,
}

/// <summary>How candidates are cross-validated.</summary>
public sealed record CrossValidationDefinition
{
    /// <summary>The least number of <see cref="Folds"/>.</summary>
    public const int LeastFolds = 2;

    /// <summary>The greatest number of <see cref="Folds"/>.</summary>
    public const int MostFolds = 20;

    /// <summary>How many folds, from <see cref="LeastFolds"/> to <see cref="MostFolds"/>; 5 by default.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>What decides; by default time when rows are split by time, else stratified, or random where numbers are predicted.</summary>
    public required FoldsBy By { get; init; }

    /// <summary>The column whose values are kept together; null unless the folds are by group.</summary>
    public string? Column { get; init; }

    /// <summary>
    /// How far at least the times of a fold's training rows lie before its first test row, from 0 to 100 years; 0 by default, and unless the folds are by time.
    /// </summary>
    public TimeSpan Gap { get; init; }

    /// <summary>The settings in one line: <c>5 folds by group user</c>.</summary>
    public override string ToString() =>
        $"{Folds} folds by {By.ToString().ToLowerInvariant()}{(Column is null ? "" : $" {Column}")}{(Gap == TimeSpan.Zero ? "" : $", gap {Durations.Text(Gap)}")}";
}
