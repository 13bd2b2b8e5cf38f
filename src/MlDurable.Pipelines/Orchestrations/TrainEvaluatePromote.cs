using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The flow: plan, validate, featurize, train and select, evaluate and judge, decide, report.</summary>
/// <remarks>Only names and small numbers pass through it; everything else lies in blobs that a repeated activity writes again alike.</remarks>
internal sealed class TrainEvaluatePromote : RunOrchestrator
{
    /// <summary>How often a candidate is judged anew because the champion changed meanwhile.</summary>
    private const int MaxDecisions = 10;

    protected override async Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run)
    {
        var (plan, broken, work, stops) = await PrepareAsync(context, run);
        if (stops)
        {
            return await FinishAsync(context, new FinishInput(run.RunId, RunOutcome.Quarantined, null, work));
        }

        await context.CallActivityAsync(FlowSteps.Assemble, new AssembleInput(run.RunId, broken), Options);

        Enter(context, "train");
        var candidates = Enumerable.Range(0, plan.Candidates).Select(index => new CandidateRef(run.RunId, index)).ToList();
        var scores = await context.FanOutAsync(FlowSteps.Train, candidates, plan.Parallel, Options);
        var selected = Select(scores, plan.HigherIsBetter);
        work = work with { Trained = scores.Count(score => !score.Reused) };

        for (var attempt = 1; attempt <= MaxDecisions; attempt++)
        {
            Enter(context, "evaluate");
            var evaluation = await context.CallActivityAsync(FlowSteps.Evaluate, new SelectedRef(run.RunId, selected), Options);
            Enter(context, "decide");
            var decision = await context.CallActivityAsync(FlowSteps.Decide, new DecideInput(run.RunId, selected, evaluation), Options);
            if (!decision.Superseded)
            {
                return await FinishAsync(context, new FinishInput(run.RunId, evaluation.Outcome, decision.Version, work));
            }
        }

        throw new PipelineException(
            "champion-contended", $"the champion changed {MaxDecisions} times while run {run.RunId} was judging its candidate; start the run again");
    }

    /// <summary>The best candidate on the validation rows; the earlier one of equals. The baseline, which is last, is never selected.</summary>
    private static int Select(IReadOnlyList<CandidateScore> scores, bool higherIsBetter) =>
        scores
            .SkipLast(1)
            .OrderByDescending(score => score.Primary is { } value ? (higherIsBetter ? value : -value) : double.NegativeInfinity)
            .First()
            .Index;
}
