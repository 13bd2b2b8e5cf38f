using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>Names a backfill.</summary>
internal sealed record BackfillRef(string Id);

/// <summary>What the orchestrator needs to know of a backfill.</summary>
/// <param name="Runs">How many runs it has.</param>
/// <param name="Parallel">How many of them are under way at once.</param>
/// <param name="StopsOnFailure">Whether no further run is begun after one that failed.</param>
/// <param name="Stage">What each run does.</param>
internal sealed record BackfillSize(int Runs, int Parallel, bool StopsOnFailure, Runs.RunStage Stage);

/// <summary>Names one run of a backfill.</summary>
internal sealed record BackfillItemRef(string Id, int Index);

/// <summary>How far a backfill is, as the orchestrator's custom status.</summary>
/// <param name="Ended">Runs that have ended.</param>
/// <param name="Failed">Runs of them that failed.</param>
/// <param name="Of">All runs.</param>
internal sealed record BackfillStatus(int Ended, int Failed, int Of);

/// <summary>The activities and the orchestrator of backfills.</summary>
internal static class BackfillSteps
{
    public static readonly ActivityDefinition<BackfillRef, BackfillSize> Begin =
        new("begin-backfill", FlowJson.Default.BackfillRef, FlowJson.Default.BackfillSize);

    public static readonly ActivityDefinition<BackfillItemRef, RunRef> Open =
        new("open-backfill-run", FlowJson.Default.BackfillItemRef, FlowJson.Default.RunRef);

    public static readonly ActivityDefinition<BackfillRef, BackfillRef> Finish =
        new("finish-backfill", FlowJson.Default.BackfillRef, FlowJson.Default.BackfillRef);

    public static readonly OrchestratorDefinition<BackfillRef, BackfillStatus> BackfillRuns =
        new("backfill", FlowJson.Default.BackfillRef, FlowJson.Default.BackfillStatus);
}
