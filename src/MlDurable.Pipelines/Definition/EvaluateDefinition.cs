using System.Collections.Immutable;

namespace MlDurable.Pipelines.Definition;

/// <summary>Which metrics and slices are computed.</summary>
public sealed record EvaluateDefinition
{
    /// <summary>The metric that selects the candidate and is compared with the champion's; <c>roc-auc</c> by default.</summary>
    public string Primary { get; init; } = "roc-auc";

    /// <summary>
    /// Metrics that are computed too; <c>pr-auc</c>, <c>log-loss</c> and <c>calibration-error</c> by default, without the primary one.
    /// </summary>
    public ImmutableArray<string> Also { get; init; } = ["pr-auc", "log-loss", "calibration-error"];

    /// <summary>Columns whose every value is evaluated as a slice; none by default.</summary>
    public ImmutableArray<string> Slices { get; init; } = [];

    /// <summary>Whether the importance of the columns is measured on each slice too; false by default.</summary>
    public bool SliceImportance { get; init; }
}
