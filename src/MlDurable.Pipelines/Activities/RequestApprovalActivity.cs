using System.Collections.Immutable;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Activities;

/// <summary>Writes down what is asked of a person, and shows on the record that the run waits.</summary>
internal sealed class RequestApprovalActivity(FlowServices services) : Activity<RequestApprovalInput, RequestApprovalResult>
{
    public override async Task<RequestApprovalResult> RunAsync(ActivityContext context, RequestApprovalInput input)
    {
        var cancellation = context.CancellationToken;
        var pipeline = await services.Runs.PipelineAsync(input.RunId, cancellation);
        var approve = pipeline.Approve
            ?? throw new PipelineException("run-incomplete", $"the pipeline of run {input.RunId} asks for no approval any more; cancel the run and start another");
        var evidence = await EvidenceFiles.HashAsync(services, input.RunId, input.Candidate, cancellation);
        var registry = await services.Registry.ReadAsync(pipeline.Promote.Model, cancellation);
        var request = await services.Approvals.AskAsync(
            new ApprovalRequest
            {
                RunId = input.RunId,
                Number = input.Number,
                Pipeline = pipeline.Name,
                Model = pipeline.Promote.Model,
                CandidateVersion = registry.Versions.FirstOrDefault(version => version.ModelHash == evidence.Model)?.Number,
                Champion = input.Evaluation.Champion,
                Summary = input.Evaluation.Summary,
                Evidence = evidence,
                EvidenceHash = ContentHash.OfParts(
                    input.RunId, $"{input.Number}", $"{input.Evaluation.Champion}", evidence.Evaluation, evidence.Manifest, evidence.Predictions, evidence.Model),
                AskedAt = input.AskedAt,
                ExpiresAt = After(input.AskedAt, approve.Timeout),
                By = approve.By,
                Authors = approve.NotAuthor ? await AuthorsAsync(input.RunId, cancellation) : [],
            },
            cancellation);
        var waiting = new ApprovalWait(request.Number, request.AskedAt, request.ExpiresAt, request.EvidenceHash);
        await services.Runs.UpdateAsync(input.RunId, record => record with { Waiting = waiting }, cancellation);
        return new RequestApprovalResult(
            request.ExpiresAt,
            [.. approve.Remind.Select(delay => After(request.AskedAt, delay)).Where(instant => instant < request.ExpiresAt)],
            approve.Webhook is not null);
    }

    /// <summary>Who asked for the run, and who deployed the version of the pipeline that it carries out.</summary>
    private async Task<ImmutableArray<string>> AuthorsAsync(string runId, CancellationToken cancellationToken)
    {
        var request = await services.Runs.RequestAsync(runId, cancellationToken);
        var deployment = await new PipelineDeployments(services.Store, services.TimeProvider).FindAsync(request.Pipeline, cancellationToken);
        return deployment is { } deployed && deployed.Hash == request.PipelineHash && deployed.DeployedBy != request.RequestedBy
            ? [request.RequestedBy, deployed.DeployedBy]
            : [request.RequestedBy];
    }

    private static DateTimeOffset After(DateTimeOffset instant, TimeSpan delay) =>
        delay >= DateTimeOffset.MaxValue - instant ? DateTimeOffset.MaxValue : instant + delay;
}
