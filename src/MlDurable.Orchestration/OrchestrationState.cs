namespace MlDurable.Orchestration;

/// <summary>What is known of an instance from outside. A snapshot: it does not change.</summary>
public sealed record OrchestrationState
{
    /// <summary>The id.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The name of the orchestrator.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the orchestrator.</summary>
    public required string Version { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    /// <summary>How often it has continued as new.</summary>
    public int Generation { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its history last grew, UTC.</summary>
    public required DateTimeOffset LastUpdatedAt { get; init; }

    /// <summary>The input it was started with, as JSON; the first one, also after it has continued as new.</summary>
    public string? Input { get; init; }

    /// <summary>The result as JSON, when completed.</summary>
    public string? Output { get; init; }

    /// <summary>The last custom status as JSON, if it has set one.</summary>
    public string? CustomStatus { get; init; }

    /// <summary>
    /// Why it failed or was terminated; on an unfinished instance, why it cannot go on for now
    /// (<see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/> or <see cref="OrchestrationErrorCodes.Nondeterminism"/>: it waits for a build
    /// that has its orchestrator, or one whose code follows its history; <see cref="OrchestrationErrorCodes.ActivityPoisoned"/>: a person decides
    /// about one of <see cref="QuarantinedSteps"/>).
    /// </summary>
    public TaskFailureDetails? Failure { get; init; }

    /// <summary>The steps in quarantine of an unfinished instance, and of the children that it waits for. Default: none.</summary>
    public IReadOnlyList<QuarantinedStep> QuarantinedSteps { get; init; } = [];

    /// <summary>The tags that it was started with.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The priority that it was started with, or has from its parent.</summary>
    public OrchestrationPriority Priority { get; init; } = OrchestrationPriority.Normal;

    /// <summary>The instance that started it as a sub-orchestration, or <see langword="null"/>.</summary>
    public string? ParentInstanceId { get; init; }

    /// <summary>Whether it has ended: completed, failed or terminated.</summary>
    public bool IsFinished => RuntimeStatus is
        OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}
