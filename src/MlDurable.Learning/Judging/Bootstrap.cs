using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>How sure a metric, or the difference of two models, is: the same rows drawn again and again, with replacement. Thread-safe.</summary>
/// <remarks>
/// <para>Row j of a resample is floor(u * n), u the next uniform number of SplitMix64 from the seed, so every interval can be
/// recomputed elsewhere. When the rarest class has fewer than 100 rows each class is drawn on its own, class 0 first.</para>
/// <para>The interval is BCa (bias-corrected and accelerated), or the percentile interval where BCa is undefined. Above 200
/// rows (per class when drawn by class) its jackknife leaves out one of 200 groups, each every 200th row, at a time.</para>
/// </remarks>
public static class Bootstrap
{
    /// <summary>Estimates one model's metric with its interval.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">What is predicted; see <see cref="Metric.Evaluate"/>.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <param name="options">The resampling; its confidence is two-sided here.</param>
    /// <returns>The value on the rows as they are, and the interval around it.</returns>
    /// <exception cref="LearningException">As <see cref="Metric.Evaluate"/>; code <c>one-class</c>, <c>one-label</c> or <c>metric-undefined</c> when the metric is not defined on the rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static MetricEstimate Estimate(Metric metric, double[] labels, double[] scores, double threshold, BootstrapOptions options)
    {
        var prepared = ResampledMetric.Prepare(metric, labels, new ScoredModel(scores, threshold));
        CheckDefined(metric, labels);
        var distribution = Defined(metric, BootstrapDistribution.Of(weights => prepared.Evaluate(weights), labels, metric.Task != LearningTask.Regression, options));
        return new MetricEstimate(metric.Name, distribution.Observed, distribution.Interval(options.Confidence));
    }

    /// <summary>Compares two models on the same rows, each resample used for both.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="labels">The truth per row.</param>
    /// <param name="candidate">The candidate's scores on the rows.</param>
    /// <param name="reference">The reference's scores on the rows.</param>
    /// <param name="options">The resampling; its confidence c is one-sided, the interval two-sided at 1 - 2(1 - c).</param>
    /// <returns>The difference, turned so that a positive one means that the candidate is better.</returns>
    /// <exception cref="LearningException">As <see cref="Metric.Evaluate"/>; code <c>one-class</c>, <c>one-label</c> or <c>metric-undefined</c> when the metric is not defined on the rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static PairedDifference Compare(
        Metric metric, double[] labels, ScoredModel candidate, ScoredModel reference, BootstrapOptions options)
    {
        var distribution = Differences(metric, labels, candidate, reference, options);
        return new PairedDifference(
            metric.Name,
            metric.Evaluate(labels, candidate.Scores, candidate.Threshold),
            metric.Evaluate(labels, reference.Scores, reference.Threshold),
            distribution.Observed,
            distribution.StandardError,
            distribution.Interval(1 - (2 * (1 - options.Confidence))),
            labels.Length)
        {
            PValue = distribution.PValueOfZero(),
        };
    }

    internal static BootstrapDistribution Differences(
        Metric metric, double[] labels, ScoredModel candidate, ScoredModel reference, BootstrapOptions options)
    {
        var first = ResampledMetric.Prepare(metric, labels, candidate);
        var second = ResampledMetric.Prepare(metric, labels, reference);
        CheckDefined(metric, labels);
        return Defined(
            metric,
            BootstrapDistribution.Of(weights => metric.Gain(first.Evaluate(weights), second.Evaluate(weights)), labels, metric.Task != LearningTask.Regression, options));
    }

    private static BootstrapDistribution Defined(Metric metric, BootstrapDistribution distribution) => !double.IsNaN(distribution.Observed)
        ? distribution
        : throw new LearningException(
            "metric-undefined",
            $"{metric.DisplayName} is not defined on these rows: MAPE needs labels other than 0, the Poisson deviance labels of 0 or more and predictions above 0. "
            + "Leave the metric out, or choose another.");

    private static void CheckDefined(Metric metric, double[] labels)
    {
        if (metric.Formula is not (MetricFormula.RocAuc or MetricFormula.ClassRocAuc or MetricFormula.RSquared) || Array.Exists(labels, label => label != labels[0]))
        {
            return;
        }

        throw metric.Formula == MetricFormula.RSquared
            ? new LearningException(
                "one-label", $"{metric.DisplayName} needs different labels, but all {labels.Length} rows have the label {labels[0]}. Evaluate on more rows.")
            : new LearningException(
                "one-class",
                $"{metric.DisplayName} needs rows of different classes, but all {labels.Length} rows have the label {labels[0]}. Evaluate on more rows.");
    }
}
