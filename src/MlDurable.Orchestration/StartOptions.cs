using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration;

/// <summary>How an instance is started.</summary>
public sealed record StartOptions
{
    /// <summary>
    /// The id, which makes the start idempotent: 1 to 256 characters, none of them a control character. Default: a random one.
    /// </summary>
    public string? InstanceId { get; init; }

    /// <summary>The instance is <see cref="OrchestrationRuntimeStatus.Pending"/> until then. Default: at once.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>
    /// Whose activities get a free slot first; children have the priority of their parent. Within one priority, started instances take turns.
    /// Default: <see cref="OrchestrationPriority.Normal"/>.
    /// </summary>
    public OrchestrationPriority Priority { get; init; } = OrchestrationPriority.Normal;

    /// <summary>
    /// A key that at most one unfinished instance has: another start with it is refused with <see cref="OrchestrationErrorCodes.SingletonTaken"/>, which
    /// names the holder. It is kept as the tag <see cref="SingletonTag"/>, also over continue-as-new, and free when the instance has ended, whether or not
    /// it is purged. 1 to 256 characters. Default: none.
    /// </summary>
    public string? SingletonKey { get; init; }

    /// <summary>The tag that shows the singleton key.</summary>
    public const string SingletonTag = "mldurable.singleton";

    /// <summary>Names and values to query by; they never change. The name <see cref="SingletonTag"/> is reserved. Default: none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>What every engine checks before a start.</summary>
    /// <exception cref="OrchestrationException">
    /// <see cref="OrchestrationErrorCodes.InstanceIdInvalid"/>: the singleton key; <see cref="OrchestrationErrorCodes.TagReserved"/>.
    /// </exception>
    internal void Check()
    {
        if (SingletonKey is { } key)
        {
            InstanceIds.Check(key, "a singleton key");
        }

        if (Tags?.ContainsKey(SingletonTag) is true)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.TagReserved,
                $"The tag '{SingletonTag}' shows the singleton key and cannot be given as a tag; set {nameof(StartOptions)}.{nameof(SingletonKey)} instead.");
        }
    }
}
