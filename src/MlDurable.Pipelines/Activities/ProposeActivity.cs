using System.Collections.Immutable;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Searching;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>Proposes the candidates of the next round by what those before reached, and records them: what is trained does not depend on who is asked again.</summary>
internal sealed class ProposeActivity(FlowServices services) : Activity<ProposeInput, RunRef>
{
    public override async Task<RunRef> RunAsync(ActivityContext context, ProposeInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var name = BlobNames.Run(input.RunId, RunStore.SearchFile);
        while (true)
        {
            var known = await services.Store.ReadJsonAsync(name, PipelinesJson.Default.SearchRecord, ct: cancellation);
            var trials = known?.Value.Trials ?? [];
            if (trials.Length > input.First)
            {
                // An earlier attempt proposed this round.
                return new RunRef(input.RunId);
            }

            if (trials.Length < input.First)
            {
                throw new PipelineException(
                    "run-incomplete", $"run {input.RunId} has no {RunStore.SearchFile} with its first {input.First} trials in {services.Store.Description}; start it again");
            }

            // Of the first round, the plan may have one already.
            var planned = plan.Candidates.Where(candidate => candidate.Index >= input.First && candidate.Index < input.First + input.Count).ToList();
            SearchTrial[] before =
            [
                .. await Task.WhenAll(trials.Select(trial => WithResultAsync(input.RunId, trial, pipeline.Evaluate.Primary, cancellation))),
                .. planned.Select(candidate => new SearchTrial(candidate, null)),
            ];
            var proposed = Propose(pipeline, plan, before, input.Count - planned.Count);
            var record = new SearchRecord([.. before, .. proposed.Select(candidate => new SearchTrial(candidate, null))]);
            try
            {
                await services.Store.WriteJsonAsync(
                    name, record, PipelinesJson.Default.SearchRecord, known is { } read ? BlobCondition.IfMatch(read.ETag) : BlobCondition.IfAbsent, cancellation);
                return new RunRef(input.RunId);
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another attempt of this step wrote first: what it wrote counts.
            }
        }
    }

    private async Task<SearchTrial> WithResultAsync(string runId, SearchTrial trial, string primary, CancellationToken cancellationToken) =>
        trial.Primary is not null
            ? trial
            : trial with { Primary = (await services.Runs.CandidateAsync(runId, trial.Candidate.Index, cancellationToken)).Figure(primary) };

    private static IEnumerable<CandidatePlan> Propose(PipelineDefinition pipeline, RunPlan plan, IReadOnlyList<SearchTrial> trials, int count)
    {
        var space = pipeline.Train.Space!;
        var higherIsBetter = MetricCatalog.Find(pipeline.Data.Label.Rule.Task, pipeline.Evaluate.Primary)!.HigherIsBetter;
        var tried = trials.Select(trial => new Trial(
            space.Find(trial.Candidate.Trainer, trial.Candidate.Hyperparameters)!, higherIsBetter ? -trial.Primary : trial.Primary));
        return TreeParzenSearch
            .Propose(space, [.. tried], count, plan.Seed)
            .Select((point, place) => CandidatePlan.Of(trials.Count + place, point.Trainer, point.Hyperparameters));
    }
}
