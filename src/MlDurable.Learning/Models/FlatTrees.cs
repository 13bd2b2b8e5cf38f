using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>
/// Trees laid out for scoring. The right child of a node lies behind the left one, and a leaf leads to itself; so several rows walk through a tree
/// side by side, or a row through several trees, for as many steps as they are deep, and no step has to be guessed. The scores are those of
/// <see cref="Tree.AddTo"/>, to the last bit. Immutable.
/// </summary>
internal sealed class FlatTrees
{
    private const int BlockRows = 512;
    private const int RowsSideBySide = 8;
    private const int TreesSideBySide = 8;

    /// <summary>So many trees are walked in the order of their depth; a multiple of those side by side.</summary>
    private const int BlockTrees = 64;

    private readonly double start;
    private readonly Node[] nodes;
    private readonly double[] values;
    private readonly (int Root, int Depth)[] trees;

    // Block by block, within each by depth; whatever fills up the last group adds to a place that nobody reads.
    private readonly (int Root, int Depth, int Place)[] byDepth;

    public FlatTrees(TreeScorer scorer)
    {
        start = scorer.Start;
        trees = new (int, int)[scorer.Trees.Length];
        var size = scorer.Trees.Sum(tree => tree.Feature.Length);
        var (flatNodes, flatValues) = (new List<Node>(size), new List<double>(size));
        for (var tree = 0; tree < trees.Length; tree++)
        {
            trees[tree] = (flatNodes.Count, Add(scorer.Trees[tree], flatNodes, flatValues));
        }

        nodes = [.. flatNodes];
        values = [.. flatValues];
        byDepth =
        [
            .. trees.Chunk(BlockTrees).SelectMany(block => block
                .Select((tree, place) => (tree.Root, tree.Depth, Place: place))
                .Concat(Enumerable.Repeat((block[0].Root, Depth: 0, Place: BlockTrees), -block.Length & (TreesSideBySide - 1)))
                .OrderBy(tree => tree.Depth)),
        ];
    }

    /// <summary>The score of each row.</summary>
    public double[] Scores(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Parallel.For(0, (scores.Length + BlockRows - 1) / BlockRows, block =>
        {
            var first = block * BlockRows;
            Score(features, first, scores.AsSpan(first, Math.Min(BlockRows, scores.Length - first)));
        });
        return scores;
    }

    /// <summary>The score of one row, the same to the last bit.</summary>
    /// <param name="dense">Its dense features.</param>
    public double Score(ReadOnlySpan<double> dense)
    {
        ref var row = ref MemoryMarshal.GetReference(dense);
        Span<double> found = stackalloc double[BlockTrees + 1];
        var score = start;
        var group = 0;
        for (var first = 0; first < trees.Length; first += BlockTrees)
        {
            var count = Math.Min(BlockTrees, trees.Length - first);
            for (var left = count; left > 0; left -= TreesSideBySide, group += TreesSideBySide)
            {
                Walk(byDepth.AsSpan(group, TreesSideBySide), ref row, found);
            }

            foreach (var value in found[..count])
            {
                score += value;
            }
        }

        return score;
    }

    private void Walk(ReadOnlySpan<(int Root, int Depth, int Place)> group, ref double row, Span<double> found)
    {
        var (a, b, c, d) = (group[0].Root, group[1].Root, group[2].Root, group[3].Root);
        var (e, f, g, h) = (group[4].Root, group[5].Root, group[6].Root, group[7].Root);
        for (var step = 0; step < group[^1].Depth; step++)
        {
            a = Next(a, ref row);
            b = Next(b, ref row);
            c = Next(c, ref row);
            d = Next(d, ref row);
            e = Next(e, ref row);
            f = Next(f, ref row);
            g = Next(g, ref row);
            h = Next(h, ref row);
        }

        found[group[0].Place] = values[a];
        found[group[1].Place] = values[b];
        found[group[2].Place] = values[c];
        found[group[3].Place] = values[d];
        found[group[4].Place] = values[e];
        found[group[5].Place] = values[f];
        found[group[6].Place] = values[g];
        found[group[7].Place] = values[h];
    }

    // Level by level, so that both children of a node are added at once.
    private static int Add(Tree tree, List<Node> nodes, List<double> values)
    {
        var queue = new Queue<(int Node, int Place, int Depth)>([(0, nodes.Count, 0)]);
        nodes.Add(default);
        values.Add(0);
        var deepest = 0;
        while (queue.TryDequeue(out var next))
        {
            var (node, place, depth) = next;
            deepest = Math.Max(deepest, depth);
            values[place] = tree.Value[node];
            if (tree.Feature[node] < 0)
            {
                nodes[place] = new Node(double.PositiveInfinity, 0, place, MissingRight: 0);
                continue;
            }

            var left = nodes.Count;
            nodes[place] = new Node(tree.Threshold[node], tree.Feature[node], left, tree.MissingLeft[node] ? 0 : 1);
            CollectionsMarshal.SetCount(nodes, left + 2);
            CollectionsMarshal.SetCount(values, left + 2);
            queue.Enqueue((tree.Left[node], left, depth + 1));
            queue.Enqueue((tree.Right[node], left + 1, depth + 1));
        }

        return deepest;
    }

    private void Score(FeatureMatrix features, int first, Span<double> scores)
    {
        // The cells of a row together; rows that fill up the last group are 0.
        var width = Math.Max(features.Dense.Length, 1);
        var groups = (scores.Length + RowsSideBySide - 1) / RowsSideBySide;
        var cells = new double[groups * RowsSideBySide * width];
        for (var feature = 0; feature < features.Dense.Length; feature++)
        {
            var column = features.Dense[feature].AsSpan(first, scores.Length);
            for (var row = 0; row < column.Length; row++)
            {
                cells[(row * width) + feature] = column[row];
            }
        }

        Span<double> sums = stackalloc double[RowsSideBySide];
        for (var group = 0; group < groups; group++)
        {
            sums.Fill(start);
            ref var rows = ref cells[group * RowsSideBySide * width];
            foreach (var (root, depth) in trees)
            {
                // Eight variables instead of an array, which would be written and read in every step.
                var (a, b, c, d, e, f, g, h) = (root, root, root, root, root, root, root, root);
                for (var step = 0; step < depth; step++)
                {
                    a = Next(a, ref rows);
                    b = Next(b, ref Unsafe.Add(ref rows, width));
                    c = Next(c, ref Unsafe.Add(ref rows, 2 * width));
                    d = Next(d, ref Unsafe.Add(ref rows, 3 * width));
                    e = Next(e, ref Unsafe.Add(ref rows, 4 * width));
                    f = Next(f, ref Unsafe.Add(ref rows, 5 * width));
                    g = Next(g, ref Unsafe.Add(ref rows, 6 * width));
                    h = Next(h, ref Unsafe.Add(ref rows, 7 * width));
                }

                sums[0] += values[a];
                sums[1] += values[b];
                sums[2] += values[c];
                sums[3] += values[d];
                sums[4] += values[e];
                sums[5] += values[f];
                sums[6] += values[g];
                sums[7] += values[h];
            }

            var last = Math.Min(RowsSideBySide, scores.Length - (group * RowsSideBySide));
            sums[..last].CopyTo(scores[(group * RowsSideBySide)..]);
        }
    }

    // Bounds are not checked: the nodes were laid out here, and a sound tree asks for no feature that its rows lack.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Next(int at, ref double row)
    {
        ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), at);
        var value = Unsafe.Add(ref row, node.Feature);
        return node.Left + ((value > node.Threshold ? 1 : 0) | (double.IsNaN(value) ? node.MissingRight : 0));
    }

    /// <summary>A node: where a value above the threshold goes right, and none where <paramref name="MissingRight"/> says so.</summary>
    private readonly record struct Node(double Threshold, int Feature, int Left, int MissingRight);
}
