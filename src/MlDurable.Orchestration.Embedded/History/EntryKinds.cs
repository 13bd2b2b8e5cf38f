namespace MlDurable.Orchestration.Embedded.History;

/// <summary>The bytes that name entries and decisions on disk. A number is never used for something else again.</summary>
internal static class EntryKinds
{
    public const byte InstanceRecorded = 1;
    public const byte ActivityStarted = 2;
    public const byte ActivityInterrupted = 3;
    public const byte ActivityRunsRecorded = 4;
    public const byte StepSucceeded = 5;
    public const byte StepFailed = 6;
    public const byte TimerFired = 7;
    public const byte EventRaised = 8;
    public const byte TurnCompleted = 9;
    public const byte InstanceSuspended = 10;
    public const byte InstanceResumed = 11;
    public const byte InstanceTerminated = 12;
    public const byte InstancePurged = 13;
    public const byte SnapshotEnded = 14;
    public const byte StepReleased = 15;
    public const byte StepSkipped = 16;
    public const byte InstanceRewound = 17;
    public const byte InstanceRecordedWithPriority = 30;

    public const byte ActivityScheduled = 65;
    public const byte ChildScheduled = 66;
    public const byte StepRetried = 67;
    public const byte TimerCreated = 68;
    public const byte TimerCancelled = 69;
    public const byte EventWaited = 70;
    public const byte EventTaken = 71;
    public const byte CustomStatusSet = 72;
    public const byte InstanceCompleted = 73;
    public const byte InstanceFailed = 74;
    public const byte ContinuedAsNew = 75;
    public const byte ChildScheduledWithPolicy = 80;
    public const byte ActivityScheduledWithOptions = 81;

    public static byte Of(JournalEntry entry) => entry switch
    {
        Embedded.History.InstanceRecorded { Priority: OrchestrationPriority.Normal, Root: null } => InstanceRecorded,
        Embedded.History.InstanceRecorded => InstanceRecordedWithPriority,
        Embedded.History.ActivityStarted => ActivityStarted,
        Embedded.History.ActivityInterrupted => ActivityInterrupted,
        Embedded.History.ActivityRunsRecorded => ActivityRunsRecorded,
        Embedded.History.StepSucceeded => StepSucceeded,
        Embedded.History.StepFailed => StepFailed,
        Embedded.History.TimerFired => TimerFired,
        Embedded.History.EventRaised => EventRaised,
        Embedded.History.TurnCompleted => TurnCompleted,
        Embedded.History.InstanceSuspended => InstanceSuspended,
        Embedded.History.InstanceResumed => InstanceResumed,
        Embedded.History.InstanceTerminated => InstanceTerminated,
        Embedded.History.InstancePurged => InstancePurged,
        Embedded.History.SnapshotEnded => SnapshotEnded,
        Embedded.History.StepReleased => StepReleased,
        Embedded.History.StepSkipped => StepSkipped,
        Embedded.History.InstanceRewound => InstanceRewound,
        _ => throw new InvalidOperationException($"No encoding for {entry.GetType().Name}."),
    };

    public static byte Of(Decision decision) => decision switch
    {
        Embedded.History.ActivityScheduled { PoolWeight: 1, ScheduleToCloseTimeout: null } => ActivityScheduled,
        Embedded.History.ActivityScheduled => ActivityScheduledWithOptions,
        Embedded.History.ChildScheduled { ParentClosePolicy: ParentClosePolicy.Terminate } => ChildScheduled,
        Embedded.History.ChildScheduled => ChildScheduledWithPolicy,
        Embedded.History.StepRetried => StepRetried,
        Embedded.History.TimerCreated => TimerCreated,
        Embedded.History.TimerCancelled => TimerCancelled,
        Embedded.History.EventWaited => EventWaited,
        Embedded.History.EventTaken => EventTaken,
        Embedded.History.CustomStatusSet => CustomStatusSet,
        Embedded.History.InstanceCompleted => InstanceCompleted,
        Embedded.History.InstanceFailed => InstanceFailed,
        Embedded.History.ContinuedAsNew => ContinuedAsNew,
        _ => throw new InvalidOperationException($"No encoding for {decision.GetType().Name}."),
    };
}
