namespace MlDurable.Learning.Judging;

/// <summary>The mean of a metric over the folds of a cross-validation, and how sure it is.</summary>
/// <param name="Mean">The mean; not a number where the metric is undefined on a fold.</param>
/// <param name="StandardError">The standard error of the mean, zero or more; not a number with it.</param>
public sealed record FoldMean(double Mean, double StandardError)
{
    /// <summary>The mean of some folds. Thread-safe.</summary>
    /// <remarks>
    /// The models of two folds share most of their training rows, so that the variance of the folds divided by their number, as of independent values, is far
    /// too small. The factor in its place is 1/k + n_test/n_train (Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52, 2003).
    /// </remarks>
    /// <param name="values">The metric on the test rows of each fold, two at least.</param>
    /// <param name="testedPerTrained">n_test/n_train: how many rows a fold is tested on for each that its model is made from; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two values, or the ratio is not above 0.</exception>
    public static FoldMean Of(IReadOnlyList<double> values, double testedPerTrained)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Count, 2, nameof(values));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(testedPerTrained);
        var mean = values.Sum() / values.Count;
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new FoldMean(mean, Math.Sqrt(variance * ((1.0 / values.Count) + testedPerTrained)));
    }
}
