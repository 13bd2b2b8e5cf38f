using System.Collections.ObjectModel;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>One fact about one instance. All state is a fold over these; nothing else is on disk.</summary>
internal abstract record JournalEntry(string InstanceId);

/// <summary>
/// An instance as it is: written when it starts, and by compaction for one that goes on (followed by the rest of its generation) or has
/// ended.
/// </summary>
internal sealed record InstanceRecorded(string InstanceId) : JournalEntry(InstanceId)
{
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>The input that it was started with, which decides whether another start is the same.</summary>
    public required string FirstInput { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? StartAt { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public ParentStep? Parent { get; init; }

    public OrchestrationPriority Priority { get; init; } = OrchestrationPriority.Normal;

    /// <summary>The instance that somebody started, when it is another than this one: the parent, or the parent's.</summary>
    public string? Root { get; init; }

    /// <summary>What shares the turns at the slots: an instance that somebody started, with its children and theirs.</summary>
    public string RunId => Root ?? InstanceId;

    public int Generation { get; init; }

    /// <summary>The input of the present generation.</summary>
    public required string Input { get; init; }

    public DateTimeOffset Clock { get; init; }

    public long NextEvent { get; init; }

    public bool Suspended { get; init; }

    public string? CustomStatus { get; init; }

    public OrchestrationRuntimeStatus? Ended { get; init; }

    public string? Output { get; init; }

    public TaskFailureDetails? Failure { get; init; }
}

/// <summary>The step of a parent that a child answers to.</summary>
internal sealed record ParentStep(string InstanceId, int Generation, int Sequence);

/// <summary>Written before every run of an activity, so that runs which end with the process are counted.</summary>
internal sealed record ActivityStarted(string InstanceId, int Sequence) : JournalEntry(InstanceId);

/// <summary>The engine was closed while the activity ran: it is to run again, and that was no crash.</summary>
internal sealed record ActivityInterrupted(string InstanceId, int Sequence) : JournalEntry(InstanceId);

/// <summary>What compaction keeps of the runs of an unfinished activity.</summary>
internal sealed record ActivityRunsRecorded(string InstanceId, int Sequence, int Starts, int Crashes, bool Running)
    : JournalEntry(InstanceId);

/// <summary>
/// A person lets a failed instance go on: of its present generation so many turns are kept, and the next step that the code asks for has at least
/// this sequence number, so that an idempotency key is never used for another call. In a snapshot it follows the turns that were kept.
/// </summary>
internal sealed record InstanceRewound(string InstanceId, DateTimeOffset At, int Turns, int NextSequence, string Reason) : JournalEntry(InstanceId);

/// <summary>A person lets a step out of quarantine: it begins again, as often as a new one may.</summary>
internal sealed record StepReleased(string InstanceId, DateTimeOffset At, int Sequence, string Reason) : JournalEntry(InstanceId);

/// <summary>Something that happened to an instance and waits for a turn to take it.</summary>
internal abstract record InputEntry(string InstanceId, DateTimeOffset At) : JournalEntry(InstanceId);

/// <summary>The answer to a step. An answer to an earlier generation is ignored.</summary>
internal abstract record StepInput(string InstanceId, DateTimeOffset At, int Generation, int Sequence) : InputEntry(InstanceId, At);

internal sealed record StepSucceeded(string InstanceId, DateTimeOffset At, int Generation, int Sequence, string Output)
    : StepInput(InstanceId, At, Generation, Sequence);

/// <summary>A person gave the result of a step in quarantine.</summary>
internal sealed record StepSkipped(string InstanceId, DateTimeOffset At, int Generation, int Sequence, string Output, string Reason)
    : StepInput(InstanceId, At, Generation, Sequence);

internal sealed record StepFailed(string InstanceId, DateTimeOffset At, int Generation, int Sequence, TaskFailureDetails Failure)
    : StepInput(InstanceId, At, Generation, Sequence);

internal sealed record TimerFired(string InstanceId, DateTimeOffset At, int Generation, int Sequence)
    : StepInput(InstanceId, At, Generation, Sequence);

internal sealed record EventRaised(string InstanceId, DateTimeOffset At, long Number, string Name, string Payload)
    : InputEntry(InstanceId, At);

/// <summary>The code of an instance ran: it took the oldest waiting inputs and decided.</summary>
internal sealed record TurnCompleted(string InstanceId, DateTimeOffset At, int Consumed, IReadOnlyList<Decision> Decisions)
    : JournalEntry(InstanceId);

internal sealed record InstanceSuspended(string InstanceId, DateTimeOffset At, string Reason) : JournalEntry(InstanceId);

internal sealed record InstanceResumed(string InstanceId, DateTimeOffset At, string Reason) : JournalEntry(InstanceId);

internal sealed record InstanceTerminated(string InstanceId, DateTimeOffset At, string Reason) : JournalEntry(InstanceId);

internal sealed record InstancePurged(string InstanceId) : JournalEntry(InstanceId);

/// <summary>The last entry of a snapshot; without it the snapshot is not whole.</summary>
internal sealed record SnapshotEnded(int Instances) : JournalEntry("");
