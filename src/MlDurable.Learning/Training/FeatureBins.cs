namespace MlDurable.Learning.Training;

/// <summary>
/// The training rows as seen by the trees: each value is replaced by the number of the bin that it falls into. A feature with few different
/// values has one bin for each; otherwise bins hold about equally many rows. Of more than
/// 200,000 rows the bounds are those of so many of them. Missing values are in a bin of their own after the others.
/// </summary>
internal sealed class FeatureBins
{
    /// <summary>With the bin of missing values, a bin number fits a byte.</summary>
    public const int MaxValueBins = 255;

    /// <summary>From how many rows at most the bounds of a feature are learned.</summary>
    private const int MaxSample = 200_000;

    private FeatureBins(byte[][] binOf, double[][] upperBounds)
    {
        BinOf = binOf;
        UpperBounds = upperBounds;
        Offsets = new int[binOf.Length];
        for (var feature = 0; feature < binOf.Length; feature++)
        {
            Offsets[feature] = TotalBins;
            TotalBins += upperBounds[feature].Length + 1;
        }
    }

    /// <summary>For each feature and row the bin.</summary>
    public byte[][] BinOf { get; }

    /// <summary>For each feature and bin of values the greatest value that belongs to it; the last bin takes all that is greater.</summary>
    public double[][] UpperBounds { get; }

    /// <summary>Where the bins of each feature begin when those of all features stand in one row.</summary>
    public int[] Offsets { get; }

    /// <summary>The number of bins of all features, those of missing values included.</summary>
    public int TotalBins { get; }

    public static FeatureBins Of(double[][] columns)
    {
        var upperBounds = new double[columns.Length][];
        var binOf = new byte[columns.Length][];
        Parallel.For(0, columns.Length, feature =>
        {
            upperBounds[feature] = Bounds(columns[feature]);
            binOf[feature] = Assign(columns[feature], upperBounds[feature]);
        });
        return new FeatureBins(binOf, upperBounds);
    }

    private static double[] Bounds(double[] column)
    {
        var values = Sample(column);
        Array.Sort(values);
        var distinct = values.Distinct().Take(MaxValueBins + 1).Count();
        var bounds = new List<double>();
        for (var row = 1; row < values.Length; row++)
        {
            // The rows before this one fill the bins so far; a new bin begins where the next share of rows does, and only between different
            // values.
            var isShareFull = distinct <= MaxValueBins || (long)row * MaxValueBins / values.Length > bounds.Count;
            if (isShareFull && values[row] > values[row - 1])
            {
                bounds.Add(Between(values[row - 1], values[row]));
            }
        }

        // Any number is at most this: a split after the last bin parts the rows with a value from those without.
        bounds.Add(double.MaxValue);
        return [.. bounds];
    }

    // The values, or so many of them, spread evenly over the rows, that their quantiles are those of all.
    private static double[] Sample(double[] column)
    {
        var step = (double)column.Length / Math.Min(column.Length, MaxSample);
        var values = new List<double>(Math.Min(column.Length, MaxSample));
        for (var i = 0; i < values.Capacity; i++)
        {
            var value = column[(int)(i * step)];
            if (!double.IsNaN(value))
            {
                values.Add(value);
            }
        }

        return [.. values];
    }

    /// <summary>A number that is at least <paramref name="low"/> and less than <paramref name="high"/>.</summary>
    private static double Between(double low, double high)
    {
        var middle = (low / 2) + (high / 2);
        return middle >= low && middle < high ? middle : low;
    }

    private static byte[] Assign(double[] column, double[] upperBounds)
    {
        var bins = new byte[column.Length];
        for (var row = 0; row < bins.Length; row++)
        {
            if (double.IsNaN(column[row]))
            {
                bins[row] = (byte)upperBounds.Length;
                continue;
            }

            var found = Array.BinarySearch(upperBounds, column[row]);
            bins[row] = (byte)(found >= 0 ? found : ~found);
        }

        return bins;
    }
}
