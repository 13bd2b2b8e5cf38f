namespace MlDurable.Orchestration.Embedded;

/// <summary>What an <see cref="EngineEvent"/> tells.</summary>
public enum EngineEventKind
{
    /// <summary>An instance was accepted.</summary>
    InstanceStarted,

    /// <summary>An instance continued as new.</summary>
    InstanceContinuedAsNew,

    /// <summary>An instance ended with a result.</summary>
    InstanceCompleted,

    /// <summary>An instance ended with a failure.</summary>
    InstanceFailed,

    /// <summary>An instance was terminated.</summary>
    InstanceTerminated,

    /// <summary>
    /// The code of this build cannot go on with an instance, which waits for a build that can; why is in <see cref="EngineEvent.Failure"/>. Told
    /// anew whenever a process finds it so.
    /// </summary>
    InstanceParked,

    /// <summary>A failed instance was rewound and goes on.</summary>
    InstanceRewound,

    /// <summary>An instance was suspended.</summary>
    InstanceSuspended,

    /// <summary>An instance was resumed.</summary>
    InstanceResumed,

    /// <summary>An instance set its custom status, which is in <see cref="EngineEvent.Message"/>.</summary>
    CustomStatusSet,

    /// <summary>An activity waits for a slot.</summary>
    ActivityScheduled,

    /// <summary>An attempt of an activity begins.</summary>
    ActivityStarted,

    /// <summary>An activity reported progress.</summary>
    ActivityProgress,

    /// <summary>An activity ended with a result.</summary>
    ActivityCompleted,

    /// <summary>An attempt of an activity failed.</summary>
    ActivityFailed,

    /// <summary>A failed activity is to be tried again.</summary>
    ActivityRetrying,

    /// <summary>
    /// An activity ended with the process too often and is started no more until a person decides; how often is in <see cref="EngineEvent.Attempt"/>.
    /// Told anew whenever a process finds it so.
    /// </summary>
    ActivityQuarantined,
}

/// <summary>Something that happened now and, progress apart, is on disk already.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When, UTC.</param>
/// <param name="InstanceId">To which instance.</param>
/// <param name="Name">The name of the orchestrator, or of the activity for the kinds that begin with Activity.</param>
public sealed record EngineEvent(EngineEventKind Kind, DateTimeOffset At, string InstanceId, string Name)
{
    /// <summary>The activity's sequence number in its generation; otherwise <see langword="null"/>.</summary>
    public int? Sequence { get; init; }

    /// <summary>The number of the attempt, where there is one.</summary>
    public int? Attempt { get; init; }

    /// <summary>How much of the activity is done, 0 to 1, with <see cref="EngineEventKind.ActivityProgress"/>.</summary>
    public double? Fraction { get; init; }

    /// <summary>The progress message, the custom status as JSON, or the reason that a person gave.</summary>
    public string? Message { get; init; }

    /// <summary>The activity's input as JSON, with the kinds that begin with Activity.</summary>
    public string? Input { get; init; }

    /// <summary>The activity's result as JSON, with <see cref="EngineEventKind.ActivityCompleted"/>.</summary>
    public string? Result { get; init; }

    /// <summary>Why it failed, with the kinds that tell of a failure.</summary>
    public TaskFailureDetails? Failure { get; init; }
}
