using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;

namespace MlDurable.Pipelines.Activities;

/// <summary>Looks whether a request has ended, ends it when its time is over, and shows the end on the record.</summary>
internal sealed class SettleApprovalActivity(FlowServices services) : Activity<SettleApprovalInput, SettleApprovalResult>
{
    public override async Task<SettleApprovalResult> RunAsync(ActivityContext context, SettleApprovalInput input)
    {
        var cancellation = context.CancellationToken;
        var request = await services.Approvals.RequestAsync(input.RunId, input.Request, cancellation);
        var decision = await services.Approvals.ResolveAsync(
            request, input.IsTimeOut ? services.TimeProvider.GetUtcNow() : null, cancellation);
        if (decision is null)
        {
            return new SettleApprovalResult(null, "");
        }

        await services.Runs.UpdateAsync(input.RunId, record => record with { Waiting = null, Approval = decision }, cancellation);
        return new SettleApprovalResult(decision.Verdict, decision.Summary);
    }
}
