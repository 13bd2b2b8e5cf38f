namespace MlDurable.Orchestration;

/// <summary>Which instances to list. Every condition that is set must hold; none set means all instances.</summary>
public sealed record OrchestrationQuery
{
    /// <summary>One of these statuses. Default: any.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses { get; init; }

    /// <summary>The name of the orchestrator. Default: any.</summary>
    public string? Name { get; init; }

    /// <summary>The beginning of the id, compared by ordinal. Default: any.</summary>
    public string? InstanceIdPrefix { get; init; }

    /// <summary>Created at this instant or later. Default: no limit.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Created before this instant. Default: no limit.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>All of these tags with these values. Default: any.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Started by this instance as a sub-orchestration. Default: any.</summary>
    public string? ParentInstanceId { get; init; }

    /// <summary>Whether an instance meets every condition.</summary>
    /// <param name="state">The instance.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public bool Matches(OrchestrationState state) =>
        (Statuses is null || Statuses.Contains(state.RuntimeStatus))
        && (Name is null || Name == state.Name)
        && (InstanceIdPrefix is null || state.InstanceId.StartsWith(InstanceIdPrefix, StringComparison.Ordinal))
        && (CreatedFrom is null || state.CreatedAt >= CreatedFrom)
        && (CreatedBefore is null || state.CreatedAt < CreatedBefore)
        && (ParentInstanceId is null || ParentInstanceId == state.ParentInstanceId)
        && (Tags is null || Tags.All(tag => state.Tags.TryGetValue(tag.Key, out var value) && value == tag.Value));
}
