using System.Globalization;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Closes the record of a scoring run.</summary>
internal sealed class FinishScoringActivity(FlowServices services) : Activity<FinishScoringInput, RunEnd>
{
    private const int MostFindings = 100;

    public override async Task<RunEnd> RunAsync(ActivityContext context, FinishScoringInput input)
    {
        var cancellation = context.CancellationToken;
        var plan = await services.Runs.RequireAsync(input.RunId, RunStore.ScoringFile, PipelinesJson.Default.ScoringPlan, cancellation);
        var failed = await services.Runs.UnscoredAsync(input.RunId, cancellation).Take(MostFindings).ToListAsync(cancellation);
        var work = new ScoringWork(
            plan.Version,
            plan.ModelHash,
            plan.Known + plan.Partitions.Length,
            input.Scored,
            input.Rows,
            input.Positives,
            [.. failed],
            input.Failed);
        var outcome = input.Failed > 0 ? RunOutcome.Incomplete : input.Scored > 0 ? RunOutcome.Scored : RunOutcome.Unchanged;
        var closed = await services.CompleteAsync(
            input.RunId,
            record => record with
            {
                Status = RunStatus.Completed,
                Outcome = outcome,
                Summary = Summary(work),
                FinishedAt = services.TimeProvider.GetUtcNow(),
                Scoring = work,
            },
            cancellation);
        return new RunEnd(input.RunId, outcome, closed.Summary!);
    }

    private static string Summary(ScoringWork work)
    {
        var scored = work.Scored == 0
            ? $"version {work.Version} has scored all that can be scored"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"version {work.Version} scored {work.Scored:N0} of {work.Partitions:N0} partitions, {work.Rows:N0} rows")
                + (work.Positives is { } positives ? string.Create(CultureInfo.InvariantCulture, $", {positives:N0} called positive") : "");
        return work.FailedCount == 0
            ? scored
            : $"{scored}; {work.FailedCount} could not be scored: {string.Join(", ", work.Failed.Take(3).Select(finding => finding.Partition))}{(work.FailedCount > 3 ? ", …" : "")}";
    }
}
