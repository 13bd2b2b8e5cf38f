namespace MlDurable.Learning.Metrics;

/// <summary>Metrics of predicted numbers. Thread-safe.</summary>
public static class RegressionMetrics
{
    /// <summary>The root of the mean squared error.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static double RootMeanSquaredError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        Math.Sqrt(SquaredError(labels, predictions) / labels.Length);

    /// <summary>The mean absolute error.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <exception cref="LearningException">As <see cref="RootMeanSquaredError"/>.</exception>
    public static double MeanAbsoluteError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        ScoredRows.CheckNumbers(labels, predictions);
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += Math.Abs(predictions[row] - labels[row]);
        }

        return sum / labels.Length;
    }

    /// <summary>The coefficient of determination: 1 - squared error / squared deviation of the labels from their mean.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="predictions">The predicted number per row.</param>
    /// <returns>At most 1; NaN when all labels are equal.</returns>
    /// <exception cref="LearningException">As <see cref="RootMeanSquaredError"/>.</exception>
    public static double RSquared(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var error = SquaredError(labels, predictions);
        var mean = 0.0;
        foreach (var label in labels)
        {
            mean += label / labels.Length;
        }

        var deviation = 0.0;
        foreach (var label in labels)
        {
            deviation += (label - mean) * (label - mean);
        }

        return deviation > 0 ? 1 - (error / deviation) : double.NaN;
    }

    private static double SquaredError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        ScoredRows.CheckNumbers(labels, predictions);
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += (predictions[row] - labels[row]) * (predictions[row] - labels[row]);
        }

        return sum;
    }
}
