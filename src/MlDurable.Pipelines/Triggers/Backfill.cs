using System.Collections.Immutable;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Triggers;

/// <summary>One run of a backfill.</summary>
/// <param name="RunId">The run.</param>
/// <param name="AsOf">The instant that it is made as of; null when it is of a partition.</param>
/// <param name="Through">The last partition that it uses; null when it is of an instant.</param>
public sealed record BackfillItem(string RunId, DateTimeOffset? AsOf, string? Through);

/// <summary>Runs of a pipeline that are made as if in the past, one after the other: <c>triggers/backfills/&lt;id&gt;.json</c>.</summary>
public sealed record Backfill
{
    /// <summary>What every identity begins with.</summary>
    public const string IdPrefix = "backfill-";

    /// <summary>The backfill's identity, which what was asked for decides: the same request is the same backfill.</summary>
    public required string Id { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The pipeline file's name as the user gave it, for messages.</summary>
    public required string PipelineFile { get; init; }

    /// <summary>SHA-256 of the pipeline file's bytes.</summary>
    public required string PipelineHash { get; init; }

    /// <summary>The values given for the pipeline's parameters; the others have their defaults.</summary>
    public required ImmutableSortedDictionary<string, string> Parameters { get; init; }

    /// <summary>How much of the pipeline each run carries out.</summary>
    public required RunStage Stage { get; init; }

    /// <summary>What was asked for, in words: <c>schedule nightly, 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z</c>.</summary>
    public required string Range { get; init; }

    /// <summary>How many runs are under way at once.</summary>
    public required int Parallel { get; init; }

    /// <summary>Whether no further run is begun after one that failed.</summary>
    public required bool StopsOnFailure { get; init; }

    /// <summary>The engine that carries the runs out.</summary>
    public required string Engine { get; init; }

    /// <summary>When it was asked for, in UTC.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>The runs, oldest first.</summary>
    public required ImmutableArray<BackfillItem> Items { get; init; }

    /// <summary>When the last run ended, in UTC; null while there is something to do.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Why a person ended it early; null unless one did.</summary>
    public string? Cancelled { get; init; }
}

/// <summary>What a backfill covers.</summary>
public abstract record BackfillRange
{
    private BackfillRange()
    {
    }

    /// <summary>The instants of a schedule; each run uses the rows before its instant.</summary>
    /// <param name="Schedule">The schedule.</param>
    /// <param name="From">The earliest instant.</param>
    /// <param name="To">The latest instant: no later than now.</param>
    public sealed record Instants(Definition.ScheduleDefinition Schedule, DateTimeOffset From, DateTimeOffset To) : BackfillRange;

    /// <summary>Partitions; each run uses its partition and those before it.</summary>
    /// <param name="From">The name of the first one, or what comes before it; null for the very first.</param>
    /// <param name="To">The name of the last one, or what comes after it; null for the very last.</param>
    public sealed record Partitions(string? From, string? To) : BackfillRange;
}

/// <summary>A backfill that is asked for.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Range">What it covers.</param>
/// <param name="RequestedBy">Who asks.</param>
public sealed record BackfillRequest(PipelineSource Pipeline, BackfillRange Range, string RequestedBy)
{
    /// <summary>How much of the pipeline each run carries out; all of it by default.</summary>
    public RunStage Stage { get; init; }

    /// <summary>How many runs are under way at once: 1 to 64, by default 1, so that each is compared with the champion that the one before it left.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Whether no further run is begun after one that failed; the others go on by default.</summary>
    public bool StopsOnFailure { get; init; }
}

/// <summary>Where a backfill stands.</summary>
/// <param name="Backfill">The backfill.</param>
/// <param name="Runs">The records of its runs, in the order of its items; null where a run has not begun.</param>
public sealed record BackfillProgress(Backfill Backfill, ImmutableArray<RunRecord?> Runs)
{
    /// <summary>Runs that have completed, whatever they decided.</summary>
    public int Completed => Count(RunStatus.Completed);

    /// <summary>Runs that failed or were cancelled.</summary>
    public int Failed => Count(RunStatus.Failed) + Count(RunStatus.Cancelled);

    /// <summary>Runs that have not ended, those that have not begun among them.</summary>
    public int Open => Runs.Length - Completed - Failed;

    private int Count(RunStatus status) => Runs.Count(run => run?.Status == status);
}
