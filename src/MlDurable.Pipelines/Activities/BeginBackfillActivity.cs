using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Activities;

/// <summary>Says how large a backfill is.</summary>
internal sealed class BeginBackfillActivity(FlowServices services) : Activity<BackfillRef, BackfillSize>
{
    public override async Task<BackfillSize> RunAsync(ActivityContext context, BackfillRef input)
    {
        var backfill = await new BackfillStore(services.Store).RequireAsync(input.Id, context.CancellationToken);
        return new BackfillSize(backfill.Items.Length, backfill.Parallel, backfill.StopsOnFailure, backfill.Stage);
    }
}
