namespace MlDurable.Orchestration.DurableTask;

/// <summary>How a <see cref="DurableTaskEngine"/> works.</summary>
public sealed record DurableTaskEngineOptions
{
    /// <summary>
    /// The named pools and how many activities of each may run at once in this process, each at least 1. An activity that waits for its pool
    /// holds a work item of the worker, so a worker needs more of these than its pools have slots. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, int> Pools { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// Which code starts and runs instances of a version that the catalog does not have; without any, the instance fails. Which versions a
    /// worker is given at all is decided by Durable Task's own setting of this name. Default: <see cref="VersionMatchStrategy.Strict"/>.
    /// </summary>
    public VersionMatchStrategy VersionMatch { get; init; }

    /// <summary>The largest input, result, event or custom status, in bytes of JSON. At least 1,024. Default: 32 KiB.</summary>
    public int MaxPayloadBytes
    {
        get;
        init => field = value >= 1024
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxPayloadBytes must be at least 1,024.");
    } = 32 * 1024;

    /// <summary>Gives the time of activity time-outs. The clock of orchestrators is Durable Task's. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Counts the starts of activities, which Durable Task does not, so that one that ends the process again and again is given up. Default:
    /// none, and such an activity is started again for as long as Durable Task delivers it.
    /// </summary>
    public IActivityStarts? ActivityStarts { get; init; }

    /// <summary>
    /// After so many starts in a row that ended with the process, an activity fails with
    /// <see cref="OrchestrationErrorCodes.ActivityPoisoned"/>. At least 1. Default: 5. Needs <see cref="ActivityStarts"/>.
    /// </summary>
    public int MaxActivityCrashes
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxActivityCrashes must be at least 1.");
    } = 5;
}
