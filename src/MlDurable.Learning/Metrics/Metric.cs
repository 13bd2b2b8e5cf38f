using MlDurable.Learning.Features;

namespace MlDurable.Learning.Metrics;

/// <summary>A number that says how good the predictions of a model are. Immutable; all metrics are in <see cref="MetricCatalog"/>.</summary>
public sealed record Metric
{
    internal Metric()
    {
    }

    /// <summary>The name in pipeline files and records, kebab-case: <c>roc-auc</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The task whose models it judges.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>The name in reports: <c>ROC AUC</c>.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Whether a larger value is better; false for losses and for the calibration error.</summary>
    public required bool HigherIsBetter { get; init; }

    /// <summary>
    /// The difference that does not matter when the pipeline declares none: 0.005 for metrics on 0..1, 0.01 of the
    /// reference's value for losses (<see cref="MarginIsRelative"/>).
    /// </summary>
    public required double DefaultMargin { get; init; }

    /// <summary>Whether <see cref="DefaultMargin"/> is a share of the reference's value. A margin that a pipeline declares is always absolute.</summary>
    public required bool MarginIsRelative { get; init; }

    /// <summary>Whether the value depends on the decision threshold.</summary>
    public required bool UsesThreshold { get; init; }

    internal MetricFormula Formula { get; init; }

    /// <summary>Of <see cref="MetricFormula.PinballLoss"/>.</summary>
    internal double Quantile { get; init; }

    /// <summary>Computes the metric. Thread-safe.</summary>
    /// <param name="labels">The truth per row, as <see cref="Target"/> says: 0 or 1, the place of a class, or a number.</param>
    /// <param name="scores">What is predicted, as <see cref="Models.TrainedModel.Predict"/> gives it: for several classes a probability for each row and
    /// class, row by row, else one number per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive; ignored unless <see cref="UsesThreshold"/>.</param>
    /// <returns>The value; NaN where it is not defined: ROC AUC of one class, R² of equal labels.</returns>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public double Evaluate(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) => Formula switch
    {
        MetricFormula.RocAuc => BinaryMetrics.RocAuc(labels, scores),
        MetricFormula.PrAuc => BinaryMetrics.PrAuc(labels, scores),
        MetricFormula.LogLoss => BinaryMetrics.LogLoss(labels, scores),
        MetricFormula.Brier => BinaryMetrics.Brier(labels, scores),
        MetricFormula.CalibrationError => BinaryMetrics.CalibrationError(labels, scores),
        MetricFormula.ClassLogLoss => MulticlassMetrics.LogLoss(labels, scores),
        MetricFormula.ClassBrier => MulticlassMetrics.Brier(labels, scores),
        MetricFormula.ClassRocAuc => MulticlassMetrics.RocAuc(labels, scores),
        MetricFormula.ClassAccuracy => MulticlassMetrics.Accuracy(labels, scores),
        MetricFormula.ClassCalibrationError => MulticlassMetrics.CalibrationError(labels, scores),
        MetricFormula.ClassBalancedAccuracy or MetricFormula.ClassF1 or MetricFormula.ClassMcc => OfClassDecisions(labels, scores),
        MetricFormula.RootMeanSquaredError => RegressionMetrics.RootMeanSquaredError(labels, scores),
        MetricFormula.MeanAbsoluteError => RegressionMetrics.MeanAbsoluteError(labels, scores),
        MetricFormula.MedianAbsoluteError => RegressionMetrics.MedianAbsoluteError(labels, scores),
        MetricFormula.MeanAbsolutePercentageError => RegressionMetrics.MeanAbsolutePercentageError(labels, scores),
        MetricFormula.RSquared => RegressionMetrics.RSquared(labels, scores),
        MetricFormula.PoissonDeviance => RegressionMetrics.PoissonDeviance(labels, scores),
        MetricFormula.PinballLoss => RegressionMetrics.PinballLoss(labels, scores, Quantile),
        var formula => BinaryMetrics.OfDecisions(formula, ConfusionMatrix.Count(labels, scores, threshold)),
    };

    /// <summary>The difference between two values of this metric, turned so that a positive one means that the first is better.</summary>
    /// <param name="candidate">The value of the first model.</param>
    /// <param name="reference">The value of the second model.</param>
    /// <returns><paramref name="candidate"/> - <paramref name="reference"/>, with the sign changed when lower is better.</returns>
    public double Gain(double candidate, double reference) => HigherIsBetter ? candidate - reference : reference - candidate;

    /// <summary>The margin to use against a reference.</summary>
    /// <param name="declared">The pipeline's margin in units of the metric, or null for the default.</param>
    /// <param name="referenceValue">The reference's value on the same rows.</param>
    /// <returns>The margin in units of the metric, never negative.</returns>
    public double Margin(double? declared, double referenceValue) =>
        declared ?? (MarginIsRelative ? DefaultMargin * Math.Abs(referenceValue) : DefaultMargin);

    private double OfClassDecisions(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var cells = ClassConfusion.Cells(labels, probabilities);
        var classes = probabilities.Length / labels.Length;
        var counts = new int[classes * classes];
        foreach (var cell in cells)
        {
            counts[cell]++;
        }

        return MulticlassMetrics.OfDecisions(Formula, counts, classes);
    }
}
