using System.Collections.Immutable;
using MlDurable.Orchestration;
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
public sealed class RunLauncher(IBlobStore store, IOrchestrationClient client, string engine, TimeProvider timeProvider)
{
    private readonly RunStore runs = new(store);

    /// <summary>Starts a run. When this returns, the run is durable: a crash at any later instant loses nothing.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="requestedBy">Who or what asks, for example <c>cli:ada</c>.</param>
    /// <param name="unique">Six hexadecimal digits that keep runs started in the same second apart.</param>
    /// <param name="cancellationToken">Cancels before the start is durable.</param>
    /// <returns>The run's identity.</returns>
    public async Task<string> StartAsync(PipelineSource pipeline, string requestedBy, string unique, CancellationToken cancellationToken = default)
    {
        var now = timeProvider.GetUtcNow();
        var runId = $"{now:yyyyMMdd'T'HHmmss}-{unique}";
        var request = new RunRequest(
            runId, pipeline.Definition.Name, Path.GetFileName(pipeline.File), pipeline.Hash, pipeline.Parameters, now, requestedBy);
        var record = new RunRecord
        {
            RunId = runId,
            Pipeline = pipeline.Definition.Name,
            PipelineHash = pipeline.Hash,
            Model = pipeline.Definition.Promote.Model,
            Parameters = pipeline.Parameters,
            Engine = engine,
            Status = RunStatus.Running,
            StartedAt = now,
        };
        await store.WriteBytesAsync(BlobNames.Run(runId, RunStore.PipelineFile), pipeline.Content, BlobCondition.IfAbsent, cancellationToken);
        await store.WriteJsonAsync(
            BlobNames.Run(runId, RunStore.RequestFile), request, PipelinesJson.Default.RunRequest, BlobCondition.IfAbsent, cancellationToken);
        await store.WriteJsonAsync(
            BlobNames.Run(runId, RunStore.RecordFile), record, PipelinesJson.Default.RunRecord, BlobCondition.IfAbsent, cancellationToken);
        await StartInstanceAsync(runId, cancellationToken);
        return runId;
    }

    /// <summary>
    /// Brings the records of runs and the engine's instances together after a crash between their writes: a run that was recorded and
    /// not started is started, and the record of an instance that ended without one is closed.
    /// </summary>
    public async Task ReconcileAsync(CancellationToken cancellationToken = default)
    {
        await foreach (var run in runs.ListAsync(cancellationToken))
        {
            if (run.Status != RunStatus.Running || run.Engine != engine)
            {
                continue;
            }

            var state = await client.GetAsync(run.RunId, cancellationToken);
            if (state is null)
            {
                await StartInstanceAsync(run.RunId, cancellationToken);
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

    /// <summary>Ends a run: what it had finished stays, nothing more is begun, the champion stays.</summary>
    /// <exception cref="PipelineException"><c>run-not-found</c>, or <c>run-ended</c> when there is nothing left to cancel.</exception>
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

    /// <summary>The unfinished run of a pipeline, newest first; null when there is none.</summary>
    public async Task<RunRecord?> FindUnfinishedAsync(string pipeline, CancellationToken cancellationToken = default)
    {
        await foreach (var run in runs.ListAsync(cancellationToken))
        {
            if (run.Pipeline == pipeline && run.Status == RunStatus.Running && run.Engine == engine)
            {
                return run;
            }
        }

        return null;
    }

    private Task<string> StartInstanceAsync(string runId, CancellationToken cancellationToken) =>
        client.StartAsync(FlowSteps.TrainEvaluatePromote, new RunRef(runId), new StartOptions { InstanceId = runId }, cancellationToken);

    private Task<RunRecord> CloseAsync(string runId, RunStatus status, RunFailure failure, CancellationToken cancellationToken) =>
        runs.UpdateAsync(
            runId,
            record => record with { Status = status, Failure = failure, Summary = failure.Message, FinishedAt = timeProvider.GetUtcNow() },
            cancellationToken);
}
