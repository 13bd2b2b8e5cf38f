using MlDurable.Learning.Models;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// Grows the trees of a forest on binned rows, one at a time and each by itself: always the leaf is split whose split lowers Gini's impurity of all rows
/// most, by one of a few drawn features; a leaf's value is its share of positive rows, or of numbers their mean, whose variance is twice that impurity where
/// they are 0 and 1 (Breiman, "Random forests", 2001; Malley and others, "Probability
/// machines", 2012). Not safe for concurrent use: each thread has its own.
/// </summary>
/// <remarks>Sums of whole labels are not rounded; those of others are taken in the order of the rows. Everything that is drawn for a tree depends on its seed alone.</remarks>
internal sealed class ForestGrower
{
    private readonly FeatureBins bins;
    private readonly double[] labels;
    private readonly ForestSettings settings;
    private readonly int[] times;

    // The rows that the tree is grown from, those of a leaf together, and then the others.
    private readonly int[] rows;
    private readonly int[] rowsAside;
    private readonly Tally[] tallies;
    private readonly Tally[] cells = new Tally[FeatureBins.MaxValueBins + 1];
    private readonly int[] featureOrder;

    /// <param name="bins">The features of the rows.</param>
    /// <param name="labels">Their labels; best with a mean near 0 or 1.</param>
    /// <param name="settings">What limits a tree.</param>
    public ForestGrower(FeatureBins bins, double[] labels, ForestSettings settings)
    {
        this.bins = bins;
        this.labels = labels;
        this.settings = settings;
        times = new int[labels.Length];
        rows = new int[labels.Length];
        rowsAside = new int[labels.Length];
        tallies = new Tally[labels.Length];
        featureOrder = new int[bins.BinOf.Length];
    }

    /// <summary>Grows one tree.</summary>
    public Tree Grow(ulong seed)
    {
        var random = new SplitMix64(seed);
        var drawn = DrawRows(random);
        for (var feature = 0; feature < featureOrder.Length; feature++)
        {
            featureOrder[feature] = feature;
        }

        var total = default(Tally);
        foreach (var row in rows.AsSpan(0, drawn))
        {
            total += tallies[row];
        }

        var nodes = new TreeNodes(bins);
        var splits = new PriorityQueue<(Leaf Leaf, SplitChoice Choice), (double Loss, int Node)>();
        Offer(new Leaf(nodes.Add(drawn), 0, drawn, total));
        for (var leaves = 1; leaves < settings.MaxLeaves && splits.TryDequeue(out var split, out _); leaves++)
        {
            var (left, right) = Split(split.Leaf, split.Choice, nodes);
            Offer(left);
            Offer(right);
        }

        nodes.Pass(rows.AsSpan(drawn));
        return nodes.ToTree();

        void Offer(Leaf leaf)
        {
            nodes.SetValue(leaf.Node, leaf.Tally.Sum / leaf.Tally.Rows);
            var choice = FindSplit(leaf, random);
            if (choice.Gain > 0)
            {
                splits.Enqueue((leaf, choice), (-choice.Gain, leaf.Node));
            }
        }
    }

    private static double Score(Tally tally) => tally.Sum * tally.Sum / tally.Rows;

    /// <summary>Chooses the rows of a tree.</summary>
    /// <returns>How many different ones there are.</returns>
    private int DrawRows(SplitMix64 random)
    {
        if (settings.DrawsRows)
        {
            Array.Clear(times);
            for (var i = 0; i < times.Length; i++)
            {
                times[random.NextInt(times.Length)]++;
            }
        }
        else
        {
            Array.Fill(times, 1);
        }

        var drawn = times.Length - times.AsSpan().Count(0);
        var (inside, outside) = (0, drawn);
        for (var row = 0; row < times.Length; row++)
        {
            rows[times[row] > 0 ? inside++ : outside++] = row;
            tallies[row] = new Tally(times[row], labels[row] * times[row]);
        }

        return drawn;
    }

    private SplitChoice FindSplit(Leaf leaf, SplitMix64 random)
    {
        var best = default(SplitChoice);
        if (leaf.Tally.Rows < 2L * settings.MinRowsPerLeaf || IsPure(leaf))
        {
            return best;
        }

        // A feature with one value in the leaf does not count; and while none gives a split, the search goes on, as in scikit-learn.
        var tried = 0;
        for (var i = 0; i < featureOrder.Length && (tried < settings.FeaturesPerSplit || best.Gain <= 0); i++)
        {
            var j = i + random.NextInt(featureOrder.Length - i);
            (featureOrder[i], featureOrder[j]) = (featureOrder[j], featureOrder[i]);
            tried += Try(leaf, featureOrder[i], random, ref best) ? 1 : 0;
        }

        return best;
    }

    /// <summary>Whether all rows of a leaf have the same label.</summary>
    private bool IsPure(Leaf leaf)
    {
        var first = labels[rows[leaf.Start]];
        foreach (var row in RowsOf(leaf))
        {
            if (labels[row] != first)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Looks for a better split by a feature.</summary>
    /// <returns>Whether the feature tells any two rows of the leaf apart.</returns>
    private bool Try(Leaf leaf, int feature, SplitMix64 random, ref SplitChoice best)
    {
        var valueBins = bins.UpperBounds[feature].Length;
        cells.AsSpan(0, valueBins + 1).Clear();
        var binOf = bins.BinOf[feature];
        foreach (var row in RowsOf(leaf))
        {
            cells[binOf[row]] += tallies[row];
        }

        // After the last bin that is not empty a split parts the rows with a value from those without.
        var missing = cells[valueBins];
        var first = cells.AsSpan(0, valueBins).IndexOfAnyExcept(default(Tally));
        var last = cells.AsSpan(0, valueBins).LastIndexOfAnyExcept(default(Tally)) - (missing.Rows > 0 ? 0 : 1);
        if (first < 0 || last < first)
        {
            return false;
        }

        var left = default(Tally);
        var from = settings.DrawsBoundaries ? first + random.NextInt(last - first + 1) : first;
        var to = settings.DrawsBoundaries ? from : last;
        for (var bin = first; bin <= to; bin++)
        {
            left += cells[bin];
            if (bin >= from)
            {
                best = Better(best, new SplitChoice(0, feature, bin, missing.Rows > 0, MissingLeft: false, left), leaf.Tally);
                best = missing.Rows > 0 ? Better(best, new SplitChoice(0, feature, bin, HasMissing: true, MissingLeft: true, left + missing), leaf.Tally) : best;
            }
        }

        return true;
    }

    private SplitChoice Better(SplitChoice best, SplitChoice candidate, Tally total)
    {
        var right = total - candidate.Left;
        if (candidate.Left.Rows < settings.MinRowsPerLeaf || right.Rows < settings.MinRowsPerLeaf)
        {
            return best;
        }

        // Half of what the impurity of the rows, times their number, falls by. Gains that rounding could have made are no gains.
        var gain = Score(candidate.Left) + Score(right) - (Score(total) * (1 + 1e-12));
        return gain > best.Gain ? candidate with { Gain = gain } : best;
    }

    private (Leaf Left, Leaf Right) Split(Leaf leaf, SplitChoice split, TreeNodes nodes)
    {
        var binOf = bins.BinOf[split.Feature];
        var missingBin = split.MissingLeft ? bins.UpperBounds[split.Feature].Length : int.MaxValue;
        var (next, aside) = (leaf.Start, 0);
        foreach (var row in RowsOf(leaf))
        {
            if (binOf[row] <= split.Bin || binOf[row] == missingBin)
            {
                rows[next++] = row;
            }
            else
            {
                rowsAside[aside++] = row;
            }
        }

        rowsAside.AsSpan(0, aside).CopyTo(rows.AsSpan(next));

        // Where no row lacked the value, rows that do later go with the majority.
        var right = leaf.Tally - split.Left;
        var missingLeft = split.HasMissing ? split.MissingLeft : split.Left.Rows >= right.Rows;
        var (leftNode, rightNode) = nodes.Split(leaf.Node, split.Feature, split.Bin, missingLeft, next - leaf.Start, aside);
        return (new Leaf(leftNode, leaf.Start, next - leaf.Start, split.Left), new Leaf(rightNode, next, aside, right));
    }

    private Span<int> RowsOf(Leaf leaf) => rows.AsSpan(leaf.Start, leaf.Count);

    /// <summary>Rows, each as often as it was drawn, and the sum of their labels.</summary>
    private readonly record struct Tally(int Rows, double Sum)
    {
        public static Tally operator +(Tally a, Tally b) => new(a.Rows + b.Rows, a.Sum + b.Sum);

        public static Tally operator -(Tally a, Tally b) => new(a.Rows - b.Rows, a.Sum - b.Sum);
    }

    private readonly record struct SplitChoice(double Gain, int Feature, int Bin, bool HasMissing, bool MissingLeft, Tally Left);

    private readonly record struct Leaf(int Node, int Start, int Count, Tally Tally);
}
