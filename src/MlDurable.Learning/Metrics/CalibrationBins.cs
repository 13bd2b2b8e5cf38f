namespace MlDurable.Learning.Metrics;

/// <summary>
/// Bins of equal width over [0, 1]: (low, high], and 0 in the first, as <c>sklearn.calibration.calibration_curve</c> with
/// strategy <c>uniform</c>. The edges are multiples of 1.0 / bins, as <c>numpy.linspace</c> computes them.
/// </summary>
internal static class CalibrationBins
{
    public const int Default = 10;

    public static double Edge(int index, int bins) => index == bins ? 1 : index * (1.0 / bins);

    public static int Find(double probability, int bins)
    {
        var bin = Math.Min((int)(probability * bins), bins - 1);

        // The product rounds differently from the edges, so a probability that is written like an edge may be one bin off.
        while (bin > 0 && probability <= Edge(bin, bins))
        {
            bin--;
        }

        while (bin < bins - 1 && probability > Edge(bin + 1, bins))
        {
            bin++;
        }

        return bin;
    }
}
