using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Predicts the share of positive training rows for every row: what any model must beat.</summary>
internal sealed class BaselineTrainer : ITrainer
{
    public string Name => "baseline";

    public string Version => "1";

    public string Description => "Predicts the share of positive training rows for every row. Uses no feature.";

    public IReadOnlyList<HyperparameterSpec> Hyperparameters => [];

    public BinaryModel Fit(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        HyperparameterValues.Complete(this, request.Hyperparameters);
        request.RequireTrainable();
        cancellationToken.ThrowIfCancellationRequested();
        var scorer = new PriorScorer(LogOdds(request.Training.Labels));
        request.Progress?.Report(1);

        // It knows one share and has no score to calibrate.
        return DecisionThreshold.Complete(this, request with { Calibration = CalibrationMethod.None }, new FittedFeatures([], [], [], []), scorer);
    }

    /// <summary>The log-odds of the share of positive labels, where both classes occur.</summary>
    public static double LogOdds(double[] labels)
    {
        var positives = labels.Sum();
        return Math.Log(positives / (labels.Length - positives));
    }
}
