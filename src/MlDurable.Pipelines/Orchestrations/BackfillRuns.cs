using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The runs of a backfill, oldest first, each a child under the run's own identity; at most so many at once as was asked for.</summary>
internal sealed class BackfillRuns : Orchestrator<BackfillRef, BackfillStatus>
{
    public override async Task<BackfillStatus> RunAsync(OrchestrationContext context, BackfillRef input)
    {
        var size = await context.CallActivityAsync(BackfillSteps.Begin, input, RunOrchestrator.Options);
        var status = new BackfillStatus(0, 0, size.Runs);
        var next = 0;
        var lanes = new Task[Math.Min(size.Parallel, size.Runs)];
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            lanes[lane] = RunLaneAsync();
        }

        await Task.WhenAll(lanes);
        await context.CallActivityAsync(BackfillSteps.Finish, input, RunOrchestrator.Options);
        return status;

        async Task RunLaneAsync()
        {
            while (next < size.Runs && !(size.StopsOnFailure && status.Failed > 0))
            {
                var completed = await TryRunAsync(context, new BackfillItemRef(input.Id, next++), size.Stage);
                status = status with { Ended = status.Ended + 1, Failed = status.Failed + (completed ? 0 : 1) };
                context.SetCustomStatus(status, FlowJson.Default.BackfillStatus);
            }
        }
    }

    /// <summary>Whether a run completed. One that failed says why in its own record, and does not keep the others from being made.</summary>
    private static async Task<bool> TryRunAsync(OrchestrationContext context, BackfillItemRef item, Runs.RunStage stage)
    {
        try
        {
            var run = await context.CallActivityAsync(BackfillSteps.Open, item, RunOrchestrator.Options);
            await context.CallSubOrchestratorAsync(FlowSteps.Of(stage), run, new SubOrchestrationOptions { InstanceId = run.RunId });
            return true;
        }
        catch (TaskFailedException)
        {
            return false;
        }
    }
}
