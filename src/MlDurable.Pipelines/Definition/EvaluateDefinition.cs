using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Pipelines.Definition;

/// <summary>Which metrics and slices are computed.</summary>
public sealed record EvaluateDefinition
{
    /// <summary>The metric that selects the candidate and is compared with the champion's; for the default see <see cref="Default"/>.</summary>
    public string Primary { get; init; } = "roc-auc";

    /// <summary>Metrics that are computed too; the defaults of <see cref="Default"/> by default, without the primary one.</summary>
    public ImmutableArray<string> Also { get; init; } = ["pr-auc", "log-loss", "calibration-error"];

    /// <summary>Columns whose every value is evaluated as a slice; none by default.</summary>
    public ImmutableArray<string> Slices { get; init; } = [];

    /// <summary>Whether the importance of the columns is measured on each slice too; false by default.</summary>
    public bool SliceImportance { get; init; }

    /// <summary>
    /// What is computed where a file does not say: <c>roc-auc</c>, <c>pr-auc</c>, <c>log-loss</c> and <c>calibration-error</c> for binary labels;
    /// <c>log-loss</c>, <c>accuracy</c>, <c>macro-f1</c> and <c>roc-auc</c> for several classes; <c>rmse</c>, <c>mae</c> and <c>r2</c> for numbers. The first is the primary one.
    /// </summary>
    /// <param name="task">The task.</param>
    public static EvaluateDefinition Default(LearningTask task) => task switch
    {
        LearningTask.Multiclass => new() { Primary = "log-loss", Also = ["accuracy", "macro-f1", "roc-auc"] },
        LearningTask.Regression => new() { Primary = "rmse", Also = ["mae", "r2"] },
        _ => new(),
    };
}
