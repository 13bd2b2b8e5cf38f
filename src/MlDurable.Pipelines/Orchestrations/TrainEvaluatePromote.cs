using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>The flow: plan, validate, featurize, train and select, evaluate and judge, have it approved, decide, report.</summary>
/// <remarks>Only names and small numbers pass through it; everything else lies in blobs that a repeated activity writes again alike.</remarks>
internal sealed class TrainEvaluatePromote : RunOrchestrator
{
    /// <summary>How often a candidate is judged anew because the champion changed meanwhile.</summary>
    private const int MaxDecisions = 10;

    private static readonly ActivityOptions NoticeOptions = new()
    {
        Retry = new RetryPolicy
        {
            MaxAttempts = 5,
            FirstRetryInterval = TimeSpan.FromSeconds(2),
            BackoffCoefficient = 3,
            HandleFailure = failure => failure.Code is "store-unavailable" or ApprovalWebhook.Unavailable,
        },
    };

    protected override async Task<RunEnd> FlowAsync(OrchestrationContext context, RunRef run)
    {
        var (plan, broken, work, stops) = await PrepareAsync(context, run);
        if (stops)
        {
            return await FinishAsync(context, new FinishInput(run.RunId, RunOutcome.Quarantined, null, work));
        }

        await context.CallActivityAsync(FlowSteps.Assemble, new AssembleInput(run.RunId, broken), Options);

        Enter(context, "train");
        var scores = plan switch
        {
            { Halves: true } => await HalveAsync(context, run, plan),
            { Proposes: false, SearchTime: null } => await TrainAsync(context, run, plan, 0, plan.Candidates),
            _ => await SearchAsync(context, run, plan),
        };
        var selected = Select(scores, plan.HigherIsBetter);
        work = work with
        {
            Candidates = scores.DistinctBy(score => score.Index).Count(),
            Trained = scores.Where(score => !score.Reused).DistinctBy(score => score.Index).Count(),
        };

        for (var attempt = 1; attempt <= MaxDecisions; attempt++)
        {
            Enter(context, "evaluate");
            var evaluation = await context.CallActivityAsync(FlowSteps.Evaluate, new SelectedRef(run.RunId, selected), Options);
            int? approval = null;
            if (plan.Approve && evaluation.Outcome == RunOutcome.Promoted)
            {
                approval = attempt;
                Enter(context, "approve");
                var answer = await ApproveAsync(context, new RequestApprovalInput(run.RunId, selected, attempt, evaluation, context.CurrentUtcDateTime));
                evaluation = answer.Verdict == ApprovalVerdict.Approved
                    ? evaluation
                    : evaluation with { Outcome = RunOutcome.Rejected, Summary = answer.Summary };
            }

            Enter(context, "decide");
            var decision = await context.CallActivityAsync(FlowSteps.Decide, new DecideInput(run.RunId, selected, evaluation, approval), Options);
            if (!decision.Superseded)
            {
                return await FinishAsync(context, new FinishInput(run.RunId, evaluation.Outcome, decision.Version, work));
            }
        }

        throw new PipelineException(
            "champion-contended", $"the champion changed {MaxDecisions} times while run {run.RunId} was judging its candidate; start the run again");
    }

    /// <summary>
    /// Trains in rounds of as many candidates as are trained at a time, and begins none when its time is over. A round that is not planned is proposed, and
    /// recorded, by what those before reached. The baseline comes last, whatever the time.
    /// </summary>
    private static async Task<IReadOnlyList<CandidateScore>> SearchAsync(OrchestrationContext context, RunRef run, PlanSize plan)
    {
        var trials = plan.Candidates - 1;
        var began = context.CurrentUtcDateTime;
        var scores = new List<CandidateScore>();
        while (scores.Count < trials && (scores.Count == 0 || plan.SearchTime is null || context.CurrentUtcDateTime - began < plan.SearchTime))
        {
            var round = Math.Min(plan.Parallel, trials - scores.Count);
            if (plan.Proposes)
            {
                await context.CallActivityAsync(FlowSteps.Propose, new ProposeInput(run.RunId, scores.Count, round), Options);
            }

            scores.AddRange(await TrainAsync(context, run, plan, scores.Count, round));
        }

        return [.. scores, .. await TrainAsync(context, run, plan, trials, 1)];
    }

    /// <summary>
    /// Fits in rounds of as many candidates as are fitted at a time, each on the rung that the results of the rounds before give it, and begins none but the
    /// last when its time is over. The baseline comes last, whatever the time.
    /// </summary>
    private static async Task<IReadOnlyList<CandidateScore>> HalveAsync(OrchestrationContext context, RunRef run, PlanSize plan)
    {
        var began = context.CurrentUtcDateTime;
        var scores = new List<CandidateScore>();
        for (var (round, isLast) = (0, false); !isLast; round++)
        {
            var isOutOfTime = round > 0 && plan.SearchTime is { } time && context.CurrentUtcDateTime - began >= time;
            var next = await context.CallActivityAsync(FlowSteps.Halve, new HalveInput(run.RunId, round, plan.Parallel, isOutOfTime), Options);
            scores.AddRange(await context.FanOutAsync(FlowSteps.Train, next.Fits, plan.Parallel, Options));
            isLast = isOutOfTime || next.Fits.IsEmpty;
        }

        return [.. scores, .. await TrainAsync(context, run, plan, plan.Candidates - 1, 1)];
    }

    private static Task<IReadOnlyList<CandidateScore>> TrainAsync(OrchestrationContext context, RunRef run, PlanSize plan, int first, int count) =>
        context.FanOutAsync(
            FlowSteps.Train, [.. Enumerable.Range(first, count).Select(index => new CandidateRef(run.RunId, index))], plan.Parallel, Options);

    /// <summary>
    /// Asks a person: the race between the answer, the reminders and the time-out. The race only says when to look; what is found then is decided by
    /// the store, so that an event that comes too soon, too late or from nowhere changes nothing.
    /// </summary>
    private static async Task<SettleApprovalResult> ApproveAsync(OrchestrationContext context, RequestApprovalInput input)
    {
        var request = await context.CallActivityAsync(FlowSteps.RequestApproval, input, Options);
        var notices = new List<Task>();
        Notify(0);
        for (var reminder = 0; ;)
        {
            var isLast = reminder == request.Reminders.Length;
            var isDue = !await IsWokenAsync(context, isLast ? request.ExpiresAt : request.Reminders[reminder]);
            var settled = await context.CallActivityAsync(
                FlowSteps.SettleApproval, new SettleApprovalInput(input.RunId, input.Number, isDue && isLast), Options);
            if (settled.Verdict is not null)
            {
                await Task.WhenAll(notices);
                return settled;
            }

            if (isDue)
            {
                Notify(++reminder);
            }
        }

        void Notify(int notice)
        {
            if (request.Notifies)
            {
                notices.Add(NotifyAsync(context, new NotifyApprovalInput(input.RunId, input.Number, notice)));
            }
        }
    }

    /// <summary>Waits for the event, at most until an instant.</summary>
    private static async Task<bool> IsWokenAsync(OrchestrationContext context, DateTimeOffset until)
    {
        try
        {
            await context.WaitForExternalEventAsync(FlowSteps.Approval, until - context.CurrentUtcDateTime);
            return true;
        }
        catch (TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Posts a notice beside the race. A run whose notice cannot be posted waits all the same: the answer may come by another way.</summary>
    private static async Task NotifyAsync(OrchestrationContext context, NotifyApprovalInput input)
    {
        try
        {
            await context.CallActivityAsync(FlowSteps.NotifyApproval, input, NoticeOptions);
        }
        catch (TaskFailedException exception) when (exception.FailureDetails.Code is ApprovalWebhook.Unavailable or ApprovalWebhook.Refused)
        {
            // The activity has written the warning on the run's record.
        }
    }

    /// <summary>The best candidate on the validation rows, or over the folds; the earlier one of equals. The baseline, which is last, is never selected.</summary>
    private static int Select(IReadOnlyList<CandidateScore> scores, bool higherIsBetter) =>
        scores
            .SkipLast(1)
            .Where(score => !score.IsPartial)
            .OrderByDescending(score => score.Primary is { } value ? (higherIsBetter ? value : -value) : double.NegativeInfinity)
            .First()
            .Index;
}
