using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Closes the record of a run that failed.</summary>
internal sealed class FailActivity(FlowServices services) : Activity<FailInput, RunRef>
{
    public override async Task<RunRef> RunAsync(ActivityContext context, FailInput input)
    {
        await services.Runs.UpdateAsync(
            input.RunId,
            record => record with
            {
                Status = RunStatus.Failed,
                Summary = input.Failure.Message,
                Failure = input.Failure,
                FinishedAt = services.TimeProvider.GetUtcNow(),
            },
            context.CancellationToken);
        return new RunRef(input.RunId);
    }
}
