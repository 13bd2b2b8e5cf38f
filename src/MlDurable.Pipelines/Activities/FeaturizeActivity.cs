using MlDurable.Learning.Tables;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Does the row-level feature work on one partition, once per content and feature set.</summary>
internal sealed class FeaturizeActivity(FlowServices services) : Activity<PartitionRef, PartitionResult>
{
    public override async Task<PartitionResult> RunAsync(ActivityContext context, PartitionRef input)
    {
        var cancellation = context.CancellationToken;
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var partition = plan.Partitions[input.Index];
        var name = BlobNames.Features(plan.Pipeline, plan.FeatureSet, partition.Hash);
        var reused = await services.Store.ExistsAsync(name, cancellation);
        if (!reused)
        {
            var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
            var schema = await services.SchemaAsync(plan.Pipeline, cancellation);
            var content = await PartitionSource.ReadAsync(services.Store, partition.Name, partition.ETag, schema, cancellation);
            using var file = new MemoryStream();
            ColumnFile.Write(file, FeatureSet.RowFeatures(pipeline).Build(content.Table));
            file.Position = 0;
            await services.Store.WriteAsync(name, file, BlobCondition.None, cancellation);
        }

        return new PartitionResult(input.Index, partition.Name, Passed: true, reused);
    }
}
