using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The flow: plan, validate, featurize, train and select, evaluate and judge, decide, report.</summary>
/// <remarks>Only names and small numbers pass through it; everything else lies in blobs that a repeated activity writes again alike.</remarks>
internal sealed class TrainEvaluatePromote : Orchestrator<RunRef, RunEnd>
{
    private const int PartitionsAtOnce = 8;

    /// <summary>How often a candidate is judged anew because the champion changed meanwhile.</summary>
    private const int MaxDecisions = 10;

    private static readonly ActivityOptions Options = new()
    {
        Retry = new RetryPolicy
        {
            MaxAttempts = 5,
            FirstRetryInterval = TimeSpan.FromSeconds(1),
            BackoffCoefficient = 2,
            MaxRetryInterval = TimeSpan.FromSeconds(30),
            HandleFailure = failure => failure.Code == "store-unavailable",
        },
    };

    public override async Task<RunEnd> RunAsync(OrchestrationContext context, RunRef input)
    {
        try
        {
            return await FlowAsync(context, input);
        }
        catch (TaskFailedException exception)
        {
            var failure = new RunFailure(
                exception.FailureDetails.Code ?? exception.FailureDetails.ErrorType, exception.TaskName, exception.FailureDetails.ErrorMessage);
            await context.CallActivityAsync(FlowSteps.Fail, new FailInput(input.RunId, failure), Options);
            throw;
        }
        catch (PipelineException exception)
        {
            var failure = new RunFailure(exception.Code, "decide", exception.Message);
            await context.CallActivityAsync(FlowSteps.Fail, new FailInput(input.RunId, failure), Options);
            throw;
        }
    }

    private static async Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run)
    {
        Enter(context, "plan");
        var plan = await context.CallActivityAsync(FlowSteps.Plan, run, Options);
        var partitions = Enumerable.Range(0, plan.Partitions).Select(index => new PartitionRef(run.RunId, index)).ToList();

        Enter(context, "validate");
        var judged = await context.FanOutAsync(FlowSteps.Validate, partitions, PartitionsAtOnce, Options);
        var broken = judged.Where(partition => !partition.Passed).Select(partition => partition.Index).ToList();
        var work = new RunWork(plan.Partitions, judged.Count(partition => !partition.Reused), 0, plan.Candidates, 0);
        if (broken.Count > 0 && !plan.SkipQuarantined)
        {
            return await FinishAsync(context, new FinishInput(run.RunId, RunOutcome.Quarantined, null, work));
        }

        Enter(context, "featurize");
        var sound = partitions.Where(partition => !broken.Contains(partition.Index)).ToList();
        var featurized = await context.FanOutAsync(FlowSteps.Featurize, sound, PartitionsAtOnce, Options);
        await context.CallActivityAsync(FlowSteps.Assemble, new AssembleInput(run.RunId, broken), Options);

        Enter(context, "train");
        var candidates = Enumerable.Range(0, plan.Candidates).Select(index => new CandidateRef(run.RunId, index)).ToList();
        var scores = await context.FanOutAsync(FlowSteps.Train, candidates, plan.Parallel, Options);
        var selected = Select(scores, plan.HigherIsBetter);
        work = work with
        {
            Featurized = featurized.Count(partition => !partition.Reused),
            Trained = scores.Count(score => !score.Reused),
        };

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

    private static Task<RunEnd> FinishAsync(OrchestrationContext context, FinishInput input)
    {
        Enter(context, "report");
        return context.CallActivityAsync(FlowSteps.Finish, input, Options);
    }

    private static void Enter(OrchestrationContext context, string stage) =>
        context.SetCustomStatus(new FlowStatus(stage), FlowJson.Default.FlowStatus);
}
