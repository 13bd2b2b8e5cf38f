using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Pipelines.Definition;

/// <summary>Which rows a pipeline learns from, and what it learns to predict.</summary>
public sealed record DataDefinition
{
    /// <summary>
    /// The pattern of the partitions' names in the store's data container: <c>/</c> separates folders, <c>*</c> stands for any characters
    /// except <c>/</c>, <c>**</c> for any folders, <c>?</c> for one character. Never absolute, never with <c>..</c>.
    /// </summary>
    public required string Files { get; init; }

    /// <summary>Which of the matching partitions are used; all of them by default.</summary>
    public DataWindow Window { get; init; } = new DataWindow.All();

    /// <summary>What is predicted.</summary>
    public required LabelDefinition Label { get; init; }

    /// <summary>The number column that says how much a row counts in training, or null where each counts 1. It is no feature.</summary>
    public string? Weight { get; init; }

    /// <summary>The column that orders rows for time splits and drift windows, or null.</summary>
    public string? Time { get; init; }

    /// <summary>Columns that never become features, in the order of the file.</summary>
    public ImmutableArray<string> Drop { get; init; } = [];

    /// <summary>What a run does when a partition is quarantined; it stops by default.</summary>
    public QuarantinePolicy OnQuarantine { get; init; }
}

/// <summary>What a run does when a partition breaks an error-level quality rule. The partition is quarantined in any case.</summary>
public enum QuarantinePolicy
{
    /// <summary>The run stops.</summary>
    Stop,

    /// <summary>The run goes on without the partition.</summary>
    Skip,
}

/// <summary>Which of the partitions that match <see cref="DataDefinition.Files"/> a run uses.</summary>
public abstract record DataWindow
{
    private DataWindow()
    {
    }

    /// <summary>Every partition.</summary>
    public sealed record All : DataWindow;

    /// <summary>The last partitions in the ordinal order of their names.</summary>
    /// <param name="Partitions">How many: at least 1.</param>
    public sealed record Last(int Partitions) : DataWindow;

    /// <summary>The rows whose <see cref="DataDefinition.Time"/> lies in the last days before the newest row.</summary>
    /// <param name="Count">How many days: at least 1.</param>
    public sealed record Days(int Count) : DataWindow;
}

/// <summary>What is predicted: whether a column's value counts as positive, or the value itself as a class or a number.</summary>
/// <param name="Column">The column that holds the outcome.</param>
/// <param name="Rule">
/// Which of its values are positive, or that they are classes or numbers; by default the column says itself which are positive: 1, true or yes against 0,
/// false or no.
/// </param>
public sealed record LabelDefinition(string Column, LabelRule Rule);
