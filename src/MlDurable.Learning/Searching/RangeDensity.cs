using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>
/// The <see cref="Density"/> of a range: a kernel is a normal distribution that is cut off at the range's ends, as wide as it is far to the neighbours.
/// </summary>
internal sealed class RangeDensity : Density
{
    private const double NarrowestShare = 100;

    private readonly ValueRange range;
    private readonly double[] weights;
    private readonly double[] means;
    private readonly double[] widths;

    /// <summary>The mass of each kernel before it is cut off.</summary>
    private readonly double[] masses;

    public RangeDensity(ValueRange range, IReadOnlyList<double> observations)
    {
        this.range = range;
        weights = Weights(observations.Count);
        means = [.. observations.Select(range.PlaceOf), (range.Least + range.Most) / 2];
        widths = Widths(means, range.Least, range.Most);
        masses = [.. Enumerable.Range(0, means.Length).Select(kernel => Mass(kernel, range.Least, range.Most))];
    }

    public override double At(double value)
    {
        var density = 0.0;
        for (var kernel = 0; kernel < weights.Length; kernel++)
        {
            density += weights[kernel] / masses[kernel] * (range.IsWhole
                ? Mass(kernel, range.PlaceOf(value - 0.5), range.PlaceOf(value + 0.5))
                : Distributions.NormalDensity((range.PlaceOf(value) - means[kernel]) / widths[kernel]) / widths[kernel]);
        }

        return density;
    }

    public override double Draw(SplitMix64 random)
    {
        var kernel = Draw(weights, random);
        var below = Distributions.NormalCdf((range.Least - means[kernel]) / widths[kernel]);
        var place = means[kernel] + (widths[kernel] * Distributions.NormalQuantile(below + (random.NextUniform() * masses[kernel])));
        return range.ValueAt(Math.Clamp(place, range.Least, range.Most));
    }

    /// <summary>Each as far as to the farther neighbour, those at the ends to their one; the prior, which comes last, as wide as the range.</summary>
    private static double[] Widths(double[] means, double least, double most)
    {
        var widest = most - least;
        var order = Enumerable.Range(0, means.Length).OrderBy(kernel => means[kernel]).ToArray();
        var found = new double[means.Length];
        for (var place = 0; place < order.Length; place++)
        {
            var toLower = place == 0 ? 0 : means[order[place]] - means[order[place - 1]];
            var toUpper = place == order.Length - 1 ? 0 : means[order[place + 1]] - means[order[place]];
            found[order[place]] = Math.Clamp(Math.Max(toLower, toUpper), widest / Math.Min(NarrowestShare, means.Length + 1), widest);
        }

        found[^1] = widest;
        return found;
    }

    private double Mass(int kernel, double from, double to) =>
        Distributions.NormalCdf((to - means[kernel]) / widths[kernel]) - Distributions.NormalCdf((from - means[kernel]) / widths[kernel]);
}
