using System.Collections.Immutable;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Settles which version scores, and finds the partitions that have no predictions of their present content by it.</summary>
internal sealed class PlanScoringActivity(FlowServices services) : Activity<RunRef, ScoringSize>
{
    public override async Task<ScoringSize> RunAsync(ActivityContext context, RunRef input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var score = pipeline.Score ?? throw ScoreDefinition.Missing(pipeline.Name);
        var plan = await services.Runs.ScoringAsync(input.RunId, cancellation);
        if (plan is null)
        {
            var request = await services.Runs.RequestAsync(input.RunId, cancellation);
            plan = await PlanAsync(pipeline, score, request.Through, cancellation);
            await services.Runs.WriteAsync(input.RunId, RunStore.ScoringFile, plan, PipelinesJson.Default.ScoringPlan, cancellation);
        }

        return new ScoringSize(plan.Partitions.Length, score.Parallel);
    }

    private async Task<ScoringPlan> PlanAsync(PipelineDefinition pipeline, ScoreDefinition score, string? through, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(pipeline.Promote.Model, score.Alias, cancellationToken);
        var found = await PartitionSource.FindAsync(services.Store, score.Files, through, cancellationToken);
        var partitions = ImmutableArray.CreateBuilder<ScoringPartition>();
        foreach (var blob in found)
        {
            var partition = new ScoringPartition(blob.Name[BlobNames.Data.Length..], blob.Length, blob.ETag);
            var lineage = await services.Store.FindSoundAsync(
                BlobNames.PredictionLineage(pipeline.Name, version.Number, partition.Name), PipelinesJson.Default.PredictionLineage, cancellationToken);
            if (lineage?.ETag != partition.ETag)
            {
                partitions.Add(partition);
            }
        }

        return new ScoringPlan(
            pipeline.Name, pipeline.Promote.Model, version.Number, version.ModelHash, found.Count - partitions.Count, partitions.ToImmutable());
    }

    private async Task<ModelVersion> VersionAsync(string model, string alias, CancellationToken cancellationToken)
    {
        var registry = await services.Registry.ReadAsync(model, cancellationToken);
        return registry.Aliases.TryGetValue(alias, out var number)
            ? registry.Require(number)
            : throw new PipelineException(
                "no-champion",
                $"model '{model}' has no {alias} to score with; run the pipeline until one is promoted, or promote a version with `mldurable promote`");
    }
}
