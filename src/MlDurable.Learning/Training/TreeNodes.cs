using System.Runtime.InteropServices;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>The nodes of a tree that is being grown on binned rows. Only <see cref="Pass"/> is safe for concurrent use.</summary>
internal sealed class TreeNodes(FeatureBins bins)
{
    private readonly List<int> feature = [];
    private readonly List<int> bin = [];
    private readonly List<bool> missingLeft = [];
    private readonly List<int> left = [];
    private readonly List<int> right = [];
    private readonly List<double> value = [];
    private readonly List<int> cover = [];
    private readonly Lock coverLock = new();

    /// <summary>Adds a leaf that so many rows reach.</summary>
    public int Add(int rowCount)
    {
        feature.Add(-1);
        bin.Add(0);
        missingLeft.Add(false);
        left.Add(0);
        right.Add(0);
        value.Add(0);
        cover.Add(rowCount);
        return feature.Count - 1;
    }

    /// <summary>Gives a leaf two children: rows go left whose bin of the feature is at most the given one.</summary>
    public (int Left, int Right) Split(int node, int splitFeature, int splitBin, bool splitMissingLeft, int leftRows, int rightRows)
    {
        feature[node] = splitFeature;
        bin[node] = splitBin;
        missingLeft[node] = splitMissingLeft;
        left[node] = Add(leftRows);
        right[node] = Add(rightRows);
        value[node] = 0;
        return (left[node], right[node]);
    }

    public void SetValue(int leaf, double leafValue) => value[leaf] = leafValue;

    /// <summary>Sends rows that the tree was not grown from to their leaves: they count among the rows that reach its nodes, and their scores, if any, get
    /// its values.</summary>
    public void Pass(ReadOnlySpan<int> rows, double[]? scores = null)
    {
        var counts = new int[feature.Count];
        foreach (var row in rows)
        {
            var leaf = LeafOf(row);
            counts[leaf]++;
            if (scores is not null)
            {
                scores[row] += value[leaf];
            }
        }

        lock (coverLock)
        {
            var covers = CollectionsMarshal.AsSpan(cover);
            for (var node = 0; node < counts.Length; node++)
            {
                covers[node] += counts[node];
            }
        }
    }

    public Tree ToTree()
    {
        // Children come after their parent.
        for (var node = feature.Count - 1; node >= 0; node--)
        {
            cover[node] = feature[node] < 0 ? cover[node] : cover[left[node]] + cover[right[node]];
        }

        return new Tree(
            [.. feature],
            [.. feature.Zip(bin, (tested, upTo) => tested < 0 ? 0 : bins.UpperBounds[tested][upTo])],
            [.. missingLeft],
            [.. left],
            [.. right],
            [.. value],
            [.. cover]);
    }

    private int LeafOf(int row)
    {
        var node = 0;
        while (feature[node] >= 0)
        {
            var binOfRow = bins.BinOf[feature[node]][row];
            var goesLeft = binOfRow <= bin[node] || (missingLeft[node] && binOfRow == bins.UpperBounds[feature[node]].Length);
            node = goesLeft ? left[node] : right[node];
        }

        return node;
    }
}
