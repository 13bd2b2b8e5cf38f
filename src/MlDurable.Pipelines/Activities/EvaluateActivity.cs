using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Promotion;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Scores the selected candidate and the champion on rows that neither has seen, and reaches a verdict.</summary>
internal sealed class EvaluateActivity(FlowServices services) : Activity<SelectedRef, EvaluationResult>
{
    public override async Task<EvaluationResult> RunAsync(ActivityContext context, SelectedRef input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var lineage = await services.Runs.RequireAsync(input.RunId, RunStore.DatasetFile, PipelinesJson.Default.DatasetLineage, cancellation);
        var candidate = await services.Runs.CandidateAsync(input.RunId, input.Candidate, cancellation);
        var baseline = await services.Runs.CandidateAsync(input.RunId, plan.Candidates[^1].Index, cancellation);
        var dataset = await services.Datasets.GetAsync(plan.Pipeline, lineage).WaitAsync(cancellation);
        var registry = await services.Registry.ReadAsync(pipeline.Promote.Model, cancellation);

        var request = await services.Runs.RequestAsync(input.RunId, cancellation);
        var evaluator = new Evaluator(services.Store, request, pipeline, plan, dataset);
        var later = await Hindsight.LaterChampionAsync(services.Store, registry, request, cancellation);
        var (judged, explanation, predictions) = await evaluator.EvaluateAsync(
            candidate, baseline, later is null ? registry : Hindsight.Without(registry), new ActivityProgress(context), cancellation);
        var evaluation = judged with { LaterChampion = later };
        await services.Runs.WriteAsync(
            input.RunId,
            RunStore.ManifestFile,
            Manifests.Create(request, plan, lineage, candidate, pipeline, services.TimeProvider.GetUtcNow()),
            PipelinesJson.Default.Manifest,
            cancellation);
        await services.Runs.WriteTextAsync(input.RunId, RunStore.PredictionsFile, predictions, cancellation);
        await services.Runs.WriteAsync(input.RunId, RunStore.EvaluationFile, evaluation, PipelinesJson.Default.Evaluation, cancellation);
        if (explanation is not null)
        {
            await services.Runs.WriteAsync(input.RunId, RunStore.ExplanationFile, explanation, PipelinesJson.Default.ModelExplanation, cancellation);
        }

        return new EvaluationResult(registry.ChampionVersion, Outcomes.Of(evaluation), Outcomes.ResetsAnchor(evaluation), Outcomes.Summary(evaluation));
    }
}
