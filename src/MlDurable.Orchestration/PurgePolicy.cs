namespace MlDurable.Orchestration;

/// <summary>Which finished instances to forget. Every condition that is set must hold.</summary>
public sealed record PurgePolicy
{
    /// <summary>Ended before this instant.</summary>
    public required DateTimeOffset EndedBefore { get; init; }

    /// <summary>One of these statuses; those of unfinished instances are never met. Default: any.</summary>
    public IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses { get; init; }

    /// <summary>The name of the orchestrator. Default: any.</summary>
    public string? Name { get; init; }

    /// <summary>All of these tags with these values. Default: any.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Whether the instances are only counted, with the children that would be forgotten with them. Default: <see langword="false"/>.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Whether an instance meets every condition.</summary>
    /// <param name="state">The instance.</param>
    /// <returns><see langword="true"/> when it does.</returns>
    public bool Matches(OrchestrationState state) =>
        state.IsFinished
        && state.LastUpdatedAt < EndedBefore
        && new OrchestrationQuery { Statuses = Statuses, Name = Name, Tags = Tags }.Matches(state);
}

/// <summary>How far a purge has come.</summary>
/// <param name="Purged">How many instances it has forgotten, or would have in a dry run.</param>
/// <param name="IsComplete">Whether it has looked at all instances; otherwise the same call goes on.</param>
public sealed record PurgeProgress(int Purged, bool IsComplete);
