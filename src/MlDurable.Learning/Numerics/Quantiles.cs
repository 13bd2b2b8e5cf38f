namespace MlDurable.Learning.Numerics;

internal static class Quantiles
{
    /// <summary>
    /// The quantile of a sorted sample by linear interpolation between order statistics: type 7 of Hyndman and Fan, the
    /// default of NumPy and R. Rounds as <c>numpy.quantile</c> does, so that bin edges agree to the last bit.
    /// </summary>
    public static double Linear(ReadOnlySpan<double> sorted, double probability)
    {
        var position = probability * (sorted.Length - 1);
        var below = (int)position;
        if (below >= sorted.Length - 1)
        {
            return sorted[^1];
        }

        var (low, high, share) = (sorted[below], sorted[below + 1], position - below);
        return share >= 0.5 ? high - ((high - low) * (1 - share)) : low + ((high - low) * share);
    }
}
