using System.Collections.Immutable;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Definition;

/// <summary>What starts runs of a pipeline by itself, and from outside; nothing by default.</summary>
public sealed record TriggersDefinition
{
    /// <summary>The schedules, in the order of the file; no two have the same name.</summary>
    public ImmutableArray<ScheduleDefinition> Schedules { get; init; } = [];

    /// <summary>Starts a run when data arrives; null when arriving data starts none.</summary>
    public DataTriggerDefinition? Data { get; init; }

    /// <summary>Whether an HTTP request may start a run. A pipeline without <c>http</c> refuses it.</summary>
    public bool Http { get; init; }

    /// <summary>The pipelines whose end starts a run of this one.</summary>
    public ImmutableArray<AfterDefinition> After { get; init; } = [];
}

/// <summary>What happens to nominal instants that passed while no host was running, or the schedule was paused.</summary>
public enum CatchUpPolicy
{
    /// <summary>Only the latest one in the window is run.</summary>
    Latest,

    /// <summary>Every one in the window is run, the earliest first.</summary>
    All,

    /// <summary>None is run: an instant is run only within a minute after it.</summary>
    None,
}

/// <summary>What happens when an instant comes while an earlier run of the pipeline has not ended.</summary>
public enum OverlapPolicy
{
    /// <summary>The instant is skipped.</summary>
    Skip,

    /// <summary>The run is started when the earlier one has ended; of several waiting instants, the earliest first.</summary>
    Queue,

    /// <summary>The earlier run is cancelled, and this one is started.</summary>
    CancelOther,

    /// <summary>Both run side by side.</summary>
    Allow,
}

/// <summary>Starts runs at instants of a time zone's calendar, or at a fixed interval.</summary>
public sealed record ScheduleDefinition
{
    /// <summary>The schedule's name, unique in its pipeline: kebab-case. By default <c>schedule</c>, then <c>schedule-2</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>The six-field NCRONTAB expression (seconds first); null when <see cref="Every"/> is given.</summary>
    public string? Cron { get; init; }

    /// <summary>
    /// The interval, at least a second: instants are whole multiples of it after <see cref="Start"/> (after 1970-01-01T00:00:00Z without one). Null
    /// when <see cref="Cron"/> is given.
    /// </summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The IANA time zone whose local time <see cref="Cron"/> is in; UTC by default.</summary>
    public string Zone { get; init; } = "UTC";

    /// <summary>What happens to instants that were missed; the latest is run by default.</summary>
    public CatchUpPolicy CatchUp { get; init; }

    /// <summary>How far back missed instants are looked for; one day by default.</summary>
    public TimeSpan CatchUpWindow { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What happens when an earlier run has not ended; the instant is skipped by default.</summary>
    public OverlapPolicy Overlap { get; init; }

    /// <summary>
    /// Each run is started up to this long after its nominal instant, by a share that the instant and the schedule's name decide, so that every host
    /// comes to the same one; none by default.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>No instant before this; null for no limit.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>No instant at or after this; null for no limit.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>What each run does; the whole flow by default.</summary>
    public RunStage Stage { get; init; }

    /// <summary>The values that the runs set for the pipeline's parameters, as text; the others have their defaults.</summary>
    public ImmutableSortedDictionary<string, string> Parameters { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Starts a run when blobs arrive that match the pipeline's <see cref="DataDefinition.Files"/>.</summary>
/// <remarks>
/// A run is started when any of <see cref="QuietFor"/>, <see cref="Count"/>, <see cref="Bytes"/> and <see cref="Marker"/> that is given is reached,
/// and takes all blobs that wait. While a run of the pipeline has not ended, blobs wait for its end.
/// </remarks>
public sealed record DataTriggerDefinition
{
    /// <summary>How long nothing must have arrived before a run is started; 5 minutes by default, null when only another condition is given.</summary>
    public TimeSpan? QuietFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many blobs must wait; null for no such condition.</summary>
    public int? Count { get; init; }

    /// <summary>How many bytes the waiting blobs must have together; null for no such condition.</summary>
    public long? Bytes { get; init; }

    /// <summary>
    /// The last segment of the name of a blob that ends an upload, such as <c>_SUCCESS</c>: waiting blobs of its folder are complete when it has arrived.
    /// A marker may be empty and is never data. Null for none.
    /// </summary>
    public string? Marker { get; init; }

    /// <summary>What each run does; the whole flow by default.</summary>
    public RunStage Stage { get; init; }
}

/// <summary>What of another pipeline starts a run.</summary>
public enum AfterEvent
{
    /// <summary>A run of it promoted a champion.</summary>
    Promoted,

    /// <summary>A run of it completed, whatever it decided about the champion.</summary>
    Succeeded,
}

/// <summary>Starts a run when one of another pipeline has ended.</summary>
/// <param name="Pipeline">The other pipeline's name.</param>
/// <param name="On">What starts a run.</param>
public sealed record AfterDefinition(string Pipeline, AfterEvent On)
{
    /// <summary>What each run does; the whole flow by default.</summary>
    public RunStage Stage { get; init; }
}
