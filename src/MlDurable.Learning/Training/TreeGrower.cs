using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Grows trees on binned rows, leaf by leaf: always the leaf whose split lowers the loss most. Split gain and leaf values are those of Chen
/// and Guestrin, "XGBoost", 2016; histograms of gradients, the histogram of a sibling by subtraction and leaf-wise growth those of Ke and
/// others, "LightGBM", 2017. Splits are chosen by <see cref="Quanta"/>. Not safe for concurrent use: one instance serves one fit.
/// </summary>
/// <remarks>
/// Histograms are of whole numbers, and each leaf's value is a sum over its rows in their order: a tree is the same, to the last bit, on any number of
/// processors and with any vectors.
/// </remarks>
internal sealed class TreeGrower
{
    /// <summary>Gives the value of a leaf from its rows, in ascending order, and the scores of all rows before the tree.</summary>
    public delegate double LeafValue(ReadOnlySpan<int> rows, double[] scores);

    /// <summary>A leaf with less curvature than this is too certain for its value to mean anything.</summary>
    private const double MinHessian = 1e-3;

    /// <summary>Less work than this is not worth waking another thread for.</summary>
    private const int MinWorkForThreads = 1 << 15;

    private const int BlockRows = 1 << 14;
    private const int RowsAhead = 16;

    private readonly FeatureBins bins;
    private readonly byte[][] binsOfFeatures;
    private readonly double[][] upperBounds;
    private readonly int[] offsets;
    private readonly bool[] hasMissing;
    private readonly int totalBins;
    private readonly TreeSettings settings;
    private readonly SplitMix64 random;
    private readonly int featureCount;

    // The same once more, with the bins of a row together: most leaves have rows far from each other.
    private readonly byte[] binsOfRows;

    // The rows of the leaves, in one array or the other: those of its children go to the one that a leaf's are not in.
    private readonly int[][] rows;
    private readonly int[] blockCounts;

    // How many rows are drawn for a tree, and how many of them it is grown from: they come first in the first array of rows; the others stay after them.
    private readonly int drawnRows;
    private int sampledRows;

    // The features that the tree may test, in ascending order, and then the others.
    private readonly int[] featureOrder;
    private readonly int sampledFeatures;

    // Gradient and hessian of a row, and the sums of a bin.
    private readonly long[] quantaOfRows;
    private readonly Stack<long[]> freeHistograms = new();
    private Quanta quanta;

    public TreeGrower(FeatureBins bins, TreeSettings settings, int rowCount)
    {
        this.bins = bins;
        this.settings = settings;
        random = new SplitMix64(settings.Seed);
        binsOfFeatures = bins.BinOf;
        upperBounds = bins.UpperBounds;
        offsets = bins.Offsets;
        totalBins = bins.TotalBins;
        featureCount = bins.BinOf.Length;
        binsOfRows = (long)rowCount * featureCount <= Array.MaxLength
            ? new byte[(long)rowCount * featureCount]
            : throw new LearningException(
                "too-many-cells",
                $"{rowCount:N0} rows of {featureCount:N0} features are more than gradient boosting takes: {Array.MaxLength:N0} cells. Use a shorter window, or leave columns out.");
        rows = [new int[rowCount], new int[rowCount]];
        drawnRows = Sample.Count(settings.RowShare, rowCount);
        featureOrder = [.. Enumerable.Range(0, featureCount)];
        sampledFeatures = Sample.Count(settings.FeatureShare, featureCount);
        blockCounts = new int[BlocksOf(rowCount)];
        quantaOfRows = new long[rowCount];
        InBlocks(rowCount, (_, start, end) =>
        {
            for (var feature = 0; feature < featureCount; feature++)
            {
                var column = bins.BinOf[feature];
                for (var row = start; row < end; row++)
                {
                    binsOfRows[((long)row * featureCount) + feature] = column[row];
                }
            }
        });
        hasMissing = new bool[featureCount];
        Parallel.For(0, featureCount, feature => hasMissing[feature] = bins.BinOf[feature].AsSpan().Contains((byte)upperBounds[feature].Length));
    }

    private ReadOnlySpan<int> Features => featureOrder.AsSpan(0, sampledFeatures);

    /// <summary>Grows one tree and adds its values to the scores of the training rows, whether it was grown from them or not.</summary>
    /// <param name="gradients">Of each row; those of rows that count for others are multiplied here.</param>
    /// <param name="hessians">Likewise.</param>
    /// <param name="scores">What the tree's values are added to.</param>
    /// <param name="leafValue">What gives the value of a leaf from its rows and the scores before; null where derivatives do.</param>
    public Tree Grow(double[] gradients, double[] hessians, double[] scores, LeafValue? leafValue = null)
    {
        var rowCount = quantaOfRows.Length;
        InBlocks(rowCount, (_, start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                rows[0][row] = row;
            }
        });
        if (drawnRows < rowCount)
        {
            Sample.Draw(random, rows[0], drawnRows);
        }

        sampledRows = settings.GossTop < 1 ? SampleByGradient(gradients, hessians) : drawnRows;
        quanta = Quanta.For(gradients, hessians, random.Next());
        InBlocks(rowCount, (_, start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                quantaOfRows[row] = quanta.Of(row, gradients[row], hessians[row]);
            }
        });
        if (sampledFeatures < featureCount)
        {
            Sample.Draw(random, featureOrder, sampledFeatures);
        }

        var nodes = new TreeNodes(bins);
        var histogram = NewHistogram();
        InParts(sampledRows, (from, to) => Fill(histogram, rows[0].AsSpan(0, sampledRows), from, to));
        var root = new Leaf(nodes.Add(sampledRows), Array: 0, Start: 0, sampledRows, histogram, default);
        var leaves = new List<Leaf> { root with { Best = FindSplit(root) } };
        while (leaves.Count < settings.MaxLeaves)
        {
            var index = BestLeaf(leaves);
            if (leaves[index].Best.Gain <= 0 || leaves[index].Best.Gain < settings.MinGain)
            {
                break;
            }

            var (left, right) = Split(leaves[index], nodes, mayGoOn: leaves.Count + 1 < settings.MaxLeaves);
            leaves[index] = left;
            leaves.Add(right);
        }

        // Quanta choose the splits; what a leaf adds is worth the sums themselves, leaf by leaf the same on any number of processors.
        var values = new double[leaves.Count];
        Parallel.For(0, leaves.Count, i =>
        {
            values[i] = (leafValue is null ? NewtonStep(leaves[i], gradients, hessians) : leafValue(RowsOf(leaves[i]), scores)) * settings.LearningRate;
            foreach (var row in RowsOf(leaves[i]))
            {
                scores[row] += values[i];
            }
        });
        for (var i = 0; i < leaves.Count; i++)
        {
            nodes.SetValue(leaves[i].Node, values[i]);
            freeHistograms.Push(leaves[i].Histogram);
        }

        InBlocks(rowCount - sampledRows, (_, start, end) => nodes.Pass(rows[0].AsSpan(sampledRows + start, end - start), scores));
        return nodes.ToTree();
    }

    private double NewtonStep(Leaf leaf, double[] gradients, double[] hessians)
    {
        var (gradient, hessian) = (0.0, 0.0);
        foreach (var row in RowsOf(leaf))
        {
            gradient += gradients[row];
            hessian += hessians[row];
        }

        return -Shrunk(gradient) / (Math.Max(hessian, MinHessian) + settings.L2);
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

    private static int BlocksOf(int count) => (count + BlockRows - 1) / BlockRows;

    /// <summary>Carries something out for blocks of rows, which depend on nothing but their number.</summary>
    private static void InBlocks(int count, Action<int, int, int> work)
    {
        var blocks = BlocksOf(count);
        if (blocks <= 2)
        {
            for (var block = 0; block < blocks; block++)
            {
                Run(block);
            }
        }
        else
        {
            Parallel.For(0, blocks, Run);
        }

        void Run(int block) => work(block, block * BlockRows, Math.Min(count, (block + 1) * BlockRows));
    }

    /// <summary>
    /// Gradient-based one-side sampling (Ke and others, "LightGBM", 2017, algorithm 2): of the rows that were drawn, those with the greatest gradients
    /// stay, and of the others some are drawn, which count for as many more that their sums are right on average.
    /// </summary>
    /// <returns>How many rows there are now.</returns>
    private int SampleByGradient(double[] gradients, double[] hessians)
    {
        var drawn = rows[0].AsSpan(0, drawnRows);
        var top = Sample.Count(settings.GossTop, drawn.Length);
        var others = drawn.Length - top;
        var kept = Math.Min(Sample.Count(settings.GossOther, drawn.Length), others);
        if (kept == others)
        {
            return drawn.Length;
        }

        var sizes = new double[drawn.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = Math.Abs(gradients[drawn[i]]);
        }

        var least = Selection.Greatest(sizes, top);
        var ties = top;
        foreach (var size in sizes)
        {
            ties -= size > least ? 1 : 0;
        }

        // Of equally great gradients those of the first rows stay.
        var weight = (double)others / kept;
        var (inside, outside, left, leftOthers) = (0, 0, kept, others);
        foreach (var row in drawn)
        {
            var size = Math.Abs(gradients[row]);
            var isTop = size > least || (size == least && ties-- > 0);
            if (!isTop && random.NextInt(leftOthers--) >= left)
            {
                rows[1][outside++] = row;
                continue;
            }

            if (!isTop)
            {
                left--;
                gradients[row] *= weight;
                hessians[row] *= weight;
            }

            rows[0][inside++] = row;
        }

        rows[1].AsSpan(0, outside).CopyTo(rows[0].AsSpan(inside));
        return inside;
    }

    /// <summary>Carries something out for ranges of the features that the tree may test, as many as there are processors when there is enough to do.</summary>
    private void InParts(int rowCount, Action<int, int> work)
    {
        var parts = (long)rowCount * sampledFeatures < MinWorkForThreads ? 1 : Math.Min(Environment.ProcessorCount, sampledFeatures);
        if (parts <= 1)
        {
            work(0, sampledFeatures);
        }
        else
        {
            Parallel.For(0, parts, part => work(part * sampledFeatures / parts, (part + 1) * sampledFeatures / parts));
        }
    }

    private ReadOnlySpan<int> RowsOf(Leaf leaf) => rows[leaf.Array].AsSpan(leaf.Start, leaf.Count);

    private long[] NewHistogram() => freeHistograms.TryPop(out var free) ? free : new long[totalBins];

    private Span<long> OfFeature(long[] histogram, int feature) => OfFeatures(histogram, feature, feature + 1);

    private Span<long> OfFeatures(long[] histogram, int from, int to) =>
        histogram.AsSpan(offsets[from]..(to < featureCount ? offsets[to] : totalBins));

    private void Fill(long[] histogram, ReadOnlySpan<int> leafRows, int from, int to)
    {
        if (sampledFeatures == featureCount)
        {
            FillAll(histogram, leafRows, from, to);
            return;
        }

        foreach (var feature in Features[from..to])
        {
            var cells = OfFeature(histogram, feature);
            cells.Clear();
            var binOf = binsOfFeatures[feature];
            foreach (var row in leafRows)
            {
                cells[binOf[row]] += quantaOfRows[row];
            }
        }
    }

    // References instead of indices: bounds are checked nowhere else as often as here. A bin is less than the number of bins of its feature.
    private void FillAll(long[] histogram, ReadOnlySpan<int> leafRows, int from, int to)
    {
        OfFeatures(histogram, from, to).Clear();
        ref var cells = ref MemoryMarshal.GetArrayDataReference(histogram);
        ref var firstOffset = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(offsets), from);
        ref var allBins = ref MemoryMarshal.GetArrayDataReference(binsOfRows);
        var features = to - from;
        var width = (nint)featureCount;
        for (var i = 0; i < leafRows.Length; i++)
        {
            if (i + RowsAhead < leafRows.Length)
            {
                var ahead = leafRows[i + RowsAhead];
                Prefetch(ref Unsafe.Add(ref allBins, (ahead * width) + from));
                Prefetch(ref Unsafe.Add(ref allBins, (ahead * width) + to - 1));
                Prefetch(ref Unsafe.As<long, byte>(ref quantaOfRows[ahead]));
            }

            var row = leafRows[i];
            var pair = quantaOfRows[row];
            ref var binOf = ref Unsafe.Add(ref allBins, (row * width) + from);
            var feature = 0;
            for (; feature <= features - 4; feature += 4)
            {
                Unsafe.Add(ref cells, (nint)(uint)(Unsafe.Add(ref firstOffset, feature) + Unsafe.Add(ref binOf, feature))) += pair;
                Unsafe.Add(ref cells, (nint)(uint)(Unsafe.Add(ref firstOffset, feature + 1) + Unsafe.Add(ref binOf, feature + 1))) += pair;
                Unsafe.Add(ref cells, (nint)(uint)(Unsafe.Add(ref firstOffset, feature + 2) + Unsafe.Add(ref binOf, feature + 2))) += pair;
                Unsafe.Add(ref cells, (nint)(uint)(Unsafe.Add(ref firstOffset, feature + 3) + Unsafe.Add(ref binOf, feature + 3))) += pair;
            }

            for (; feature < features; feature++)
            {
                Unsafe.Add(ref cells, (nint)(uint)(Unsafe.Add(ref firstOffset, feature) + Unsafe.Add(ref binOf, feature))) += pair;
            }
        }
    }

    /// <summary>Lets the processor fetch what is needed soon: rows of a leaf lie anywhere, and it cannot guess where.</summary>
    private static unsafe void Prefetch(ref byte place)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }

    /// <summary>The sums of all rows of a leaf: those of all bins of any one feature that was filled.</summary>
    private long Total(long[] histogram)
    {
        var total = 0L;
        foreach (var sums in OfFeature(histogram, featureOrder[0]))
        {
            total += sums;
        }

        return total;
    }

    private SplitChoice FindSplit(Leaf leaf)
    {
        if (leaf.Count < 2 * settings.MinRowsPerLeaf)
        {
            return default;
        }

        var total = Total(leaf.Histogram);
        var best = FindSplit(leaf, total, counts: null);
        return best.Gain <= 0 || HasEnoughRows(leaf, best, total) ? best : FindSplit(leaf, total, CountBins(leaf));
    }

    private SplitChoice FindSplit(Leaf leaf, long total, int[]? counts)
    {
        var bests = new SplitChoice[sampledFeatures];
        InParts(totalBins / featureCount * 16, (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                bests[i] = FindSplit(leaf, featureOrder[i], total, counts);
            }
        });
        var best = default(SplitChoice);
        foreach (var choice in bests)
        {
            best = choice.Gain > best.Gain ? choice : best;
        }

        return best;
    }

    private SplitChoice FindSplit(Leaf leaf, int feature, long total, int[]? counts)
    {
        var best = default(SplitChoice);

        // Gains that rounding could have made are no gains.
        var least = Score(total) * (1 + 1e-12);
        var valueBins = upperBounds[feature].Length;
        var sums = OfFeature(leaf.Histogram, feature);
        var missing = sums[valueBins];
        var left = 0L;
        var leftRows = 0;
        for (var bin = 0; bin < valueBins; bin++)
        {
            if (sums[bin] == 0)
            {
                continue;
            }

            left += sums[bin];
            leftRows += counts?[offsets[feature] + bin] ?? 0;
            Consider(new SplitChoice(0, feature, bin, MissingLeft: false), left, leftRows);
            if (hasMissing[feature])
            {
                Consider(new SplitChoice(0, feature, bin, MissingLeft: true), left + missing, leftRows + (counts?[offsets[feature] + valueBins] ?? 0));
            }
        }

        return best;

        void Consider(SplitChoice candidate, long leftSums, int rowsOfLeft)
        {
            var rightSums = total - leftSums;
            if (quanta.HessianOf(leftSums) < MinHessian || quanta.HessianOf(rightSums) < MinHessian
                || (counts is not null && (rowsOfLeft < settings.MinRowsPerLeaf || leaf.Count - rowsOfLeft < settings.MinRowsPerLeaf)))
            {
                return;
            }

            var gain = Score(leftSums) + Score(rightSums) - least;
            if (gain > best.Gain)
            {
                best = candidate with { Gain = gain };
            }
        }
    }

    /// <summary>How much the loss falls by the best value for some rows, times two.</summary>
    private double Score(long sums)
    {
        var gradient = Shrunk(quanta.GradientOf(sums));
        return gradient * gradient / (quanta.HessianOf(sums) + settings.L2);
    }

    /// <summary>A sum of gradients after the penalty on absolute leaf values: nearer to 0 by its strength, and at 0 where it would pass it.</summary>
    private double Shrunk(double gradient) => Math.CopySign(Math.Max(Math.Abs(gradient) - settings.L1, 0), gradient);

    // Whether the best of all splits, of which no rows were counted, has enough rows on either side; then it is also the best of those that have.
    private bool HasEnoughRows(Leaf leaf, SplitChoice split, long total)
    {
        var leftSums = 0L;
        var cells = OfFeature(leaf.Histogram, split.Feature);
        foreach (var sums in cells[..(split.Bin + 1)])
        {
            leftSums += sums;
        }

        leftSums += split.MissingLeft ? cells[^1] : 0;

        // No row has more curvature than the most, so much curvature has many rows.
        var enough = settings.MinRowsPerLeaf * quanta.MostHessian;
        if (quanta.HessianOf(leftSums) >= enough && quanta.HessianOf(total - leftSums) >= enough)
        {
            return true;
        }

        var leftRows = CountLeft(RowsOf(leaf), split).Left;
        return leftRows >= settings.MinRowsPerLeaf && leaf.Count - leftRows >= settings.MinRowsPerLeaf;
    }

    private int[] CountBins(Leaf leaf)
    {
        var counts = new int[totalBins];
        foreach (var row in RowsOf(leaf))
        {
            foreach (var feature in Features)
            {
                counts[offsets[feature] + binsOfRows[((long)row * featureCount) + feature]]++;
            }
        }

        return counts;
    }

    private (int Left, int Missing) CountLeft(ReadOnlySpan<int> some, SplitChoice split)
    {
        var binOf = binsOfFeatures[split.Feature];
        var missingBin = upperBounds[split.Feature].Length;
        var (left, missing) = (0, 0);
        foreach (var row in some)
        {
            left += binOf[row] <= split.Bin ? 1 : 0;
            missing += binOf[row] == missingBin ? 1 : 0;
        }

        return (split.MissingLeft ? left + missing : left, missing);
    }

    private (Leaf Left, Leaf Right) Split(Leaf leaf, TreeNodes nodes, bool mayGoOn)
    {
        var split = leaf.Best;
        var (leftCount, missingCount) = Partition(leaf, split);
        var rightCount = leaf.Count - leftCount;

        // Where no training row lacked the value, rows that do later go with the majority.
        var missingLeft = missingCount > 0 ? split.MissingLeft : leftCount >= rightCount;
        var (left, right) = nodes.Split(leaf.Node, split.Feature, split.Bin, missingLeft, leftCount, rightCount);

        var isLeftSmaller = leftCount <= rightCount;
        var smallerStart = isLeftSmaller ? leaf.Start : leaf.Start + leftCount;
        var smallerCount = Math.Min(leftCount, rightCount);
        var (smaller, larger) = (NewHistogram(), leaf.Histogram);

        // Of what is not split again only the sums are needed.
        if (mayGoOn)
        {
            InParts(smallerCount, FillAndSubtract);
        }
        else
        {
            FillAndSubtract(0, 1);
        }

        var leftLeaf = new Leaf(left, 1 - leaf.Array, leaf.Start, leftCount, isLeftSmaller ? smaller : larger, default);
        var rightLeaf = new Leaf(right, 1 - leaf.Array, leaf.Start + leftCount, rightCount, isLeftSmaller ? larger : smaller, default);
        return mayGoOn ? (leftLeaf with { Best = FindSplit(leftLeaf) }, rightLeaf with { Best = FindSplit(rightLeaf) }) : (leftLeaf, rightLeaf);

        void FillAndSubtract(int from, int to)
        {
            Fill(smaller, rows[1 - leaf.Array].AsSpan(smallerStart, smallerCount), from, to);
            foreach (var feature in Features[from..to])
            {
                var smallerCells = OfFeature(smaller, feature);
                var largerCells = OfFeature(larger, feature);
                for (var i = 0; i < largerCells.Length; i++)
                {
                    largerCells[i] -= smallerCells[i];
                }
            }
        }
    }

    /// <summary>Moves the rows of the left child before those of the right, in the other array, keeping the order within each.</summary>
    /// <returns>How many rows go left, and how many have no value of the feature.</returns>
    private (int Left, int Missing) Partition(Leaf leaf, SplitChoice split)
    {
        var missing = 0;
        InBlocks(leaf.Count, (block, start, end) =>
        {
            (blockCounts[block], var missingOfBlock) = CountLeft(RowsOf(leaf).Slice(start, end - start), split);
            Interlocked.Add(ref missing, missingOfBlock);
        });
        var leftCount = 0;
        for (var block = 0; block < BlocksOf(leaf.Count); block++)
        {
            (blockCounts[block], leftCount) = (leftCount, leftCount + blockCounts[block]);
        }

        InBlocks(leaf.Count, (block, start, end) =>
        {
            var binOf = binsOfFeatures[split.Feature];
            var missingBin = split.MissingLeft ? upperBounds[split.Feature].Length : int.MaxValue;
            var left = blockCounts[block];
            var right = leftCount + start - left;
            var moved = rows[1 - leaf.Array].AsSpan(leaf.Start, leaf.Count);
            foreach (var row in RowsOf(leaf).Slice(start, end - start))
            {
                // Without a branch, which would be guessed wrong every other time.
                var isLeft = (binOf[row] <= split.Bin ? 1 : 0) | (binOf[row] == missingBin ? 1 : 0);
                moved[isLeft == 1 ? left : right] = row;
                left += isLeft;
                right += 1 - isLeft;
            }
        });
        return (leftCount, missing);
    }

    private readonly record struct SplitChoice(double Gain, int Feature, int Bin, bool MissingLeft);

    private sealed record Leaf(int Node, int Array, int Start, int Count, long[] Histogram, SplitChoice Best);
}
