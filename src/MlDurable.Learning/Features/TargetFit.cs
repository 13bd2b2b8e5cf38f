using System.Collections.Immutable;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>Learns the <see cref="TargetEncoding"/> of columns, and keeps the numbers that the training rows themselves are learned from by.</summary>
internal sealed class TargetFit
{
    private const int Folds = 5;

    private readonly double[] labels;
    private readonly int[] foldOf;

    /// <param name="labels">1 or 0 for each training row; at least two rows.</param>
    /// <param name="seed">Decides the fold of each row.</param>
    public TargetFit(double[] labels, ulong seed)
    {
        this.labels = labels;
        foldOf = Deal(labels, seed);
    }

    /// <summary>For each column and training row the feature that the rows of the other folds give it.</summary>
    public Dictionary<string, double[]> CrossFitted { get; } = new(StringComparer.Ordinal);

    /// <summary>Positive and negative rows are dealt out one after the other, so that the folds' shares are as equal as can be.</summary>
    public static int[] Deal(double[] labels, ulong seed)
    {
        var rows = Enumerable.Range(0, labels.Length).ToArray();
        new SplitMix64(seed).Shuffle<int>(rows);
        var folds = new int[rows.Length];
        var dealt = 0;
        foreach (var row in rows.OrderByDescending(row => labels[row]))
        {
            folds[row] = dealt++ % Folds;
        }

        return folds;
    }

    public FittedTarget Fit(CategoryColumn column, TargetEncoding encoding, FeatureRecipe recipe)
    {
        // The missing cells are one category more.
        var missing = column.Categories.Count;
        var all = new Counts(missing + 1);
        var folds = Enumerable.Range(0, Folds).Select(_ => new Counts(missing + 1)).ToArray();
        for (var row = 0; row < labels.Length; row++)
        {
            all.Add(CategoryOf(row), labels[row]);
            folds[foldOf[row]].Add(CategoryOf(row), labels[row]);
        }

        var shares = all.Shares(encoding.Smooth, all.Share);
        var crossed = Array.ConvertAll(folds, fold => all.Without(fold).Shares(encoding.Smooth, all.Share));
        var levels = Enumerable.Range(0, missing).Where(category => all.Rows[category] > 0).OrderBy(category => column.Categories[category], StringComparer.Ordinal).ToArray();

        // Scaled as the numbers of new rows are: of an identifier nearly all crossed shares are the same, and their deviation would blow up the others.
        var number = FittedNumber.Fit(new NumberColumn(column.Name, [.. Rows().Select(row => shares[CategoryOf(row)])]), recipe) with { Fill = null };
        CrossFitted.Add(column.Name, [.. Rows().Select(row => number.Apply(crossed[foldOf[row]][CategoryOf(row)]))]);
        return new FittedTarget(
            number, [.. levels.Select(level => column.Categories[level])], [.. levels.Select(level => shares[level])], all.Share, shares[missing]);

        int CategoryOf(int row) => column.Codes[row] == CategoryColumn.MissingCode ? missing : column.Codes[row];
    }

    private IEnumerable<int> Rows() => Enumerable.Range(0, labels.Length);

    /// <summary>The rows and positive rows of each category.</summary>
    private sealed class Counts(int categories)
    {
        private readonly int[] positives = new int[categories];

        public int[] Rows { get; } = new int[categories];

        /// <summary>The share of positive rows of all categories together.</summary>
        public double Share => (double)positives.Sum() / Rows.Sum();

        public void Add(int category, double label)
        {
            Rows[category]++;
            positives[category] += (int)label;
        }

        public Counts Without(Counts others)
        {
            var rest = new Counts(Rows.Length);
            for (var category = 0; category < Rows.Length; category++)
            {
                rest.Rows[category] = Rows[category] - others.Rows[category];
                rest.positives[category] = positives[category] - others.positives[category];
            }

            return rest;
        }

        /// <summary>The share of each category, smoothed towards one that stands alone where there is no row.</summary>
        public double[] Shares(double smooth, double towards) =>
            [.. Rows.Select((rows, category) => rows == 0 ? towards : (positives[category] + (smooth * towards)) / (rows + smooth))];
    }
}
