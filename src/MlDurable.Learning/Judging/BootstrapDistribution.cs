using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Judging;

/// <summary>The values of a statistic on the resamples, and what they say about it.</summary>
internal sealed class BootstrapDistribution
{
    /// <summary>
    /// The most groups of rows that the jackknife leaves out in turn. Above it a group holds several rows; the skewness of
    /// sums shrinks with the group's size as it does with the number of groups, so the acceleration keeps its scale. The error
    /// of its estimate, about 0.4 / groups, moves the ends of an interval by less than the resampling does.
    /// </summary>
    private const int JackknifeGroups = 200;

    private readonly double[] sorted;
    private readonly double acceleration;

    private BootstrapDistribution(double observed, double[] replicates, double acceleration)
    {
        Observed = observed;
        Replicates = replicates;
        this.acceleration = acceleration;
        sorted = [.. replicates];
        Array.Sort(sorted);
        var mean = replicates.Average();
        StandardError = Math.Sqrt(replicates.Sum(value => (value - mean) * (value - mean)) / (replicates.Length - 1));
    }

    public double Observed { get; }

    /// <summary>The values in the order in which the resamples were drawn.</summary>
    public double[] Replicates { get; }

    public double StandardError { get; }

    public static BootstrapDistribution Of(Func<int[], double> statistic, double[] labels, bool ofClasses, BootstrapOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Resamples, 100, nameof(options));
        if (options.Confidence is not (> 0.5 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Confidence, "The confidence is above 0.5 and below 1.");
        }

        var resampler = new RowResampler(labels, ofClasses, options.Seed);
        var weights = new int[labels.Length];
        Array.Fill(weights, 1);
        var observed = statistic(weights);
        var skew = Acceleration(statistic, weights, resampler.Strata);
        var replicates = new double[options.Resamples];
        for (var i = 0; i < replicates.Length; i++)
        {
            resampler.Draw(weights);
            replicates[i] = statistic(weights);
        }

        return new BootstrapDistribution(observed, replicates, skew);
    }

    /// <summary>
    /// The bias-corrected and accelerated interval (B. Efron, "Better bootstrap confidence intervals", 1987), or the percentile
    /// interval where its correction is undefined: a degenerate jackknife, or all resamples on one side of the observed value.
    /// </summary>
    public Interval Interval(double confidence)
    {
        var tail = (1 - confidence) / 2;

        // A resample that draws the same counts in another order is equal but for rounding; as a tie it counts half.
        var rounding = 1e-12 * Math.Max(Math.Abs(sorted[0]), Math.Abs(sorted[^1]));
        var below = sorted.Sum(value => value < Observed - rounding ? 1 : value <= Observed + rounding ? 0.5 : 0);
        var bias = Distributions.NormalQuantile(below / sorted.Length);
        if (!double.IsFinite(bias) || !double.IsFinite(acceleration))
        {
            return PercentileInterval(confidence);
        }

        var (low, high) = (Corrected(bias, tail), Corrected(bias, 1 - tail));
        return low < high
            ? new Interval(Quantiles.Linear(sorted, low), Quantiles.Linear(sorted, high), confidence)
            : PercentileInterval(confidence);
    }

    public Interval PercentileInterval(double confidence) => new(
        Quantiles.Linear(sorted, (1 - confidence) / 2), Quantiles.Linear(sorted, 1 - ((1 - confidence) / 2)), confidence);

    /// <summary>The two-sided p-value of zero: twice the smaller share of resamples on either side of it, one added to both counts.</summary>
    public double PValueOfZero()
    {
        var resamples = sorted.Length + 1.0;
        var atMost = (1 + sorted.Count(value => value <= 0)) / resamples;
        var atLeast = (1 + sorted.Count(value => value >= 0)) / resamples;
        return Math.Min(1, 2 * Math.Min(atMost, atLeast));
    }

    private double Corrected(double bias, double probability)
    {
        var z = bias + Distributions.NormalQuantile(probability);
        return Distributions.NormalCdf(bias + (z / (1 - (acceleration * z))));
    }

    /// <summary>
    /// The acceleration of several samples (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 14.3, applied
    /// per stratum); NaN when leaving rows out changes nothing or makes the statistic undefined.
    /// </summary>
    private static double Acceleration(Func<int[], double> statistic, int[] weights, int[][] strata)
    {
        double cubes = 0, squares = 0;
        foreach (var stratum in strata)
        {
            var groups = Math.Min(stratum.Length, JackknifeGroups);
            var leftOut = new double[groups];
            for (var group = 0; group < groups; group++)
            {
                for (var i = group; i < stratum.Length; i += groups)
                {
                    weights[stratum[i]] = 0;
                }

                leftOut[group] = statistic(weights);
                for (var i = group; i < stratum.Length; i += groups)
                {
                    weights[stratum[i]] = 1;
                }
            }

            var mean = leftOut.Average();
            foreach (var value in leftOut)
            {
                var influence = (groups - 1) * (mean - value) / groups;
                squares += influence * influence;
                cubes += influence * influence * influence;
            }
        }

        return squares > 0 ? cubes / (6 * Math.Pow(squares, 1.5)) : double.NaN;
    }
}
