using MlDurable.Orchestration;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Divides the run's rows into training, validation and holdout.</summary>
internal sealed class AssembleActivity(FlowServices services) : Activity<AssembleInput, DatasetSize>
{
    public override async Task<DatasetSize> RunAsync(ActivityContext context, AssembleInput input)
    {
        var cancellation = context.CancellationToken;
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var lineage = await Dataset.AssembleAsync(services.Store, pipeline, plan, input.LeftOut, cancellation);
        await services.Runs.WriteAsync(input.RunId, RunStore.DatasetFile, lineage, PipelinesJson.Default.DatasetLineage, cancellation);
        return new DatasetSize(
            lineage.Partitions.Sum(partition => partition.Rows), lineage.Split.TrainingRows, lineage.Split.ValidationRows, lineage.Split.HoldoutRows);
    }
}
