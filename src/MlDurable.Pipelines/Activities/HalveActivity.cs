using System.Collections.Immutable;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Searching;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>
/// Says what a successive halving fits next by what was reached before, and records it: what is promoted does not depend on who is asked again, nor on which of a
/// round's fits was the first to finish.
/// </summary>
internal sealed class HalveActivity(FlowServices services) : Activity<HalveInput, HalveResult>
{
    public override async Task<HalveResult> RunAsync(ActivityContext context, HalveInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.PlanFile, PipelinesJson.Default.RunPlan, cancellation);
        var metric = MetricCatalog.Find(pipeline.Data.Label.Rule.Task, pipeline.Evaluate.Primary)!;
        var name = BlobNames.Run(input.RunId, RunStore.HalvingFile);
        while (true)
        {
            var known = await services.Store.ReadJsonAsync(name, PipelinesJson.Default.HalvingRecord, ct: cancellation);
            var rounds = known?.Value.Rounds ?? [];
            if (rounds.Length > input.Round)
            {
                // An earlier attempt began this round.
                return Result(input.RunId, rounds[input.Round]);
            }

            if (rounds.Length < input.Round)
            {
                throw new PipelineException(
                    "run-incomplete",
                    $"run {input.RunId} has no {RunStore.HalvingFile} with its first {input.Round} rounds in {services.Store.Description}; start it again");
            }

            rounds = [.. await Task.WhenAll(rounds.Select(round => WithResultsAsync(input.RunId, plan.Halving!, round, metric.Name, cancellation)))];
            var next = Next(plan.Halving!, metric, [.. rounds.SelectMany(round => round)], input);
            if (next.IsEmpty)
            {
                return Result(input.RunId, next);
            }

            try
            {
                await services.Store.WriteJsonAsync(
                    name,
                    new HalvingRecord([.. rounds, next]),
                    PipelinesJson.Default.HalvingRecord,
                    known is { } read ? BlobCondition.IfMatch(read.ETag) : BlobCondition.IfAbsent,
                    cancellation);
                return Result(input.RunId, next);
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another attempt of this step wrote first: what it wrote counts.
            }
        }
    }

    private async Task<ImmutableArray<HalvingFit>> WithResultsAsync(
        string runId, SuccessiveHalving halving, ImmutableArray<HalvingFit> round, string primary, CancellationToken cancellationToken) =>
    [
        .. await Task.WhenAll(round.Select(async fit => fit.Primary is not null
            ? fit
            : fit with { Primary = (await services.Runs.RungAsync(runId, halving, fit.Candidate, fit.Rung, cancellationToken)).Figure(primary) })),
    ];

    private static ImmutableArray<HalvingFit> Next(SuccessiveHalving halving, Metric metric, IReadOnlyList<HalvingFit> fits, HalveInput input)
    {
        RungFit[] before = [.. fits.Select(fit => new RungFit(fit.Candidate, fit.Rung, metric.HigherIsBetter ? -fit.Primary : fit.Primary))];
        IEnumerable<RungFit> next = !input.IsOutOfTime ? halving.Next(before, input.Count) : halving.Last(before) is { } last ? [last] : [];
        return [.. next.Select(fit => new HalvingFit(fit.Trial, fit.Rung, null))];
    }

    private static HalveResult Result(string runId, ImmutableArray<HalvingFit> fits) =>
        new([.. fits.Select(fit => new CandidateRef(runId, fit.Candidate, fit.Rung))]);
}
