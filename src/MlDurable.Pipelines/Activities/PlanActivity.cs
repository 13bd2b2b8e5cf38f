using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Plans the run and freezes the schema that its partitions are read with.</summary>
internal sealed class PlanActivity(FlowServices services) : Activity<RunRef, PlanSize>
{
    public override async Task<PlanSize> RunAsync(ActivityContext context, RunRef input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.PlanAsync(input.RunId, cancellation);
        if (plan is null)
        {
            var request = await services.Runs.RequestAsync(input.RunId, cancellation);
            var planner = new RunPlanner(services.Store, new DataLimits(request.AsOf, request.Through));
            (plan, var newSchema) = await planner.PlanAsync(pipeline, request.PipelineHash, cancellation);
            if (newSchema is not null && !await TryFreezeAsync(plan.Pipeline, newSchema, cancellation))
            {
                // Another run froze its schema first: plan with that one.
                (plan, _) = await planner.PlanAsync(pipeline, request.PipelineHash, cancellation);
            }

            var planned = plan.Partitions.ToDictionary(partition => partition.Name, partition => partition.ETag, StringComparer.Ordinal);
            plan = plan with { Replaced = [.. request.Blobs.Where(blob => planned.TryGetValue(blob.Name, out var etag) && etag != blob.ETag)] };
            await services.Runs.WriteAsync(input.RunId, RunStore.PlanFile, plan, PipelinesJson.Default.RunPlan, cancellation);
        }

        return new PlanSize(
            plan.Partitions.Length,
            pipeline.Data.OnQuarantine == Definition.QuarantinePolicy.Skip,
            plan.MostCandidates,
            pipeline.Train.Search.Parallel,
            MetricCatalog.Find(pipeline.Data.Label.Rule.Task, pipeline.Evaluate.Primary)!.HigherIsBetter,
            pipeline.Approve is not null,
            plan.Search is not null,
            pipeline.Train.Search.Time,
            plan.Halving is not null);
    }

    private async Task<bool> TryFreezeAsync(string pipeline, TableSchema schema, CancellationToken cancellationToken)
    {
        try
        {
            await services.Store.WriteJsonAsync(
                BlobNames.Schema(pipeline), schema, PipelinesJson.Default.TableSchema, BlobCondition.IfAbsent, cancellationToken);
            return true;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            return false;
        }
    }
}
