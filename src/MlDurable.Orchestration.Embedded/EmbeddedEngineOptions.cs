using MlDurable.Orchestration.Embedded.Files;

namespace MlDurable.Orchestration.Embedded;

/// <summary>How an <see cref="EmbeddedEngine"/> works. Values out of range throw <see cref="ArgumentOutOfRangeException"/> at opening.</summary>
public sealed record EmbeddedEngineOptions
{
    /// <summary>The directory of the journal and of the workspace lock, on a local disk; made when it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>Gives the time and the timers. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Which code starts and runs instances of a version that the catalog does not have. Without any, an instance waits for a build that has it.
    /// Default: <see cref="VersionMatchStrategy.Strict"/>.
    /// </summary>
    public VersionMatchStrategy VersionMatch { get; init; }

    /// <summary>How many activities may run at once. At least 1. Default: the number of processors.</summary>
    public int ActivitySlots { get; init; } = Environment.ProcessorCount;

    /// <summary>The named pools and how many activities of each may run at once, each at least 1. Default: none.</summary>
    public IReadOnlyDictionary<string, int> Pools { get; init; } = new Dictionary<string, int>();

    /// <summary>Recover and serve the client, but run no orchestrator, activity or timer. Default: <see langword="false"/>.</summary>
    public bool Paused { get; init; }

    /// <summary>The largest input, result, event or custom status, in bytes of JSON. At least 1,024. Default: 32 KiB.</summary>
    public int MaxPayloadBytes { get; init; } = 32 * 1024;

    /// <summary>
    /// After so many runs in a row that ended with the process, an activity is quarantined
    /// (<see cref="OrchestrationState.QuarantinedSteps"/>). At least 1. Default: 5.
    /// </summary>
    public int MaxActivityCrashes { get; init; } = 5;

    /// <summary>
    /// How many decisions, inputs and turns one generation of an instance may have; beyond it fails with
    /// <see cref="OrchestrationErrorCodes.HistoryTooLong"/>. At least 100. Default: 1,000,000.
    /// </summary>
    public int MaxHistoryLength { get; init; } = 1_000_000;

    /// <summary>
    /// How long finished instances are kept; then the engine forgets them by itself, with their children, in small bites. At least 1 minute. Default:
    /// until they are purged.
    /// </summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>How long closing waits for cancelled activities to end before it leaves them behind. Default: 10 seconds.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How what is recorded is gathered into flushes. Default: <see cref="CommitPolicy"/> as it is made.</summary>
    public CommitPolicy Commit { get; init; } = new();

    /// <summary>The size at which a file of the journal is sealed, in bytes. At least 4,096. Default: 8 MiB.</summary>
    public long SegmentBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// Sealed files are rewritten without what is no longer needed when they are together larger than this and than the last rewrite, in
    /// bytes. Default: 16 MiB.
    /// </summary>
    public long CompactionBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>… or when there are so many of them; every opening that writes makes one. At least 2. Default: 32.</summary>
    public int CompactionSegments { get; init; } = 32;

    /// <summary>
    /// A handler of <see cref="EmbeddedEngine.Observed"/> from the first event on: what recovery goes on with begins before the engine is there
    /// to subscribe to. Default: none.
    /// </summary>
    public Action<EngineEvent>? Observer { get; init; }

    internal IJournalDirectory? Files { get; init; }

    /// <summary>Takes all work of the engine, for a simulation. Default: none, so that it runs on threads.</summary>
    internal Action<Action>? Post { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(ActivitySlots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPayloadBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxActivityCrashes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxHistoryLength, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Retention ?? TimeSpan.MaxValue, TimeSpan.FromMinutes(1), nameof(Retention));
        ArgumentNullException.ThrowIfNull(Commit);
        ArgumentOutOfRangeException.ThrowIfLessThan(Commit.Linger, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Commit.Linger, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompactionBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CompactionSegments, 2);
        foreach (var (pool, slots) in Pools)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1, $"{nameof(Pools)}[{pool}]");
        }
    }
}
