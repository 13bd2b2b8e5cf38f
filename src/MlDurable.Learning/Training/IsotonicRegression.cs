using System.Collections.Immutable;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Fits the non-decreasing function of the scores that is nearest to the labels by squares, by pooling adjacent violators (Ayer and others, "An
/// empirical distribution function for sampling with incomplete information", 1955; for calibration Zadrozny and Elkan, "Transforming classifier scores
/// into accurate multiclass probability estimates", 2002). Between the rows it is linear, and level beyond them, as scikit-learn's
/// <c>IsotonicRegression(out_of_bounds="clip")</c>. Shares are compared as whole numbers, without rounding.
/// </summary>
internal static class IsotonicRegression
{
    /// <summary>Fits a calibrator.</summary>
    /// <param name="scores">The score of each row.</param>
    /// <param name="labels">1 or 0 for each row; at least one row.</param>
    public static IsotonicCalibrator Fit(double[] scores, double[] labels)
    {
        var (keys, ordered) = ((double[])scores.Clone(), (double[])labels.Clone());
        Array.Sort(keys, ordered);
        var blocks = new Stack<Block>();
        for (var row = 0; row < keys.Length;)
        {
            // Rows of one score stay together, whatever their labels.
            var block = new Block(keys[row], keys[row], 0, 0);
            for (; row < keys.Length && keys[row] == block.First; row++)
            {
                block = block with { Rows = block.Rows + 1, Positives = block.Positives + (ordered[row] == 1 ? 1 : 0) };
            }

            while (blocks.TryPeek(out var before) && before.Positives * block.Rows >= block.Positives * before.Rows)
            {
                blocks.Pop();
                block = new Block(before.First, block.Last, before.Rows + block.Rows, before.Positives + block.Positives);
            }

            blocks.Push(block);
        }

        var (points, shares) = (ImmutableArray.CreateBuilder<double>(), ImmutableArray.CreateBuilder<double>());
        foreach (var block in blocks.Reverse())
        {
            Add(block.First, block.Share);
            if (block.Last > block.First)
            {
                Add(block.Last, block.Share);
            }
        }

        return new IsotonicCalibrator(points.DrainToImmutable(), shares.DrainToImmutable());

        void Add(double point, double share)
        {
            points.Add(point);
            shares.Add(share);
        }
    }

    /// <summary>Rows with neighbouring scores that share a probability.</summary>
    private readonly record struct Block(double First, double Last, long Rows, long Positives)
    {
        public double Share => (double)Positives / Rows;
    }
}
