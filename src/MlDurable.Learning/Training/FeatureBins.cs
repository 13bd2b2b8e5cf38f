using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        // A search in so many bounds that no step has to be guessed, of four rows side by side.
        var bounds = new double[BitOperations.RoundUpToPowerOf2((uint)upperBounds.Length)];
        upperBounds.CopyTo(bounds, 0);
        bounds.AsSpan(upperBounds.Length).Fill(double.PositiveInfinity);
        ref var first = ref MemoryMarshal.GetArrayDataReference(bounds);
        var missing = upperBounds.Length;
        var bins = new byte[column.Length];
        var row = 0;
        for (; row <= column.Length - 4; row += 4)
        {
            var (a, b, c, d) = (column[row], column[row + 1], column[row + 2], column[row + 3]);
            var (binA, binB, binC, binD) = (0, 0, 0, 0);
            for (var step = bounds.Length / 2; step > 0; step /= 2)
            {
                binA += StepOver(ref first, binA, step, a);
                binB += StepOver(ref first, binB, step, b);
                binC += StepOver(ref first, binC, step, c);
                binD += StepOver(ref first, binD, step, d);
            }

            bins[row] = (byte)(double.IsNaN(a) ? missing : binA);
            bins[row + 1] = (byte)(double.IsNaN(b) ? missing : binB);
            bins[row + 2] = (byte)(double.IsNaN(c) ? missing : binC);
            bins[row + 3] = (byte)(double.IsNaN(d) ? missing : binD);
        }

        for (; row < column.Length; row++)
        {
            var bin = 0;
            for (var step = bounds.Length / 2; step > 0; step /= 2)
            {
                bin += StepOver(ref first, bin, step, column[row]);
            }

            bins[row] = (byte)(double.IsNaN(column[row]) ? missing : bin);
        }

        return bins;
    }

    /// <summary>How many bins to go on: all of the step when the value is above the last of them, none otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int StepOver(ref double bounds, int bin, int step, double value) =>
        step & -(int)Unsafe.BitCast<bool, byte>(Unsafe.Add(ref bounds, bin + step - 1) < value);
}
