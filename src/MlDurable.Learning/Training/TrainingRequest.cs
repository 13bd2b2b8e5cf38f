using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>What a trainer is given.</summary>
public sealed record TrainingRequest
{
    /// <summary>The rows to learn from: at least one of each class.</summary>
    public required LabeledRows Training { get; init; }

    /// <summary>
    /// The rows for early stopping, the calibration and the decision threshold. May have no rows where there is no calibration: then nothing stops
    /// early, and the threshold comes from the training rows.
    /// </summary>
    public required LabeledRows Validation { get; init; }

    /// <summary>How columns become features; each trainer takes from it what suits its kind of model (see its description). Default: a new
    /// recipe.</summary>
    public FeatureRecipe Recipe { get; init; } = new();

    /// <summary>For number columns the names of their <see cref="CustomTransform"/>. Default: none.</summary>
    public ImmutableSortedDictionary<string, string> Transforms { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The hyperparameters that differ from the defaults. Default: none.</summary>
    public ImmutableSortedDictionary<string, double> Hyperparameters { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>
    /// How scores become probabilities. <see cref="CalibrationMethod.Platt"/> needs 10 validation rows of each class, <see cref="CalibrationMethod.Isotonic"/>
    /// 50. The baseline is never calibrated. Default: by no more than the logistic function.
    /// </summary>
    public CalibrationMethod Calibration { get; init; }

    /// <summary>What the decision threshold is chosen by. Default: the greatest F1.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.GreatestF1;

    /// <summary>The seed of all randomness. The same request with the same seed gives the same model, bit for bit. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told the share of the work that is done, from 0 to 1, or <see langword="null"/> (the default).</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>Checks the rows.</summary>
    /// <exception cref="LearningException"><c>invalid-labels</c>, <c>no-rows</c> or <c>one-class</c>; see
    /// <see cref="ITrainer.Fit"/>.</exception>
    internal void RequireTrainable()
    {
        RequireLabels(Training, nameof(Training));
        RequireLabels(Validation, nameof(Validation));
        var rows = Training.Labels.Length;
        if (rows == 0)
        {
            throw new LearningException(
                "no-rows",
                "There are no training rows. Widen the data window, or check that the label column has values.");
        }

        var positives = Training.Labels.Count(label => label == 1);
        if (positives == 0 || positives == rows)
        {
            var found = positives == 0 ? "negative" : "positive";
            throw new LearningException(
                "one-class",
                $"All {rows} training rows are {found}: there is nothing to tell apart. Widen the data window, or check which label values are positive.");
        }
    }

    private static void RequireLabels(LabeledRows rows, string part)
    {
        if (rows.Labels.Length != rows.Features.RowCount)
        {
            throw new LearningException(
                "invalid-labels",
                $"{part}: there are {rows.Labels.Length} labels for {rows.Features.RowCount} rows.");
        }

        var wrong = Array.FindIndex(rows.Labels, label => label is not (0 or 1));
        if (wrong >= 0)
        {
            throw new LearningException(
                "invalid-labels",
                $"{part}: the label of row {wrong + 1} is {rows.Labels[wrong]}. "
                + "It must be 0 or 1; leave out rows without one.");
        }
    }
}
