using MlDurable.Orchestration;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>Batch scoring: plan, score every partition that has no predictions by the model, report.</summary>
/// <remarks>A partition that cannot be scored leaves a finding and does not keep the others from being scored.</remarks>
internal sealed class ScorePartitions : RunOrchestrator
{
    protected override async Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run)
    {
        Enter(context, "plan");
        var plan = await context.CallActivityAsync(ScoreSteps.Plan, run, Options);

        Enter(context, "score");
        var partitions = Enumerable.Range(0, plan.Partitions).Select(index => new PartitionRef(run.RunId, index)).ToList();
        var scored = await context.FanOutAsync(ScoreSteps.Score, partitions, plan.Parallel, Options);

        Enter(context, "report");
        var input = new FinishScoringInput(
            run.RunId,
            scored.Count(partition => partition is { Passed: true, Reused: false }),
            scored.Count(partition => !partition.Passed),
            scored.Sum(partition => partition.Rows),
            scored.Any(partition => partition.Positives is null) ? null : scored.Sum(partition => partition.Positives));
        return await context.CallActivityAsync(ScoreSteps.Finish, input, Options);
    }
}
