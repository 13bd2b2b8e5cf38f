using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Metrics;

/// <summary>Metrics of predicted numbers, as scikit-learn defines them. Thread-safe.</summary>
/// <remarks>
/// Every method throws <see cref="LearningException"/>: <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c>, <c>invalid-score</c>.
/// </remarks>
public static class RegressionMetrics
{
    /// <summary>The root of the mean squared error.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    public static double RootMeanSquaredError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        Math.Sqrt(Mean(labels, predictions, RowSquaredError));

    /// <summary>The mean absolute error.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    public static double MeanAbsoluteError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) => Mean(labels, predictions, RowAbsoluteError);

    /// <summary>The median absolute error: half of the rows are predicted better.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    public static double MedianAbsoluteError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        ScoredRows.CheckNumbers(labels, predictions);
        var errors = new double[labels.Length];
        for (var row = 0; row < errors.Length; row++)
        {
            errors[row] = RowAbsoluteError(labels[row], predictions[row]);
        }

        Array.Sort(errors);
        return Quantiles.Linear(errors, 0.5);
    }

    /// <summary>The mean of the absolute errors in shares of the labels.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <returns>0 or more; NaN when a label is 0, of which nothing is a share.</returns>
    public static double MeanAbsolutePercentageError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        Mean(labels, predictions, RowPercentageError);

    /// <summary>The coefficient of determination: 1 - squared error / squared deviation of the labels from their mean.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <returns>At most 1; NaN when all labels are equal.</returns>
    public static double RSquared(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var error = Mean(labels, predictions, RowSquaredError);
        var mean = 0.0;
        foreach (var label in labels)
        {
            mean += label / labels.Length;
        }

        var deviation = 0.0;
        foreach (var label in labels)
        {
            deviation += (label - mean) * (label - mean) / labels.Length;
        }

        return deviation > 0 ? 1 - (error / deviation) : double.NaN;
    }

    /// <summary>The mean Poisson deviance: 2 (y ln(y / p) - y + p).</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <returns>0 or more; NaN when a label is negative or a prediction is not above 0.</returns>
    public static double PoissonDeviance(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) => Mean(labels, predictions, RowPoissonDeviance);

    /// <summary>The mean pinball loss of a quantile, which is least where that share of the labels lies below the prediction.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted quantile per row.</param>
    /// <param name="quantile">The share, between 0 and 1.</param>
    public static double PinballLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, double quantile) =>
        Mean(labels, predictions, (label, prediction) => RowPinballLoss(label, prediction, quantile));

    internal static double RowSquaredError(double label, double prediction) => (prediction - label) * (prediction - label);

    internal static double RowAbsoluteError(double label, double prediction) => Math.Abs(prediction - label);

    internal static double RowPercentageError(double label, double prediction) => label == 0 ? double.NaN : Math.Abs((prediction - label) / label);

    internal static double RowPoissonDeviance(double label, double prediction) => label < 0 || prediction <= 0
        ? double.NaN
        : 2 * ((label == 0 ? 0 : label * Math.Log(label / prediction)) - label + prediction);

    internal static double RowPinballLoss(double label, double prediction, double quantile) =>
        label >= prediction ? quantile * (label - prediction) : (1 - quantile) * (prediction - label);

    private static double Mean(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, Func<double, double, double> ofRow)
    {
        ScoredRows.CheckNumbers(labels, predictions);
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += ofRow(labels[row], predictions[row]);
        }

        return sum / labels.Length;
    }
}
