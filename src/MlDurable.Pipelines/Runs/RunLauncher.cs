using System.Collections.Immutable;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>A pipeline file as it was given, and what it means.</summary>
/// <param name="File">The file's name, for messages.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Hash">SHA-256 of its bytes.</param>
/// <param name="Definition">What it means with <paramref name="Parameters"/>.</param>
/// <param name="Parameters">The values given for its parameters.</param>
public sealed record PipelineSource(
    string File, ReadOnlyMemory<byte> Content, string Hash, PipelineDefinition Definition, ImmutableSortedDictionary<string, string> Parameters);

/// <summary>Starts, finds and ends the runs of one engine. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="client">The engine's client.</param>
/// <param name="engine">A lasting name of the engine's journal, which tells its runs from those of other engines on the same store.</param>
/// <param name="timeProvider">The clock of run identities and records.</param>
public sealed class RunLauncher(IBlobStore store, IOrchestrationClient client, string engine, TimeProvider timeProvider) : IRunStarter
{
    private readonly RunStore runs = new(store);
    private readonly ApprovalDesk approvals = new(store, client, timeProvider);

    /// <inheritdoc/>
    public async Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default)
    {
        var pipeline = start.Pipeline;
        var name = pipeline.Definition.Name;
        var request = await RequestAsync(start, cancellationToken);
        var content = request.PipelineHash == pipeline.Hash
            ? pipeline.Content
            : await store.ReadBytesAsync(BlobNames.PipelineVersion(name, request.PipelineHash), PipelineFile.MaxBytes, cancellationToken);
        if (await runs.FindAsync(start.RunId, cancellationToken) is { } known)
        {
            await ResumeStartAsync(known, cancellationToken);
            return false;
        }

        // The record is what makes the run: everything that it needs is there before it, and the mark by which it is found.
        await store.WriteBytesAsync(BlobNames.Run(start.RunId, RunStore.PipelineFile), content, BlobCondition.None, cancellationToken);
        await store.WriteBytesAsync(BlobNames.Unfinished(name) + start.RunId, ReadOnlyMemory<byte>.Empty, BlobCondition.None, cancellationToken);
        var record = new RunRecord
        {
            RunId = start.RunId,
            Pipeline = name,
            PipelineHash = request.PipelineHash,
            Model = pipeline.Definition.Promote.Model,
            Parameters = request.Parameters,
            Engine = engine,
            Stage = request.Stage,
            Trigger = request.Trigger,
            RequestedBy = request.RequestedBy,
            Status = RunStatus.Running,
            StartedAt = request.RequestedAt,
        };
        try
        {
            await store.WriteJsonAsync(
                BlobNames.Run(start.RunId, RunStore.RecordFile), record, PipelinesJson.Default.RunRecord, BlobCondition.IfAbsent, cancellationToken);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            // Another host made the same run at the same moment; it is that host's.
            return false;
        }

        await StartInstanceAsync(record, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunRecord>> UnfinishedAsync(string pipeline, CancellationToken cancellationToken = default) =>
        await runs.UnfinishedAsync(pipeline, cancellationToken).ToListAsync(cancellationToken);

    /// <summary>
    /// Brings the records of runs and the engine's instances together after a crash between their writes: a run that was recorded and
    /// not started is started, the record of an instance that ended without one is closed, and an answer that a run has not heard of is told it.
    /// </summary>
    public async Task ReconcileAsync(CancellationToken cancellationToken = default)
    {
        await foreach (var run in runs.UnfinishedAsync(cancellationToken: cancellationToken))
        {
            if (run.Engine != engine)
            {
                continue;
            }

            var state = await client.GetAsync(run.RunId, cancellationToken);
            if (state is null)
            {
                await StartInstanceAsync(run, cancellationToken);
            }
            else if (!state.IsFinished && run.Waiting is not null)
            {
                await approvals.WakeAsync(run, cancellationToken);
            }
            else if (state.RuntimeStatus is OrchestrationRuntimeStatus.Terminated)
            {
                await CloseAsync(run.RunId, RunStatus.Cancelled, new RunFailure("cancelled", "run", state.Failure?.ErrorMessage ?? "cancelled"), cancellationToken);
            }
            else if (state.RuntimeStatus is OrchestrationRuntimeStatus.Failed)
            {
                await CloseAsync(
                    run.RunId,
                    RunStatus.Failed,
                    new RunFailure(state.Failure?.Code ?? "failed", "run", state.Failure?.ErrorMessage ?? "the orchestrator failed"),
                    cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async Task CancelAsync(string runId, string reason, CancellationToken cancellationToken = default)
    {
        var run = await runs.GetAsync(runId, cancellationToken);
        if (run.Status != RunStatus.Running)
        {
            throw new PipelineException("run-ended", $"run {run.RunId} has ended already: {run.Status.ToString().ToLowerInvariant()}");
        }

        await client.TerminateAsync(run.RunId, reason, cancellationToken);
        await CloseAsync(run.RunId, RunStatus.Cancelled, new RunFailure("cancelled", "run", reason), cancellationToken);
    }

    /// <summary>Waits until a run has ended.</summary>
    /// <returns>Its closed record.</returns>
    public async Task<RunRecord> WaitAsync(string runId, CancellationToken cancellationToken = default)
    {
        await client.WaitForCompletionAsync(runId, cancellationToken);
        await ReconcileAsync(cancellationToken);
        return await runs.GetExactAsync(runId, cancellationToken);
    }

    /// <summary>The newest unfinished run of a pipeline on this engine; null when there is none.</summary>
    public async Task<RunRecord?> FindUnfinishedAsync(string pipeline, CancellationToken cancellationToken = default) =>
        (await UnfinishedAsync(pipeline, cancellationToken)).LastOrDefault(run => run.Engine == engine);

    /// <summary>The request of a run as the first attempt to start it wrote it.</summary>
    private async Task<RunRequest> RequestAsync(RunStart start, CancellationToken cancellationToken)
    {
        var pipeline = start.Pipeline;
        var request = new RunRequest(
            start.RunId,
            pipeline.Definition.Name,
            Path.GetFileName(pipeline.File),
            pipeline.Hash,
            pipeline.Parameters,
            timeProvider.GetUtcNow(),
            start.RequestedBy)
        {
            Stage = start.Stage,
            Trigger = start.Trigger,
            Blobs = start.Blobs,
            AsOf = start.AsOf,
            Through = start.Through,
        };
        try
        {
            await store.WriteJsonAsync(
                BlobNames.Run(start.RunId, RunStore.RequestFile), request, PipelinesJson.Default.RunRequest, BlobCondition.IfAbsent, cancellationToken);
            return request;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            var first = await runs.RequestAsync(start.RunId, cancellationToken);
            return IsSame(first, request)
                ? first
                : throw new PipelineException(
                    "run-conflict",
                    $"run {start.RunId} was asked for before with another pipeline, stage, parameters or data; use another idempotency key for another request");
        }
    }

    /// <summary>The version of the pipeline may be newer at a later attempt: the run stays on the one of the first.</summary>
    private static bool IsSame(RunRequest first, RunRequest again) =>
        first.Pipeline == again.Pipeline
        && first.Stage == again.Stage
        && first.Trigger == again.Trigger
        && first.Parameters.SequenceEqual(again.Parameters)
        && first.Blobs.SequenceEqual(again.Blobs)
        && first.AsOf == again.AsOf
        && first.Through == again.Through;

    /// <summary>A start that a crash cut off after the record was written is completed by its own engine.</summary>
    private async Task ResumeStartAsync(RunRecord run, CancellationToken cancellationToken)
    {
        if (run.Status == RunStatus.Running && run.Engine == engine)
        {
            await StartInstanceAsync(run, cancellationToken);
        }
    }

    private Task<string> StartInstanceAsync(RunRecord run, CancellationToken cancellationToken) =>
        client.StartAsync(FlowSteps.TrainEvaluatePromote, new RunRef(run.RunId), new StartOptions { InstanceId = run.RunId }, cancellationToken);

    private Task<RunRecord> CloseAsync(string runId, RunStatus status, RunFailure failure, CancellationToken cancellationToken) =>
        runs.UpdateAsync(
            runId,
            record => record with { Status = status, Failure = failure, Summary = failure.Message, FinishedAt = timeProvider.GetUtcNow() },
            cancellationToken);
}
