using System.Collections.Immutable;
using MlDurable.Learning.Metrics;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Fits one candidate and scores it on the validation rows, once per identical fit.</summary>
internal sealed class TrainActivity(FlowServices services) : Activity<CandidateRef, CandidateScore>
{
    public override async Task<CandidateScore> RunAsync(ActivityContext context, CandidateRef input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var lineage = await services.Runs.RequireAsync(input.RunId, RunStore.DatasetFile, PipelinesJson.Default.DatasetLineage, cancellation);
        var candidate = (await services.Runs.CandidatesAsync(input.RunId, plan, cancellation)).First(candidate => candidate.Index == input.Index);
        var key = CandidateTraining.Identity(lineage, pipeline, candidate, plan.Seed);
        var record = BlobNames.TrainedCandidate(plan.Pipeline, key);

        var result = await services.Store.FindSoundAsync(record, PipelinesJson.Default.CandidateResult, cancellation);
        if (result is null || !await HasModelAsync(result, cancellation))
        {
            result = await FitAsync(context, pipeline, plan, lineage, candidate, BlobNames.TrainedModel(plan.Pipeline, key));
            await services.Store.WriteJsonAsync(record, result, PipelinesJson.Default.CandidateResult, BlobCondition.None, cancellation);
        }
        else
        {
            // An identical candidate may have another place in this run's search.
            result = result with { Index = candidate.Index, Reused = true };
        }

        await services.Runs.WriteAsync(
            input.RunId, RunStore.CandidateFile(candidate.Index), result, PipelinesJson.Default.CandidateResult, cancellation);
        var primary = result.Validation[pipeline.Evaluate.Primary];
        return new CandidateScore(candidate.Index, double.IsNaN(primary) ? null : primary, result.Reused);
    }

    private async Task<bool> HasModelAsync(CandidateResult result, CancellationToken cancellationToken)
    {
        if (!await services.Store.ExistsAsync(result.ModelBlob, cancellationToken))
        {
            return false;
        }

        await using var reader = await services.Store.OpenReadAsync(result.ModelBlob, ct: cancellationToken);
        return await ContentHash.OfAsync(reader.Content, cancellationToken) == result.ModelHash;
    }

    private async Task<CandidateResult> FitAsync(
        ActivityContext context, Definition.PipelineDefinition pipeline, RunPlan plan, DatasetLineage lineage, CandidatePlan candidate, string modelBlob)
    {
        var cancellation = context.CancellationToken;
        var dataset = await services.Datasets.GetAsync(plan.Pipeline, lineage).WaitAsync(cancellation);
        var started = services.TimeProvider.GetTimestamp();
        var trained = await Task.Run(
            () => CandidateTraining.Fit(
                dataset,
                pipeline,
                candidate.Trainer,
                candidate.Hyperparameters,
                plan.Seed,
                new ActivityProgress(context),
                cancellation),
            cancellation);
        var fitSeconds = services.TimeProvider.GetElapsedTime(started).TotalSeconds;

        var validation = dataset.Take(dataset.Indexes(RowPart.Validation));
        var scores = trained.Model.Predict(validation.Features);
        using var file = new MemoryStream(trained.File);
        await services.Store.WriteAsync(modelBlob, file, BlobCondition.None, cancellation);
        return new CandidateResult(
            candidate.Index,
            candidate.Trainer,
            candidate.Hyperparameters,
            MetricCatalog.Of(validation.Target.Task).ToImmutableSortedDictionary(
                metric => metric.Name, metric => metric.Evaluate(validation.Labels, scores, trained.Model.Threshold)),
            modelBlob,
            trained.Hash,
            fitSeconds,
            Reused: false);
    }
}
