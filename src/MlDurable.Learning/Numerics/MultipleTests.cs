namespace MlDurable.Learning.Numerics;

/// <summary>Corrections for many tests at once. The results are in the order of the p-values given.</summary>
internal static class MultipleTests
{
    /// <summary>
    /// Holm's adjusted p-values: reject those at or below alpha, and the chance of one false rejection among all is at most
    /// alpha. Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
    /// </summary>
    public static double[] Holm(ReadOnlySpan<double> pValues)
    {
        var order = Ascending(pValues);
        var adjusted = new double[pValues.Length];
        double largest = 0;
        for (var rank = 0; rank < order.Length; rank++)
        {
            largest = Math.Max(largest, Math.Min(1, pValues[order[rank]] * (order.Length - rank)));
            adjusted[order[rank]] = largest;
        }

        return adjusted;
    }

    /// <summary>
    /// Benjamini and Hochberg's q-values: reject those at or below alpha, and the expected share of false ones among the
    /// rejected is at most alpha. Source: Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", 1995.
    /// </summary>
    public static double[] BenjaminiHochberg(ReadOnlySpan<double> pValues)
    {
        var order = Ascending(pValues);
        var adjusted = new double[pValues.Length];
        double smallest = 1;
        for (var rank = order.Length; rank > 0; rank--)
        {
            smallest = Math.Min(smallest, pValues[order[rank - 1]] * order.Length / rank);
            adjusted[order[rank - 1]] = smallest;
        }

        return adjusted;
    }

    private static int[] Ascending(ReadOnlySpan<double> pValues)
    {
        var keys = pValues.ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(keys, order);
        return order;
    }
}
