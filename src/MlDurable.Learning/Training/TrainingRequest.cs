using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>What a trainer is given.</summary>
public sealed record TrainingRequest
{
    /// <summary>The rows to learn from: at least two different labels.</summary>
    public required LabeledRows Training { get; init; }

    /// <summary>
    /// The rows for early stopping, the calibration and the decision threshold, of the target of the training rows. May have no rows where there is no
    /// calibration: then nothing stops early, and the threshold comes from the training rows.
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
    /// How scores become probabilities of the positive class; none for other targets. <see cref="CalibrationMethod.Platt"/> needs 10 validation rows of each class, <see cref="CalibrationMethod.Isotonic"/>
    /// 50. The baseline is never calibrated. Default: by no more than the logistic function.
    /// </summary>
    public CalibrationMethod Calibration { get; init; }

    /// <summary>What the decision threshold is chosen by. Default: the greatest F1.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.GreatestF1;

    /// <summary>The seed of all randomness. The same request with the same seed gives the same model, bit for bit. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told the share of the work that is done, from 0 to 1, or <see langword="null"/> (the default).</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>What is predicted.</summary>
    internal Target Target => Training.Target;

    /// <summary>Checks the rows, and that a trainer can learn from them.</summary>
    /// <exception cref="LearningException">See <see cref="ITrainer.Fit"/>.</exception>
    internal void RequireTrainable(ITrainer trainer)
    {
        if (!trainer.Tasks.Contains(Target.Task))
        {
            throw new LearningException(
                "task-unsupported",
                $"The trainer '{trainer.Name}' learns {Names(trainer.Tasks)} labels, and these are {Names([Target.Task])}. "
                + $"Use one of {string.Join(", ", Trainers.All.Where(other => other.Tasks.Contains(Target.Task)).Select(other => other.Name))}.");
        }

        if (Calibration != CalibrationMethod.None && Target.Task != LearningTask.Binary)
        {
            throw new LearningException(
                "calibration-unsupported", $"Only probabilities of binary labels are calibrated, and these labels are {Names([Target.Task])}. Leave the calibration out.");
        }

        RequireLabels(Training, nameof(Training));
        RequireLabels(Validation, nameof(Validation));
        RequireWeights(Training, nameof(Training));
        RequireWeights(Validation, nameof(Validation));
        if (Training.Weights is not null && !trainer.TakesWeights)
        {
            throw new LearningException("weights-unsupported", $"The trainer '{trainer.Name}' takes no weights. Leave the weight column out of the pipeline, or the trainer.");
        }

        RequireDifferentLabels();
    }

    private void RequireDifferentLabels()
    {
        var rows = Training.Labels.Length;
        if (rows == 0)
        {
            throw new LearningException(
                "no-rows",
                "There are no training rows. Widen the data window, or check that the label column has values.");
        }

        var only = Training.Labels[0];
        if (!Array.TrueForAll(Training.Labels, label => label == only))
        {
            return;
        }

        throw Target.Task switch
        {
            LearningTask.Regression => new LearningException(
                "one-label", $"All {rows} training rows have the label {only}: there is nothing to learn. Widen the data window, or check the label column."),
            LearningTask.Multiclass => new LearningException(
                "one-class",
                $"All {rows} training rows are of the class '{Target.Classes[(int)only]}': there is nothing to tell apart. Widen the data window, or check the label column."),
            _ => new LearningException(
                "one-class",
                $"All {rows} training rows are {(only == 0 ? "negative" : "positive")}: there is nothing to tell apart. Widen the data window, or check which label values are positive."),
        };
    }

    private void RequireLabels(LabeledRows rows, string part)
    {
        if (rows.Labels.Length != rows.Features.RowCount)
        {
            throw new LearningException(
                "invalid-labels",
                $"{part}: there are {rows.Labels.Length} labels for {rows.Features.RowCount} rows.");
        }

        if (rows.Labels.Length > 0 && !rows.Target.Equals(Target))
        {
            throw new LearningException(
                "invalid-labels", $"{part}: the labels are {rows.Target.Describe()}, and those of the training rows {Target.Describe()}. Take both from the same rows.");
        }

        var wrong = Array.FindIndex(rows.Labels, label => !IsLabel(label));
        if (wrong >= 0)
        {
            var expectation = Target.Task switch
            {
                LearningTask.Multiclass => $"a whole number from 0 to {Target.Classes.Length - 1}, the place of its class",
                LearningTask.Regression => "a finite number",
                _ => "0 or 1",
            };
            throw new LearningException(
                "invalid-labels",
                $"{part}: the label of row {wrong + 1} is {rows.Labels[wrong]}. "
                + $"It must be {expectation}; leave out rows without one.");
        }
    }

    private bool IsLabel(double label) => Target.Task switch
    {
        LearningTask.Multiclass => label >= 0 && label < Target.Classes.Length && label == Math.Floor(label),
        LearningTask.Regression => double.IsFinite(label),
        _ => label is 0 or 1,
    };

    private static void RequireWeights(LabeledRows rows, string part)
    {
        if (rows.Weights is not { } weights)
        {
            return;
        }

        if (weights.Length != rows.Labels.Length || weights.Any(weight => !(weight >= 0 && double.IsFinite(weight))))
        {
            throw new LearningException("invalid-weights", $"{part}: there must be a weight for each of the {rows.Labels.Length} rows, a finite number of 0 or more.");
        }

        if (weights.Length > 0 && weights.All(weight => weight == 0))
        {
            throw new LearningException("invalid-weights", $"{part}: all rows have the weight 0, so none counts. Check the weight column.");
        }
    }

    private static string Names(IEnumerable<LearningTask> tasks) => string.Join(" and ", tasks.Select(task => task.ToString().ToLowerInvariant()));
}
