using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Posts a request or a reminder to the pipeline's webhook, unless it has been answered. Links are made here and kept nowhere.</summary>
internal sealed class NotifyApprovalActivity(FlowServices services) : Activity<NotifyApprovalInput, RunRef>
{
    public override async Task<RunRef> RunAsync(ActivityContext context, NotifyApprovalInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var request = await services.Approvals.RequestAsync(input.RunId, input.Request, cancellation);
        if (pipeline.Approve?.Webhook is not { } address || await services.Approvals.DecisionAsync(input.RunId, input.Request, cancellation) is not null)
        {
            return new RunRef(input.RunId);
        }

        try
        {
            await services.Webhook.PostAsync(address, request, input.Notice, cancellation);
        }
        catch (PipelineException exception)
        {
            await WarnAsync($"nobody was notified: {exception.Message}");
            throw;
        }

        await WarnAsync(null);
        return new RunRef(input.RunId);

        Task<RunRecord> WarnAsync(string? warning) => services.Runs.UpdateAsync(
            input.RunId,
            record => record.Waiting is { } waiting && waiting.Request == input.Request ? record with { Waiting = waiting with { Warning = warning } } : record,
            cancellation);
    }
}
