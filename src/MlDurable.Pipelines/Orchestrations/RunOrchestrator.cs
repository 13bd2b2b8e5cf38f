using MlDurable.Orchestration;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>What the orchestrators of all stages have in common: a failure closes the run's record, and new partitions are prepared alike.</summary>
internal abstract class RunOrchestrator : Orchestrator<RunRef, RunEnd>
{
    private const int PartitionsAtOnce = 8;

    /// <summary>How every activity of the product is tried again: only while the store cannot be reached.</summary>
    internal static readonly ActivityOptions Options = new()
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

    public sealed override async Task<RunEnd> RunAsync(OrchestrationContext context, RunRef input)
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

    /// <summary>The steps of the stage, the last of which closes the run's record.</summary>
    protected abstract Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run);

    /// <summary>Plans the run, and validates and featurizes its partitions, unless a broken one ends it.</summary>
    protected static async Task<PreparedRun> PrepareAsync(OrchestrationContext context, RunRef run)
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
            return new PreparedRun(plan, broken, work, Stops: true);
        }

        Enter(context, "featurize");
        var sound = partitions.Where(partition => !broken.Contains(partition.Index)).ToList();
        var featurized = await context.FanOutAsync(FlowSteps.Featurize, sound, PartitionsAtOnce, Options);
        return new PreparedRun(plan, broken, work with { Featurized = featurized.Count(partition => !partition.Reused) }, Stops: false);
    }

    protected static Task<RunEnd> FinishAsync(OrchestrationContext context, FinishInput input)
    {
        Enter(context, "report");
        return context.CallActivityAsync(FlowSteps.Finish, input, Options);
    }

    protected static void Enter(OrchestrationContext context, string stage) =>
        context.SetCustomStatus(new FlowStatus(stage), FlowJson.Default.FlowStatus);

    /// <summary>The partitions of a run, ready to learn from.</summary>
    /// <param name="Plan">The plan.</param>
    /// <param name="Broken">The places of the partitions that break an expectation.</param>
    /// <param name="Work">What was done so far.</param>
    /// <param name="Stops">Whether a broken partition ends the run; nothing was featurized then.</param>
    protected sealed record PreparedRun(PlanSize Plan, IReadOnlyList<int> Broken, RunWork Work, bool Stops);
}
