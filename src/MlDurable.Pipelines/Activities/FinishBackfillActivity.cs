using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Activities;

/// <summary>Closes the record of a backfill.</summary>
internal sealed class FinishBackfillActivity(FlowServices services) : Activity<BackfillRef, BackfillRef>
{
    public override async Task<BackfillRef> RunAsync(ActivityContext context, BackfillRef input)
    {
        var backfills = new BackfillStore(services.Store);
        var backfill = await backfills.RequireAsync(input.Id, context.CancellationToken);
        if (backfill.FinishedAt is null)
        {
            await backfills.WriteAsync(backfill with { FinishedAt = services.TimeProvider.GetUtcNow() }, context.CancellationToken);
        }

        return input;
    }
}
