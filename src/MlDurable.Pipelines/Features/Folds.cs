using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Features;

/// <summary>The rows of one fold, each list ascending.</summary>
/// <param name="Training">Its model is fitted on them.</param>
/// <param name="Validation">They stop it early, calibrate it and give it its threshold, as the validation part does for the model of a candidate.</param>
/// <param name="Test">It is tested on them.</param>
internal sealed record Fold(int[] Training, int[] Validation, int[] Test);

/// <summary>Divides the training and validation rows of a dataset into the folds of a cross-validation; the holdout takes no part.</summary>
internal static class Folds
{
    /// <summary>What tells the order of the folds from that of the parts, which depends on the seed too, and both from the order within a fold.</summary>
    private const ulong FoldSalt = 0x666F6C6473;

    private const ulong ValidationSalt = 0x696E6E6572;

    /// <summary>The folds in their order.</summary>
    /// <exception cref="PipelineException"><c>too-few-groups</c>, <c>no-time</c>, <c>empty-fold</c> or <c>fold-lacks-class</c>.</exception>
    public static ImmutableArray<Fold> Divide(Dataset dataset, CrossValidationDefinition definition)
    {
        var rows = dataset.Indexes(RowPart.Training, RowPart.Validation);
        var split = dataset.Lineage.Split;
        var validation = split.Validation / (1 - split.Holdout);
        var folds = definition.By == FoldsBy.Time
            ? ByTime(dataset.Rows, rows, definition, validation)
            : ByHash(dataset.Rows, rows, definition, split.Seed, validation);
        foreach (var (place, fold) in folds.Index())
        {
            Check(dataset.Rows, fold, $"fold {place + 1} of {definition}");
        }

        return folds;
    }

    private static ImmutableArray<Fold> ByHash(DatasetRows rows, int[] all, CrossValidationDefinition definition, ulong seed, double validation)
    {
        if (definition.By == FoldsBy.Group && all.DistinctBy(row => rows.Groups!.Codes[row]).Count() is var groups && groups < definition.Folds)
        {
            throw new PipelineException(
                "too-few-groups",
                $"the column '{definition.Column}' has {groups} values in the rows to cross-validate, too few for {definition.Folds} folds; use fewer folds");
        }

        var units = definition.By == FoldsBy.Random
            ? all.Select(row => (Fold: (int)(Split.Place(rows, row, seed ^ FoldSalt) * definition.Folds), Rows: new[] { row }))
            : Strata(rows, all, definition.By, seed ^ FoldSalt).SelectMany(
                stratum => stratum.Select((unit, rank) => (Fold: (int)((long)rank * definition.Folds / stratum.Count), Rows: unit)));
        var tested = units.ToLookup(unit => unit.Fold, unit => unit.Rows);
        return
        [
            .. Enumerable.Range(0, definition.Folds).Select(fold =>
            {
                int[] test = [.. tested[fold].SelectMany(unit => unit).Order()];
                int[] others = [.. all.Except(test)];
                var chosen = Strata(rows, others, definition.By, seed ^ ValidationSalt)
                    .SelectMany(stratum => stratum.TakeLast(ValidationUnits(stratum.Count, validation)))
                    .SelectMany(unit => unit)
                    .ToHashSet();
                return new Fold([.. others.Where(row => !chosen.Contains(row))], [.. others.Where(chosen.Contains)], test);
            }),
        ];
    }

    /// <summary>How many of some units validate: about their share, but at least one where that leaves one to fit on.</summary>
    private static int ValidationUnits(int units, double share) => Math.Clamp((int)Math.Round(units * share), Math.Min(1, units - 1), Math.Max(0, units - 1));

    /// <summary>The rows in strata, each in units that are never divided, in the order of their hash.</summary>
    private static IEnumerable<IReadOnlyList<int[]>> Strata(DatasetRows rows, int[] some, FoldsBy by, ulong seed)
    {
        return by == FoldsBy.Group
            ? [[.. some.GroupBy(row => rows.Groups!.Codes[row]).Select(group => group.ToArray()).OrderBy(group => PlaceOfGroup(group[0]))]]
            : Split.Strata(rows, some, by == FoldsBy.Stratified, seed).Select(stratum => Array.ConvertAll(stratum, row => new[] { row }));

        // Rows without a value are a group of their own.
        double PlaceOfGroup(int row) =>
            Split.Place(ContentHash.OfParts(rows.Groups!.Codes[row] is var code and >= 0 ? ["group", rows.Groups.Categories[code]] : ["no group"]), 0, seed);
    }

    /// <summary>
    /// The times are cut into one piece more than there are folds, of as many rows as equal instants allow. Each fold is tested on a piece, and fitted on all
    /// before it but for the gap. A row without a time counts as oldest, as in a split by time.
    /// </summary>
    private static ImmutableArray<Fold> ByTime(DatasetRows rows, int[] all, CrossValidationDefinition definition, double validation)
    {
        var times = rows.Times!;
        var sorted = Split.SortedTimes(all.Select(row => times[row]));
        if (sorted.Length == 0)
        {
            throw new PipelineException("no-time", "no row to cross-validate has a time in the pipeline's time column, so that folds cannot be made by time");
        }

        return
        [
            .. Enumerable.Range(1, definition.Folds).Select(piece =>
            {
                var (from, to) = (Start(piece), piece == definition.Folds ? long.MaxValue : Start(piece + 1));
                int[] before = [.. all.Where(row => times[row] == long.MinValue || (times[row] < from && from - times[row] >= definition.Gap.Ticks))];
                var timed = Split.SortedTimes(before.Select(row => times[row]));
                var stop = timed.Length == 0 ? long.MaxValue : timed[Split.Position(timed.Length, 1 - validation)];
                return new Fold(
                    [.. before.Where(row => times[row] < stop)],
                    [.. before.Where(row => times[row] >= stop)],
                    [.. all.Where(row => times[row] >= from && times[row] < to)]);
            }),
        ];

        long Start(int piece) => sorted[(int)((long)sorted.Length * piece / (definition.Folds + 1))];
    }

    private static void Check(DatasetRows rows, Fold fold, string name)
    {
        if (fold is { Training: [] } or { Test: [] })
        {
            throw new PipelineException(
                "empty-fold",
                $"{name} has {fold.Training.Length} training, {fold.Validation.Length} validation and {fold.Test.Length} test rows; "
                + "it needs rows to fit on and to test: use fewer folds or a shorter gap, or widen the window");
        }

        if (rows.Target.Task == LearningTask.Regression)
        {
            return;
        }

        var (known, tested) = (fold.Training.Select(row => rows.Labels[row]).ToHashSet(), fold.Test.Select(row => rows.Labels[row]).ToHashSet());
        if (tested.Count == 1)
        {
            Refuse(fold.Test.Length, "test", $"are all {ClassOf(tested.First())}");
        }

        foreach (var missing in tested.Where(label => !known.Contains(label)).Order())
        {
            Refuse(fold.Training.Length, "training", $"have none that is {ClassOf(missing)}");
        }

        void Refuse(int count, string part, string what) => throw new PipelineException(
            "fold-lacks-class", $"the {count} {part} rows of {name} {what}; use fewer folds, folds by: stratified, or more rows");

        string ClassOf(double label) => rows.Target.Task == LearningTask.Multiclass ? $"'{rows.Target.Classes[(int)label]}'" : label == 1 ? "positive" : "negative";
    }
}
