using MlDurable.Orchestration;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Judges the quality of one partition, once per content and expectations.</summary>
internal sealed class ValidateActivity(FlowServices services) : Activity<PartitionRef, PartitionResult>
{
    public override async Task<PartitionResult> RunAsync(ActivityContext context, PartitionRef input)
    {
        var cancellation = context.CancellationToken;
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var partition = plan.Partitions[input.Index];
        var name = BlobNames.Quality(plan.Pipeline, plan.QualityHash, partition.Hash);
        if (await services.Store.FindSoundAsync(name, PipelinesJson.Default.PartitionQuality, cancellation) is { } known)
        {
            return new PartitionResult(input.Index, partition.Name, known.Passed, Reused: true);
        }

        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var quality = await new PartitionValidator(services.Store, services.Registry)
            .ValidateAsync(pipeline, partition, await services.SchemaAsync(plan.Pipeline, cancellation), cancellation);
        await services.Store.WriteJsonAsync(name, quality, PipelinesJson.Default.PartitionQuality, BlobCondition.None, cancellation);
        return new PartitionResult(input.Index, partition.Name, quality.Passed, Reused: false);
    }
}
