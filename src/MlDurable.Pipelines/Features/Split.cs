using System.Buffers.Binary;
using MlDurable.Learning.Numerics;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Features;

/// <summary>The part that a row plays in a run.</summary>
internal enum RowPart
{
    /// <summary>Before the window, or after the instant that the run is made as of: not used.</summary>
    Outside,

    /// <summary>Models are fitted on it.</summary>
    Training,

    /// <summary>Candidates are selected, stopped early and given their threshold on it.</summary>
    Validation,

    /// <summary>The selected candidate and the champion are judged on it; nothing is chosen on it.</summary>
    Holdout,
}

/// <summary>Divides rows into parts, and tells for any row whether a model has seen it.</summary>
internal static class Split
{
    /// <summary>Chooses the boundaries of a run's split.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="asOf">Rows at and after this instant are not used; null for all rows.</param>
    /// <exception cref="PipelineException"><c>no-time</c> or <c>empty-part</c>.</exception>
    public static SplitLineage Choose(DatasetRows rows, PipelineDefinition pipeline, DateTimeOffset? asOf = null)
    {
        var split = new SplitLineage
        {
            By = pipeline.Split.By == SplitBy.Time ? "time" : "hash",
            Validation = pipeline.Split.Validation,
            Holdout = pipeline.Split.Holdout,
            Seed = pipeline.Seed,
            Until = asOf,
            TrainingRows = 0,
            ValidationRows = 0,
            HoldoutRows = 0,
        };
        var times = SortedTimes(rows.Times ?? []);
        times = asOf is { } end ? times[..LowerBound(times, end.UtcTicks)] : times;
        if (times.Length == 0 && (pipeline.Split.By == SplitBy.Time || pipeline.Data.Window is DataWindow.Days))
        {
            throw new PipelineException("no-time", "no row has a time in the pipeline's time column, so that rows cannot be divided by time");
        }

        if (pipeline.Data.Window is DataWindow.Days days)
        {
            var from = times[^1] - (days.Count * TimeSpan.TicksPerDay);
            split = split with { WindowFrom = Instant(from) };
            times = times[LowerBound(times, from)..];
        }

        if (pipeline.Split.By == SplitBy.Time)
        {
            split = split with
            {
                ValidationFrom = Instant(times[Position(times.Length, 1 - pipeline.Split.Validation - pipeline.Split.Holdout)]),
                HoldoutFrom = Instant(times[Position(times.Length, 1 - pipeline.Split.Holdout)]),
            };
        }

        var counts = Parts(rows, split).CountBy(part => part).ToDictionary();
        split = split with
        {
            TrainingRows = counts.GetValueOrDefault(RowPart.Training),
            ValidationRows = counts.GetValueOrDefault(RowPart.Validation),
            HoldoutRows = counts.GetValueOrDefault(RowPart.Holdout),
        };
        return split is { TrainingRows: > 0, ValidationRows: > 0, HoldoutRows: > 0 }
            ? split
            : throw new PipelineException(
                "empty-part",
                $"dividing {rows.Count} labelled rows by {split.By} gives {split.TrainingRows} training, {split.ValidationRows} validation "
                + $"and {split.HoldoutRows} holdout rows; each part needs rows: widen the window or change `split`");
    }

    /// <summary>The part of every row.</summary>
    public static RowPart[] Parts(DatasetRows rows, SplitLineage split)
    {
        var parts = new RowPart[rows.Count];
        for (var row = 0; row < parts.Length; row++)
        {
            parts[row] = Part(rows, row, split);
        }

        return parts;
    }

    /// <summary>Whether a model with the given lineage was fitted, selected or tuned on a row.</summary>
    public static bool HasSeen(DatasetLineage model, HashSet<string> modelPartitions, DatasetRows rows, int row) =>
        modelPartitions.Contains(rows.Partitions[rows.Partition[row]].Hash)
        && Part(rows, row, model.Split) is RowPart.Training or RowPart.Validation;

    /// <summary>
    /// The rows of each class, or of all together, in the order of their place: a run with more rows that cuts the order at a share divides those that there
    /// were before alike, but for the few that lie near the cut.
    /// </summary>
    public static IEnumerable<int[]> Strata(DatasetRows rows, IEnumerable<int> some, bool byClass, ulong seed) =>
        some.GroupBy(row => byClass ? rows.Labels[row] : 0).Select(stratum => stratum.OrderBy(row => Place(rows, row, seed)).ToArray());

    private static RowPart Part(DatasetRows rows, int row, SplitLineage split)
    {
        // A row without a time counts as oldest: it can be learned from, and never judges.
        var time = rows.Times is { } times ? times[row] : long.MinValue;
        if ((split.WindowFrom is { } windowFrom && time < windowFrom.UtcTicks) || (split.Until is { } until && time >= until.UtcTicks))
        {
            return RowPart.Outside;
        }

        if (split.HoldoutFrom is { } holdoutFrom)
        {
            return time >= holdoutFrom.UtcTicks ? RowPart.Holdout
                : time >= split.ValidationFrom!.Value.UtcTicks ? RowPart.Validation
                : RowPart.Training;
        }

        var place = Place(rows, row, split.Seed);
        return place >= 1 - split.Holdout ? RowPart.Holdout
            : place >= 1 - split.Holdout - split.Validation ? RowPart.Validation
            : RowPart.Training;
    }

    /// <summary>A row's place in [0, 1), which depends on its partition's content, its row and the seed only: later runs divide it alike.</summary>
    public static double Place(DatasetRows rows, int row, ulong seed) =>
        Place(rows.Partitions[rows.Partition[row]].Hash, rows.RowInPartition[row], seed);

    /// <summary>The place of one of the things that share a content.</summary>
    /// <param name="hash">The content's SHA-256 in hexadecimal digits.</param>
    /// <param name="row">Which of the things.</param>
    /// <param name="seed">The seed.</param>
    public static double Place(string hash, int row, ulong seed)
    {
        var identity = BinaryPrimitives.ReadUInt64LittleEndian(Convert.FromHexString(hash.AsSpan(0, 16)));
        var mixed = new SplitMix64(identity ^ seed).Next();
        return new SplitMix64(mixed ^ (ulong)row).NextUniform();
    }

    /// <summary>The times that are not missing, ascending.</summary>
    public static long[] SortedTimes(IEnumerable<long> times)
    {
        var sorted = times.Where(time => time != long.MinValue).ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    /// <remarks>A share such as 1 - 0.15 - 0.2 lies a rounding error below 0.65; a row must not change its part for that.</remarks>
    public static int Position(int count, double share) => Math.Clamp((int)Math.Floor((count * share) + 1e-9), 0, count - 1);

    private static int LowerBound(long[] sorted, long value)
    {
        var index = Array.BinarySearch(sorted, value);
        if (index < 0)
        {
            return ~index;
        }

        while (index > 0 && sorted[index - 1] == value)
        {
            index--;
        }

        return index;
    }

    private static DateTimeOffset Instant(long ticks) => new(ticks, TimeSpan.Zero);
}
