using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>The values of a number column of the reference.</summary>
public sealed record NumberProfile
{
    /// <summary>The bins between the smallest and the largest value. Missing values and values outside have bins of their own.</summary>
    public const int Bins = 10;

    /// <summary>The most values that <see cref="Sketch"/> keeps.</summary>
    public const int SketchSize = 500;

    /// <summary>The smallest value.</summary>
    public required double Minimum { get; init; }

    /// <summary>The largest value.</summary>
    public required double Maximum { get; init; }

    /// <summary>The mean.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation, with n - 1; 0 for a single value.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>The inner edges of the bins, ascending: the deciles, fewer where values repeat. A bin is (lower, upper].</summary>
    public required ImmutableArray<double> Edges { get; init; }

    /// <summary>The rows per bin: one more than edges.</summary>
    public required ImmutableArray<int> Counts { get; init; }

    /// <summary>
    /// Up to 500 values: all of them, sorted, or else the values at the ranks (i + 0.5) / 500. The distribution function of the
    /// sketch is within 0.001 of the sample's, and so is a Kolmogorov–Smirnov distance to it; the Wasserstein distance misses
    /// the outermost 0.1 % of either tail.
    /// </summary>
    public required ImmutableArray<double> Sketch { get; init; }

    internal static NumberProfile From(NumberColumn column)
    {
        var sorted = SortedValues(column);
        var mean = sorted.Average();
        var edges = QuantileBins.Edges(sorted, Bins);
        var counts = new int[edges.Length + 1];
        foreach (var value in sorted)
        {
            counts[QuantileBins.Find(edges, value)]++;
        }

        return new NumberProfile
        {
            Minimum = sorted[0],
            Maximum = sorted[^1],
            Mean = mean,
            StandardDeviation = Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, sorted.Length - 1)),
            Edges = [.. edges],
            Counts = [.. counts],
            Sketch = sorted.Length <= SketchSize
                ? [.. sorted]
                : [.. Enumerable.Range(0, SketchSize).Select(i => sorted[(int)((i + 0.5) / SketchSize * sorted.Length)])],
        };
    }

    internal static double[] SortedValues(NumberColumn column)
    {
        var sorted = new double[column.Count - column.MissingCount];
        var next = 0;
        foreach (var value in column.Values)
        {
            if (!double.IsNaN(value))
            {
                sorted[next++] = value;
            }
        }

        Array.Sort(sorted);
        return sorted;
    }
}
