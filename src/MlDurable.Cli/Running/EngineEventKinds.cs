using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Running;

/// <summary>What an engine's events mean for a run.</summary>
internal static class EngineEventKinds
{
    /// <summary>What happened to an activity; null when the event is not about one, or changes nothing that is watched.</summary>
    public static RunStepState? StepState(this EngineEventKind kind) => kind switch
    {
        EngineEventKind.ActivityStarted => RunStepState.Started,
        EngineEventKind.ActivityProgress => RunStepState.Progress,
        EngineEventKind.ActivityCompleted => RunStepState.Finished,
        EngineEventKind.ActivityFailed => RunStepState.Failed,
        EngineEventKind.ActivityQuarantined => RunStepState.Quarantined,
        _ => null,
    };

    /// <summary>Whether an instance ended.</summary>
    public static bool EndsInstance(this EngineEventKind kind) =>
        kind is EngineEventKind.InstanceCompleted or EngineEventKind.InstanceFailed or EngineEventKind.InstanceTerminated;
}
