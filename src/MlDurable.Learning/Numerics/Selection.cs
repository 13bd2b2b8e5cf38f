namespace MlDurable.Learning.Numerics;

/// <summary>Finds an order statistic without sorting (Hoare, "Algorithm 65: Find", 1961).</summary>
internal static class Selection
{
    /// <summary>The number at a rank, were all in descending order.</summary>
    /// <param name="values">Numbers, none missing; they are reordered.</param>
    /// <param name="rank">From 1, the greatest, to their number.</param>
    public static double Greatest(Span<double> values, int rank)
    {
        var place = rank - 1;
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = values[low + ((high - low) / 2)];
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (values[i] > pivot)
                {
                    i++;
                }

                while (values[j] < pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    i++;
                    j--;
                }
            }

            // Between the two parts is nothing but the pivot.
            if (place > j && place < i)
            {
                break;
            }

            (low, high) = place <= j ? (low, j) : (i, high);
        }

        return values[place];
    }
}
