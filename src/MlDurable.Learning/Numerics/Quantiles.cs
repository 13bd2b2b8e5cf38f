namespace MlDurable.Learning.Numerics;

internal static class Quantiles
{
    /// <summary>The median: of an even number of values halfway between the two in the middle. Reorders the values.</summary>
    public static double Median(Span<double> values)
    {
        var upper = Select(values, values.Length / 2);
        if (values.Length % 2 == 1)
        {
            return upper;
        }

        var lower = values[0];
        foreach (var value in values[..(values.Length / 2)])
        {
            lower = Math.Max(lower, value);
        }

        return (lower / 2) + (upper / 2);
    }

    /// <summary>
    /// Reorders values without NaN so that the one which sorting would put at a place is there, none before it is greater and none behind it less; gives
    /// that one. Hoare, "Algorithm 65: Find", 1961, with the median of three as pivot, and sorting where that makes little progress.
    /// </summary>
    public static double Select(Span<double> values, int place)
    {
        var (low, high) = (0, values.Length - 1);
        for (var rounds = 64; high - low > 16 && rounds > 0; rounds--)
        {
            var pivot = MedianOf(values[low], values[low + ((high - low) / 2)], values[high]);
            var (left, right) = (low, high);
            while (left <= right)
            {
                while (values[left] < pivot)
                {
                    left++;
                }

                while (values[right] > pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }

            if (place <= right)
            {
                high = right;
            }
            else if (place >= left)
            {
                low = left;
            }
            else
            {
                return values[place];
            }
        }

        values[low..(high + 1)].Sort();
        return values[place];
    }

    private static double MedianOf(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

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
