using MlDurable.Learning.Drift;
using MlDurable.Learning.Explaining;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Registers the selected candidate, and makes it the champion when the verdict says so and the champion is still the one that it was judged against.</summary>
internal sealed class DecideActivity(FlowServices services) : Activity<DecideInput, DecisionResult>
{
    public override async Task<DecisionResult> RunAsync(ActivityContext context, DecideInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var evaluation = await services.Runs.RequireAsync(input.RunId, RunStore.EvaluationFile, PipelinesJson.Default.Evaluation, cancellation);
        var manifest = await services.Runs.RequireAsync(input.RunId, RunStore.ManifestFile, PipelinesJson.Default.Manifest, cancellation);
        var explanation = await services.Runs.ExplanationAsync(input.RunId, cancellation);
        var candidate = await services.Runs.CandidateAsync(input.RunId, input.Candidate, cancellation);
        var model = pipeline.Promote.Model;
        var primary = evaluation.Candidate.Metrics.First(metric => metric.Metric == evaluation.Primary);
        var by = $"run {input.RunId}";
        var approval = input.Approval is { } number ? await ApprovalAsync(input, number, cancellation) : null;
        var version = await services.Registry.RegisterAsync(
            model,
            manifest,
            primary.Metric,
            primary.Value,
            prefix => WriteFilesAsync(prefix, pipeline, manifest, candidate, evaluation, explanation, cancellation),
            cancellation);

        switch (input.Evaluation.Outcome)
        {
            case RunOutcome.Promoted:
                var decision = new ChampionDecision(
                    version,
                    input.Evaluation.Champion,
                    input.Evaluation.ResetsAnchor,
                    by,
                    input.RunId,
                    approval is null ? input.Evaluation.Summary : $"{input.Evaluation.Summary}; {approval.Summary}",
                    evaluation.Verdict.VersusChampion?.Delta);
                return new DecisionResult(version, await services.Registry.PromoteAsync(model, decision, cancellation) == AliasMove.Superseded);
            case RunOutcome.Unchanged:
            case var _ when evaluation.LaterChampion is not null:
                // A model of the past is no challenger of a champion that it was not compared with.
                return new DecisionResult(version, Superseded: false);
            default:
                await services.Registry.RejectAsync(model, version, by, input.RunId, input.Evaluation.Summary, cancellation);
                return new DecisionResult(version, Superseded: false);
        }
    }

    /// <summary>The decision on a request. What was approved must be what is promoted, to the byte.</summary>
    private async Task<ApprovalDecision> ApprovalAsync(DecideInput input, int number, CancellationToken cancellationToken)
    {
        var decision = await services.Approvals.DecisionAsync(input.RunId, number, cancellationToken)
            ?? throw new PipelineException("run-incomplete", $"run {input.RunId} has no decision on its request {number} for approval in {services.Store.Description}");
        if (input.Evaluation.Outcome == RunOutcome.Promoted
            && (decision.Verdict != ApprovalVerdict.Approved
                || decision.Evidence != await EvidenceFiles.HashAsync(services, input.RunId, input.Candidate, cancellationToken)))
        {
            throw new PipelineException(
                "evidence-changed",
                $"the files of run {input.RunId} are not those that {decision.By ?? "nobody"} approved in request {number}; nothing is promoted; start the run anew");
        }

        return decision;
    }

    private async Task WriteFilesAsync(
        string prefix,
        Definition.PipelineDefinition pipeline,
        Manifest manifest,
        CandidateResult candidate,
        Evaluation evaluation,
        ModelExplanation? explanation,
        CancellationToken cancellationToken)
    {
        var store = services.Store;
        await using (var source = await store.OpenReadAsync(candidate.ModelBlob, ct: cancellationToken))
        {
            await store.WriteAsync(prefix + VersionFiles.Model, source.Content, BlobCondition.None, cancellationToken);
        }

        var dataset = await services.Datasets.GetAsync(manifest.Pipeline, manifest.Dataset).WaitAsync(cancellationToken);
        var profile = ReferenceProfile.From(dataset.Take(dataset.Indexes(RowPart.Training)).Features);
        await WriteAsync(VersionFiles.Manifest, manifest, PipelinesJson.Default.Manifest);
        await WriteAsync(VersionFiles.Features, FeatureSet.RowFeatures(pipeline), PipelinesJson.Default.RowFeatures);
        await WriteAsync(VersionFiles.Evaluation, evaluation, PipelinesJson.Default.Evaluation);
        if (explanation is not null)
        {
            await WriteAsync(VersionFiles.Explanation, explanation, PipelinesJson.Default.ModelExplanation);
        }

        await WriteAsync(VersionFiles.Profile, profile, PipelinesJson.Default.ReferenceProfile);

        Task WriteAsync<T>(string file, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> typeInfo) =>
            store.WriteJsonAsync(prefix + file, value, typeInfo, BlobCondition.None, cancellationToken);
    }
}
