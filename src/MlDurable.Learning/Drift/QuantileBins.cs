using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Drift;

/// <summary>Bins that hold about equally many rows of the reference: (-inf, e1], (e1, e2], …, (ek, +inf).</summary>
internal static class QuantileBins
{
    /// <summary>The inner edges: the quantiles of a sorted sample (linear, type 7), without repetitions.</summary>
    public static double[] Edges(ReadOnlySpan<double> sorted, int bins)
    {
        var edges = new List<double>();
        for (var i = 1; i < bins; i++)
        {
            var edge = Quantiles.Linear(sorted, i / (double)bins);
            if (edges.Count == 0 || edge > edges[^1])
            {
                edges.Add(edge);
            }
        }

        return [.. edges];
    }

    /// <summary>The bin of a value: the number of edges below it.</summary>
    public static int Find(ReadOnlySpan<double> edges, double value)
    {
        var bin = 0;
        while (bin < edges.Length && edges[bin] < value)
        {
            bin++;
        }

        return bin;
    }
}
