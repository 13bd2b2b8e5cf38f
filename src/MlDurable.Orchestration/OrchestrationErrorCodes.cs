namespace MlDurable.Orchestration;

/// <summary>The codes of <see cref="OrchestrationException"/> and of the failures that an engine itself reports.</summary>
public static class OrchestrationErrorCodes
{
    /// <summary>A step failed with an exception that has no code of its own.</summary>
    public const string TaskFailed = "task-failed";

    /// <summary>An instance with this id exists with another orchestrator or input.</summary>
    public const string InstanceConflict = "instance-conflict";

    /// <summary>No instance has this id.</summary>
    public const string InstanceNotFound = "instance-not-found";

    /// <summary>The operation is not possible in the instance's present status.</summary>
    public const string InstanceStatus = "instance-status";

    /// <summary>Another unfinished instance has the singleton key.</summary>
    public const string SingletonTaken = "singleton-taken";

    /// <summary>A tag has a name that the engines use themselves.</summary>
    public const string TagReserved = "tag-reserved";

    /// <summary>A continuation token that no page gave.</summary>
    public const string ContinuationTokenInvalid = "continuation-token-invalid";

    /// <summary>The step is not in quarantine.</summary>
    public const string StepNotQuarantined = "step-not-quarantined";

    /// <summary>The engine does not offer the operation.</summary>
    public const string NotSupported = "not-supported";

    /// <summary>The text cannot be an instance id.</summary>
    public const string InstanceIdInvalid = "instance-id-invalid";

    /// <summary>The instance was terminated.</summary>
    public const string Terminated = "terminated";

    /// <summary>The catalog has no orchestrator of this name and version, nor a version that <see cref="VersionMatchStrategy"/> lets take its place.</summary>
    public const string OrchestratorNotRegistered = "orchestrator-not-registered";

    /// <summary>The catalog has no activity of this name.</summary>
    public const string ActivityNotRegistered = "activity-not-registered";

    /// <summary>A name is registered twice.</summary>
    public const string DuplicateRegistration = "duplicate-registration";

    /// <summary>An activity asks for a pool that is not configured, or for several slots of none.</summary>
    public const string PoolUnknown = "pool-unknown";

    /// <summary>An activity asks for more slots than its pool has.</summary>
    public const string PoolTooSmall = "pool-too-small";

    /// <summary>An activity did not end within <see cref="ActivityOptions.Timeout"/>.</summary>
    public const string ActivityTimeout = "activity-timeout";

    /// <summary>A call of an activity had no final answer within <see cref="ActivityOptions.ScheduleToCloseTimeout"/>.</summary>
    public const string ActivityScheduleToCloseTimeout = "activity-schedule-to-close-timeout";

    /// <summary>An activity reported no progress within <see cref="ActivityOptions.HeartbeatTimeout"/>.</summary>
    public const string ActivityHeartbeatTimeout = "activity-heartbeat-timeout";

    /// <summary>An activity ended the process, or went down with it, too many times in a row.</summary>
    public const string ActivityPoisoned = "activity-poisoned";

    /// <summary>An input, result, event or custom status is larger than the limit.</summary>
    public const string PayloadTooLarge = "payload-too-large";

    /// <summary>A payload cannot be read as the type that is asked for.</summary>
    public const string PayloadInvalid = "payload-invalid";

    /// <summary>A replay took another decision than the history shows.</summary>
    public const string Nondeterminism = "nondeterminism";

    /// <summary>An orchestrator awaited something that is not durable, or called the context from another thread.</summary>
    public const string NonDurableAwait = "non-durable-await";

    /// <summary>One generation of an instance has a longer history than the limit.</summary>
    public const string HistoryTooLong = "history-too-long";
}
