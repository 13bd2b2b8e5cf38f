using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Explaining;

/// <summary>
/// Looks for features that predict the label too well: consequences of what is predicted, recorded afterwards, that will not be known when
/// a prediction is needed. A warning asks a person to check where the column comes from; it proves nothing.
/// </summary>
/// <remarks>
/// <para>Each column is cut into groups of rows: one for each category, one for each value of a number (or bin of values, where there are
/// more than 255), one for missing cells. A column is reported once, for the first of these that holds:</para>
/// <list type="number">
/// <item>Alone it has a ROC AUC of at least 0.95, where each row is scored by the positive rate of its group in the other four of five
/// parts of the rows (shrunk to the overall rate by ten rows). Hardly a single honest measurement separates that well; an identifier, which
/// repeats in no other part, scores 0.5.</item>
/// <item>One group has at least 90 % of the rows, and the odds of a positive label among the others are at least 5 times as high or low:
/// the mark of a column that is empty or zero until the outcome is known. Honest columns of that shape exist (a rare option, say), which is
/// why this is a question to a person and not a refusal.</item>
/// <item>The odds in one group, of at least 5 % of the rows with the label that it points to, are at least 20 times as high or low as in
/// the rest. The strongest honest risk factors seldom reach that; smoking multiplies the odds of lung cancer by 10 to 20.</item>
/// </list>
/// <para>Odds ratios are taken at the end of their 99 % interval that is nearer to 1 (Woolf's interval with a half added to each count),
/// and only for groups of at least 20 rows, so that chance raises no alarm. With fewer than 20 positive or 20 negative rows nothing can be
/// said, and nothing is reported.</para>
/// </remarks>
public static class LeakDetector
{
    private const double MinAuc = 0.95;
    private const double DefaultValueShare = 0.9;
    private const double MinOddsRatioOfDepartures = 5;
    private const double MinOddsRatioOfGroup = 20;
    private const double MinShareOfLabel = 0.05;
    private const int MinRows = 20;
    private const int Parts = 5;
    private const double ShrinkingRows = 10;

    /// <summary>The two-sided 99 % quantile of the normal distribution.</summary>
    private const double Z99 = 2.5758293035489004;

    /// <summary>Looks at each feature column. Of several classes each is told from the others; of numbers those above the median from the others.</summary>
    /// <param name="features">The feature columns; columns of times and those whose names begin with @ are passed over.</param>
    /// <param name="labels">The label of each row.</param>
    /// <param name="target">What the labels are.</param>
    /// <returns>The suspicious columns, in the order of the table, each once.</returns>
    /// <exception cref="LearningException"><c>invalid-labels</c>: there are not as many labels as rows.</exception>
    public static ImmutableArray<LeakWarning> Find(Table features, double[] labels, Target target)
    {
        switch (target.Task)
        {
            case LearningTask.Multiclass:
                var found = target.Classes
                    .SelectMany((name, place) => Find(features, Array.ConvertAll(labels, label => label == place ? 1.0 : 0))
                        .Select(warning => warning with { Why = $"of the class '{name}' as the positive one: {warning.Why}" }))
                    .ToLookup(warning => warning.Column, StringComparer.Ordinal);
                return [.. features.Columns.SelectMany(column => found[column.Name].Take(1))];
            case LearningTask.Regression when labels.Length > 0:
                var median = Quantiles.Linear([.. labels.Order()], 0.5);
                return
                [
                    .. Find(features, Array.ConvertAll(labels, label => label > median ? 1.0 : 0))
                        .Select(warning => warning with { Why = $"of labels above the median as positive: {warning.Why}" }),
                ];
            default:
                return Find(features, labels);
        }
    }

    /// <summary>Looks at each feature column.</summary>
    /// <param name="features">The feature columns; columns of times and those whose names begin with @ are passed over.</param>
    /// <param name="labels">1 or 0 for each row.</param>
    /// <returns>The suspicious columns, in the order of the table.</returns>
    /// <exception cref="LearningException"><c>invalid-labels</c>: there are not as many labels as rows.</exception>
    public static ImmutableArray<LeakWarning> Find(Table features, double[] labels)
    {
        if (labels.Length != features.RowCount)
        {
            throw new LearningException("invalid-labels", $"There are {labels.Length} labels for {features.RowCount} rows.");
        }

        var positives = labels.Count(label => label == 1);
        if (positives < MinRows || labels.Length - positives < MinRows)
        {
            return [];
        }

        var partOf = Enumerable.Range(0, labels.Length).Select(row => row % Parts).ToArray();
        new SplitMix64(0).Shuffle<int>(partOf);
        return
        [
            .. features.Columns
                .Where(column => column.Kind != ColumnKind.Time && !column.Name.StartsWith('@'))
                .Select(column => Check(column, labels, partOf))
                .OfType<LeakWarning>(),
        ];
    }

    private static LeakWarning? Check(Column column, double[] labels, int[] partOf)
    {
        var groups = Groups.Of(column);
        var auc = OutOfPartAuc(groups, labels, partOf);
        if (auc >= MinAuc)
        {
            return new LeakWarning(column.Name, LeakKind.PredictsAlone, auc, $"alone it predicts the label with a ROC AUC of {Text(auc)}");
        }

        var total = default(Counts);
        var counts = new Counts[groups.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            var one = new Counts(labels[row] == 1 ? 1 : 0, labels[row] == 1 ? 0 : 1);
            counts[groups.Of(row)] += one;
            total += one;
        }

        return FilledInAfterwards(column, groups, counts, total) ?? SettlesLabel(column, groups, counts, total);
    }

    private static LeakWarning? FilledInAfterwards(Column column, Groups groups, Counts[] counts, Counts total)
    {
        var usual = Array.IndexOf(counts, counts.MaxBy(group => group.Rows));
        var departures = total - counts[usual];
        var strength = departures.OddsRatioBeyond(counts[usual]);
        return counts[usual].Rows >= DefaultValueShare * total.Rows && departures.Rows >= MinRows && strength >= MinOddsRatioOfDepartures
            ? new LeakWarning(
                column.Name,
                LeakKind.FilledInAfterwards,
                strength,
                $"it is {groups.Name(usual)} in {Percent(counts[usual].Rows, total.Rows)} of the rows, but of the {departures.Rows} others "
                + $"{Percent(departures.Positive, departures.Rows)} are positive, against {Percent(total.Positive, total.Rows)} of all")
            : null;
    }

    private static LeakWarning? SettlesLabel(Column column, Groups groups, Counts[] counts, Counts total)
    {
        LeakWarning? strongest = null;
        for (var group = 0; group < counts.Length; group++)
        {
            var rest = total - counts[group];
            var isHigh = counts[group].Positive * (double)rest.Negative > counts[group].Negative * (double)rest.Positive;
            var share = isHigh ? (double)counts[group].Positive / total.Positive : (double)counts[group].Negative / total.Negative;
            var strength = counts[group].OddsRatioBeyond(rest);
            if (counts[group].Rows >= MinRows
                && share >= MinShareOfLabel
                && strength >= MinOddsRatioOfGroup && strength > (strongest?.Strength ?? 0))
            {
                strongest = new LeakWarning(
                    column.Name,
                    LeakKind.SettlesLabel,
                    strength,
                    $"of the {counts[group].Rows} rows where it is {groups.Name(group)} {Percent(counts[group].Positive, counts[group].Rows)} are positive, "
                    + $"against {Percent(rest.Positive, rest.Rows)} of the others");
            }
        }

        return strongest;
    }

    private static double OutOfPartAuc(Groups groups, double[] labels, int[] partOf)
    {
        var rate = labels.Average();
        var inside = new (double Positive, double Rows)[Parts, groups.Count];
        var all = new (double Positive, double Rows)[groups.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            var group = groups.Of(row);
            inside[partOf[row], group].Positive += labels[row];
            inside[partOf[row], group].Rows++;
            all[group].Positive += labels[row];
            all[group].Rows++;
        }

        var scores = new double[labels.Length];
        for (var row = 0; row < labels.Length; row++)
        {
            var group = groups.Of(row);
            var (positive, rows) = inside[partOf[row], group];
            scores[row] = (all[group].Positive - positive + (ShrinkingRows * rate)) / (all[group].Rows - rows + ShrinkingRows);
        }

        return Auc(labels, scores);
    }

    /// <summary>The share of pairs of a positive and a negative row in which the positive one scores higher, ties counting half.</summary>
    private static double Auc(double[] labels, double[] scores)
    {
        var sortedScores = (double[])scores.Clone();
        var sortedLabels = (double[])labels.Clone();
        Array.Sort(sortedScores, sortedLabels);
        double won = 0, negativesBelow = 0;
        for (var start = 0; start < sortedScores.Length;)
        {
            double positives = 0, negatives = 0;
            var at = start;
            for (; at < sortedScores.Length && sortedScores[at] == sortedScores[start]; at++)
            {
                positives += sortedLabels[at];
                negatives += 1 - sortedLabels[at];
            }

            won += positives * (negativesBelow + (negatives / 2));
            negativesBelow += negatives;
            start = at;
        }

        return won / (negativesBelow * (labels.Length - negativesBelow));
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Percent(int part, int whole) => (100.0 * part / whole).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Counts(int Positive, int Negative)
    {
        public int Rows => Positive + Negative;

        public static Counts operator +(Counts a, Counts b) => new(a.Positive + b.Positive, a.Negative + b.Negative);

        public static Counts operator -(Counts a, Counts b) => new(a.Positive - b.Positive, a.Negative - b.Negative);

        /// <summary>How many times higher or lower the odds are here than there, at least (99 %); below 1 when they may be equal.</summary>
        public double OddsRatioBeyond(Counts other)
        {
            double a = Positive + 0.5, b = Negative + 0.5, c = other.Positive + 0.5, d = other.Negative + 0.5;
            var logRatio = Math.Log(a * d / (b * c));
            return Math.Exp(Math.Abs(logRatio) - (Z99 * Math.Sqrt((1 / a) + (1 / b) + (1 / c) + (1 / d))));
        }
    }

    /// <summary>The group of each row: its category, its bin of numbers, or missing.</summary>
    private sealed class Groups(Func<int, int> groupOf, Func<int, string> name, int count)
    {
        public int Count => count;

        public static Groups Of(Column column)
        {
            if (column is CategoryColumn categories)
            {
                var missing = categories.Categories.Count;
                return new Groups(
                    row => categories.Codes[row] == CategoryColumn.MissingCode ? missing : categories.Codes[row],
                    group => group == missing ? "missing" : $"'{categories.Categories[group]}'",
                    missing + 1);
            }

            var numbers = ((NumberColumn)column).Values.ToArray();
            var bins = FeatureBins.Of([numbers]);
            var bounds = bins.UpperBounds[0];
            return new Groups(row => bins.BinOf[0][row], group => NameOfBin(group, numbers, bins), bounds.Length + 1);
        }

        public int Of(int row) => groupOf(row);

        public string Name(int group) => name(group);

        private static string NameOfBin(int bin, double[] numbers, FeatureBins bins)
        {
            if (bin == bins.UpperBounds[0].Length)
            {
                return "missing";
            }

            var inside = numbers.Where((_, row) => bins.BinOf[0][row] == bin).ToArray();
            var low = inside.Min().ToString("G6", CultureInfo.InvariantCulture);
            var high = inside.Max().ToString("G6", CultureInfo.InvariantCulture);
            return low == high ? low : $"from {low} to {high}";
        }
    }
}
