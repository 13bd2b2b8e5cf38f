using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>How sure a metric, or the difference of two models, is: the same rows drawn again and again, with replacement. Thread-safe.</summary>
/// <remarks>
/// <para>Row j of a resample is floor(u * n), u the next uniform number of SplitMix64 from the seed, so every interval can be
/// recomputed elsewhere. When the rarer class has fewer than 100 rows each class is drawn on its own, class 0 first.</para>
/// <para>The interval is BCa (bias-corrected and accelerated), or the percentile interval where BCa is undefined. Above 200
/// rows (per class when drawn by class) its jackknife leaves out one of 200 groups, each every 200th row, at a time.</para>
/// </remarks>
public static class Bootstrap
{
    /// <summary>Estimates one model's metric with its interval.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="labels">The truth per row: 0 or 1.</param>
    /// <param name="scores">The predicted probability per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <param name="options">The resampling; its confidence is two-sided here.</param>
    /// <returns>The value on the rows as they are, and the interval around it.</returns>
    /// <exception cref="LearningException">As <see cref="Metric.Evaluate"/>; code <c>one-class</c> when the metric is undefined on the rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static MetricEstimate Estimate(Metric metric, double[] labels, double[] scores, double threshold, BootstrapOptions options)
    {
        var prepared = ResampledMetric.Prepare(metric, labels, new ScoredModel(scores, threshold));
        CheckDefined(metric, labels);
        var distribution = BootstrapDistribution.Of(weights => prepared.Evaluate(weights), labels, options);
        return new MetricEstimate(metric.Name, distribution.Observed, distribution.Interval(options.Confidence));
    }

    /// <summary>Compares two models on the same rows, each resample used for both.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="labels">The truth per row: 0 or 1.</param>
    /// <param name="candidate">The candidate's scores on the rows.</param>
    /// <param name="reference">The reference's scores on the rows.</param>
    /// <param name="options">The resampling; its confidence c is one-sided, the interval two-sided at 1 - 2(1 - c).</param>
    /// <returns>The difference, turned so that a positive one means that the candidate is better.</returns>
    /// <exception cref="LearningException">As <see cref="Metric.Evaluate"/>; code <c>one-class</c> when the metric is undefined on the rows.</exception>
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
        return BootstrapDistribution.Of(weights => metric.Gain(first.Evaluate(weights), second.Evaluate(weights)), labels, options);
    }

    private static void CheckDefined(Metric metric, double[] labels)
    {
        if (metric.Formula == MetricFormula.RocAuc && Array.TrueForAll(labels, label => label == labels[0]))
        {
            throw new LearningException(
                "one-class",
                $"{metric.DisplayName} needs positive and negative rows, but all {labels.Length} rows have the label {labels[0]}. "
                + "Evaluate on more rows, or check the rule that makes the label.");
        }
    }
}
