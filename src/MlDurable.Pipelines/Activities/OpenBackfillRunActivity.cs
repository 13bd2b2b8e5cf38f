using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Writes what makes one run of a backfill; the orchestrator then starts its instance.</summary>
internal sealed class OpenBackfillRunActivity(FlowServices services) : Activity<BackfillItemRef, RunRef>
{
    public override async Task<RunRef> RunAsync(ActivityContext context, BackfillItemRef input)
    {
        var cancellation = context.CancellationToken;
        var backfill = await new BackfillStore(services.Store).RequireAsync(input.Id, cancellation);
        var item = backfill.Items[input.Index];
        var start = new RunStart(item.RunId, await SourceAsync(backfill, cancellation), backfill.RequestedBy)
        {
            Stage = backfill.Stage,

            // What its instance has from that of the backfill.
            Priority = RunPriority.Low,
            Trigger = new RunTrigger(RunTriggerKind.Backfill) { Name = backfill.Id },
            AsOf = item.AsOf,
            Through = item.Through,
        };
        await new RunOpener(services.Store, backfill.Engine, services.TimeProvider).OpenAsync(start, cancellation);
        return new RunRef(item.RunId);
    }

    private async Task<PipelineSource> SourceAsync(Backfill backfill, CancellationToken cancellationToken)
    {
        var content = await services.Store.ReadBytesAsync(
            BlobNames.PipelineVersion(backfill.Pipeline, backfill.PipelineHash), PipelineFile.MaxBytes, cancellationToken);
        var loaded = PipelineFile.Load(backfill.PipelineFile, content, new PipelineLoadOptions { Parameters = backfill.Parameters });
        return loaded.Definition is { } definition
            ? new PipelineSource(backfill.PipelineFile, content, backfill.PipelineHash, definition, backfill.Parameters)
            : throw new PipelineException(
                "pipeline-invalid",
                $"the pipeline that {backfill.Id} was started with is not valid in this version: {string.Join("; ", loaded.Problems.Take(3))}");
    }
}
