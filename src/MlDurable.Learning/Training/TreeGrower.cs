using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Grows trees on binned rows, leaf by leaf: always the leaf whose split lowers the loss most. Split gain and leaf values are those of Chen
/// and Guestrin, "XGBoost", 2016; histograms of gradients, the histogram of a sibling by subtraction and leaf-wise growth those of Ke and
/// others, "LightGBM", 2017. Not safe for concurrent use: one instance serves one fit.
/// </summary>
internal sealed class TreeGrower
{
    /// <summary>A leaf with less curvature than this is too certain for its value to mean anything.</summary>
    private const double MinHessian = 1e-3;

    private readonly FeatureBins bins;
    private readonly TreeSettings settings;
    private readonly int[] rows;
    private readonly int[] movedRows;
    private readonly double[] leafGradients;
    private readonly double[] leafHessians;
    private readonly Stack<BinSums[]> freeHistograms = new();

    public TreeGrower(FeatureBins bins, TreeSettings settings, int rowCount)
    {
        this.bins = bins;
        this.settings = settings;
        rows = new int[rowCount];
        movedRows = new int[rowCount];
        leafGradients = new double[rowCount];
        leafHessians = new double[rowCount];
    }

    /// <summary>Grows one tree and adds its values to the scores of the training rows.</summary>
    public Tree Grow(double[] gradients, double[] hessians, double[] scores)
    {
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row] = row;
        }

        var nodes = new Nodes();
        var root = new Leaf(nodes.Add(rows.Length), Start: 0, rows.Length, FillHistogram(0, rows.Length, gradients, hessians), default);
        var leaves = new List<Leaf> { root with { Best = FindSplit(root.Histogram) } };
        while (leaves.Count < settings.MaxLeaves)
        {
            var index = BestLeaf(leaves);
            if (leaves[index].Best.Gain <= 0)
            {
                break;
            }

            var (left, right) = Split(leaves[index], nodes, gradients, hessians);
            leaves[index] = left;
            leaves.Add(right);
        }

        foreach (var leaf in leaves)
        {
            var sums = Total(leaf.Histogram);
            var value = -sums.Gradient / (sums.Hessian + settings.L2) * settings.LearningRate;
            nodes.Value[leaf.Node] = value;
            foreach (var row in rows.AsSpan(leaf.Start, leaf.Count))
            {
                scores[row] += value;
            }

            freeHistograms.Push(leaf.Histogram);
        }

        return nodes.ToTree();
    }

    private static int BestLeaf(List<Leaf> leaves)
    {
        var best = 0;
        for (var i = 1; i < leaves.Count; i++)
        {
            if (leaves[i].Best.Gain > leaves[best].Best.Gain)
            {
                best = i;
            }
        }

        return best;
    }

    private BinSums[] FillHistogram(int start, int count, double[] gradients, double[] hessians)
    {
        var histogram = freeHistograms.TryPop(out var free) ? free : new BinSums[bins.TotalBins];
        Array.Clear(histogram);
        var leafRows = rows.AsSpan(start, count);
        for (var i = 0; i < leafRows.Length; i++)
        {
            leafGradients[i] = gradients[leafRows[i]];
            leafHessians[i] = hessians[leafRows[i]];
        }

        for (var feature = 0; feature < bins.BinOf.Length; feature++)
        {
            var binOf = bins.BinOf[feature];
            var featureHistogram = histogram.AsSpan(bins.Offsets[feature], bins.UpperBounds[feature].Length + 1);
            for (var i = 0; i < leafRows.Length; i++)
            {
                ref var sums = ref featureHistogram[binOf[leafRows[i]]];
                sums.Gradient += leafGradients[i];
                sums.Hessian += leafHessians[i];
                sums.Rows++;
            }
        }

        return histogram;
    }

    /// <summary>The sums of all rows of a leaf: those of all bins of any one feature.</summary>
    private BinSums Total(BinSums[] histogram)
    {
        var total = default(BinSums);
        foreach (var sums in histogram.AsSpan(0, bins.UpperBounds[0].Length + 1))
        {
            total += sums;
        }

        return total;
    }

    private SplitChoice FindSplit(BinSums[] histogram)
    {
        var total = Total(histogram);
        var best = default(SplitChoice);
        if (total.Rows < 2 * settings.MinRowsPerLeaf)
        {
            return best;
        }

        // Gains that rounding could have made are no gains.
        var least = total.Score(settings.L2) * (1 + 1e-12);
        for (var feature = 0; feature < bins.BinOf.Length; feature++)
        {
            var valueBins = bins.UpperBounds[feature].Length;
            var sums = histogram.AsSpan(bins.Offsets[feature], valueBins + 1);
            var missing = sums[valueBins];
            var left = default(BinSums);
            for (var bin = 0; bin < valueBins; bin++)
            {
                if (sums[bin].Rows == 0)
                {
                    continue;
                }

                left += sums[bin];
                Consider(new SplitChoice(0, feature, bin, MissingLeft: false), left, total, least, ref best);
                if (missing.Rows > 0)
                {
                    Consider(new SplitChoice(0, feature, bin, MissingLeft: true), left + missing, total, least, ref best);
                }
            }
        }

        return best;
    }

    private void Consider(SplitChoice candidate, BinSums left, BinSums total, double least, ref SplitChoice best)
    {
        var right = total - left;
        if (left.Rows < settings.MinRowsPerLeaf
            || right.Rows < settings.MinRowsPerLeaf
            || left.Hessian < MinHessian || right.Hessian < MinHessian)
        {
            return;
        }

        var gain = left.Score(settings.L2) + right.Score(settings.L2) - least;
        if (gain > best.Gain)
        {
            best = candidate with { Gain = gain };
        }
    }

    private (Leaf Left, Leaf Right) Split(Leaf leaf, Nodes nodes, double[] gradients, double[] hessians)
    {
        var split = leaf.Best;
        var missingBin = bins.UpperBounds[split.Feature].Length;
        var hasMissing = leaf.Histogram[bins.Offsets[split.Feature] + missingBin].Rows > 0;
        var leftCount = Partition(leaf, split, missingBin);
        var rightCount = leaf.Count - leftCount;

        // Where no training row lacked the value, rows that do later go with the majority.
        var missingLeft = hasMissing ? split.MissingLeft : leftCount >= rightCount;
        var (left, right) = nodes.Split(
            leaf.Node, split.Feature, bins.UpperBounds[split.Feature][split.Bin], missingLeft, leftCount, rightCount);

        var isLeftSmaller = leftCount <= rightCount;
        var smallerStart = isLeftSmaller ? leaf.Start : leaf.Start + leftCount;
        var smaller = FillHistogram(smallerStart, Math.Min(leftCount, rightCount), gradients, hessians);
        var larger = leaf.Histogram;
        for (var i = 0; i < larger.Length; i++)
        {
            larger[i] -= smaller[i];
        }

        var leftHistogram = isLeftSmaller ? smaller : larger;
        var rightHistogram = isLeftSmaller ? larger : smaller;
        return (
            new Leaf(left, leaf.Start, leftCount, leftHistogram, FindSplit(leftHistogram)),
            new Leaf(right, leaf.Start + leftCount, rightCount, rightHistogram, FindSplit(rightHistogram)));
    }

    /// <summary>Moves the rows of the left child before those of the right, keeping the order within each.</summary>
    private int Partition(Leaf leaf, SplitChoice split, int missingBin)
    {
        var binOf = bins.BinOf[split.Feature];
        var leafRows = rows.AsSpan(leaf.Start, leaf.Count);
        var leftCount = 0;
        var rightCount = 0;
        foreach (var row in leafRows)
        {
            var bin = binOf[row];
            if (bin == missingBin ? split.MissingLeft : bin <= split.Bin)
            {
                leafRows[leftCount++] = row;
            }
            else
            {
                movedRows[rightCount++] = row;
            }
        }

        movedRows.AsSpan(0, rightCount).CopyTo(leafRows[leftCount..]);
        return leftCount;
    }

    private readonly record struct SplitChoice(double Gain, int Feature, int Bin, bool MissingLeft);

    private sealed record Leaf(int Node, int Start, int Count, BinSums[] Histogram, SplitChoice Best);

    private sealed class Nodes
    {
        private readonly List<int> feature = [];
        private readonly List<double> threshold = [];
        private readonly List<bool> missingLeft = [];
        private readonly List<int> left = [];
        private readonly List<int> right = [];
        private readonly List<int> cover = [];

        public List<double> Value { get; } = [];

        public int Add(int rowCount)
        {
            feature.Add(-1);
            threshold.Add(0);
            missingLeft.Add(false);
            left.Add(0);
            right.Add(0);
            Value.Add(0);
            cover.Add(rowCount);
            return feature.Count - 1;
        }

        public (int Left, int Right) Split(int node, int splitFeature, double splitThreshold, bool splitMissingLeft, int leftRows, int rightRows)
        {
            feature[node] = splitFeature;
            threshold[node] = splitThreshold;
            missingLeft[node] = splitMissingLeft;
            left[node] = Add(leftRows);
            right[node] = Add(rightRows);
            return (left[node], right[node]);
        }

        public Tree ToTree() => new([.. feature], [.. threshold], [.. missingLeft], [.. left], [.. right], [.. Value], [.. cover]);
    }
}
