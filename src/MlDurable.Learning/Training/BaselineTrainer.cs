using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Predicts the same for every row, the shares of the classes or the mean: what any model must beat.</summary>
internal sealed class BaselineTrainer : ITrainer
{
    // A class without a training row counts as half a row: its probability must not be 0.
    private const double RowsOfAbsentClass = 0.5;

    public string Name => "baseline";

    public string Version => "1";

    public string Description => "Predicts the share of positive training rows for every row, the shares of all classes, or the mean label. Uses no feature.";

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary, LearningTask.Multiclass, LearningTask.Regression];

    public bool TakesWeights => true;

    public IReadOnlyList<HyperparameterSpec> Hyperparameters => [];

    public TrainedModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable(this);
        cancellationToken.ThrowIfCancellationRequested();
        var features = new FittedFeatures([], [], [], []);
        request.Progress?.Report(1);
        return request.Target.Task switch
        {
            LearningTask.Multiclass => new TrainedModel(
                Name, Version, features, [.. ClassScores(request.Training).Select(score => new PriorScorer(score))], request.Target, Link.Softmax),
            LearningTask.Regression => new TrainedModel(Name, Version, features, [new PriorScorer(Mean(request.Training))], request.Target, Link.Identity),

            // It knows one share and has no score to calibrate.
            _ => DecisionThreshold.Complete(
                this, request with { Calibration = CalibrationMethod.None }, features, new PriorScorer(LogOdds(request.Training))),
        };
    }

    /// <summary>The log-odds of the share of positive labels, where both classes occur.</summary>
    public static double LogOdds(LabeledRows rows)
    {
        var mean = Mean(rows);
        return rows.Weights is null ? LogOdds(rows.Labels) : Math.Log(mean / (1 - mean));
    }

    /// <summary>The same without weights.</summary>
    public static double LogOdds(double[] labels)
    {
        var positives = labels.Sum();
        return Math.Log(positives / (labels.Length - positives));
    }

    /// <summary>The logarithm of the share of each class.</summary>
    public static double[] ClassScores(LabeledRows rows)
    {
        var shares = new double[rows.Target.Classes.Length];
        for (var row = 0; row < rows.Labels.Length; row++)
        {
            shares[(int)rows.Labels[row]] += rows.Weights?[row] ?? 1;
        }

        var total = shares.Sum();
        return Array.ConvertAll(shares, share => Math.Log((share == 0 ? RowsOfAbsentClass : share) / total));
    }

    /// <summary>The mean label.</summary>
    public static double Mean(LabeledRows rows)
    {
        var (sum, total) = (0.0, 0.0);
        for (var row = 0; row < rows.Labels.Length; row++)
        {
            var weight = rows.Weights?[row] ?? 1;
            sum += weight * rows.Labels[row];
            total += weight;
        }

        return sum / total;
    }
}
