using MlDurable.Orchestration.Embedded.Execution;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>What the engine holds for an instance beside its history, guarded by the engine's gate.</summary>
internal sealed class LiveInstance
{
    /// <summary>The code of the present generation, when it is in memory.</summary>
    public OrchestratorExecution? Execution { get; set; }

    /// <summary>Why the code of this build cannot go on with the history, so that the instance waits for a build that can; null when it can.</summary>
    public TaskFailureDetails? Parked { get; set; }

    /// <summary>Whether a turn is queued or running; there is never a second one.</summary>
    public bool TurnQueued { get; set; }

    /// <summary>Those who wait for the end.</summary>
    public TaskCompletionSource<OrchestrationState>? Completion { get; set; }
}
