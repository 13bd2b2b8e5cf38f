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

    /// <summary>Names and values to query by; they never change. Default: none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}
