using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Adds up over all rows what depends on their weighted sums, of which there may be several for a row. Rows are taken in parts that depend on nothing but their number, and the parts are added
/// up in order, so that the result is the same for any number of threads. Not safe for concurrent use.
/// </summary>
internal sealed class ScoredSums
{
    private const int MaxParts = 64;
    private const int RowsPerPart = 4096;

    /// <summary>So few rows at a time that their cells stay in the processor's cache between the scores and the sums.</summary>
    private const int BlockRows = 512;

    private readonly double[][] parts;
    private readonly double[] values;

    /// <param name="features">The features of the rows.</param>
    /// <param name="outputs">How many weighted sums each row has.</param>
    public ScoredSums(FeatureMatrix features, int outputs = 1)
    {
        Features = features;
        parts = new double[Math.Clamp(features.Rows / RowsPerPart, 1, MaxParts)][];
        values = new double[parts.Length];
        for (var part = 0; part < parts.Length; part++)
        {
            parts[part] = new double[outputs * (features.FeatureCount + 1)];
        }
    }

    /// <summary>Puts into the place of the scores of some rows, from <paramref name="start"/> on, the factors of their features.</summary>
    /// <param name="scores">Each of the scores of all rows.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many rows.</param>
    /// <returns>What the rows add to the value.</returns>
    public delegate double Replace(double[][] scores, int start, int count);

    public FeatureMatrix Features { get; }

    /// <summary>Scores the rows, replaces the scores by factors, and adds the features times those.</summary>
    /// <param name="point">The weights, then the intercept; those of each score in turn.</param>
    /// <param name="value">What the rows' values are added to.</param>
    /// <param name="sums">For each feature, then the intercept, of each score in turn, what its products with the factors are added to.</param>
    /// <param name="factors">For each score, holds the factor of each row afterwards.</param>
    /// <param name="replace">Turns scores into factors; called for many rows at once.</param>
    /// <returns><paramref name="value"/> with what the rows add.</returns>
    public double Add(double[] point, double value, double[] sums, double[][] factors, Replace replace)
    {
        Parallel.For(0, parts.Length, part => AddPart(part, point, factors, replace));
        for (var part = 0; part < parts.Length; part++)
        {
            value += values[part];
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += parts[part][i];
            }
        }

        return value;
    }

    private void AddPart(int part, double[] point, double[][] factors, Replace replace)
    {
        var sums = parts[part];
        Array.Clear(sums);
        var value = 0.0;
        var end = EndOf(part);
        var width = Features.FeatureCount + 1;
        for (var start = part == 0 ? 0 : EndOf(part - 1); start < end; start += BlockRows)
        {
            var count = Math.Min(BlockRows, end - start);
            for (var output = 0; output < factors.Length; output++)
            {
                var ofOutput = point.AsSpan(output * width, width);
                LinearScorer.Compute(factors[output].AsSpan(start, count), Features, start, ofOutput[..^1], ofOutput[^1]);
            }

            value += replace(factors, start, count);
            for (var output = 0; output < factors.Length; output++)
            {
                AddProducts(factors[output].AsSpan(start, count), start, sums.AsSpan(output * width, width));
            }
        }

        values[part] = value;
    }

    private int EndOf(int part) => (int)((long)Features.Rows * (part + 1) / parts.Length);

    private void AddProducts(ReadOnlySpan<double> factors, int start, Span<double> sums)
    {
        for (var i = 0; i < Features.Dense.Length; i++)
        {
            sums[i] += FixedLanes.Dot(factors, Features.Dense[i].AsSpan(start, factors.Length));
        }

        foreach (var block in Features.Hot)
        {
            for (var row = 0; row < factors.Length; row++)
            {
                var feature = block[start + row];
                if (feature >= 0)
                {
                    sums[feature] += factors[row];
                }
            }
        }

        foreach (var block in Features.Sparse)
        {
            for (var row = 0; row < factors.Length; row++)
            {
                foreach (var (feature, value) in block.At(start + row))
                {
                    sums[feature] += factors[row] * value;
                }
            }
        }

        foreach (var factor in factors)
        {
            sums[^1] += factor;
        }
    }
}
