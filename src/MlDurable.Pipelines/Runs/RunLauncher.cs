using System.Collections.Immutable;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Triggers;
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
    private readonly RunOpener opener = new(store, engine, timeProvider);
    private readonly ApprovalDesk approvals = new(store, client, timeProvider);

    /// <inheritdoc/>
    public async Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default)
    {
        var (run, opened) = await opener.OpenAsync(start, cancellationToken);
        if (run.Status == RunStatus.Running && run.Engine == engine)
        {
            // Also what a crash cut off after the record was written. A run of another host is that host's to start.
            await StartInstanceAsync(run, cancellationToken);
        }

        return opened;
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
            if (state is null && run.Trigger is { Kind: RunTriggerKind.Backfill, Name: { } backfill })
            {
                // Its backfill starts it, unless that has ended.
                if (await client.GetAsync(backfill, cancellationToken) is not { IsFinished: false })
                {
                    await CloseAsync(
                        run.RunId, RunStatus.Cancelled, new RunFailure("cancelled", "run", "its backfill ended before the run was started"), cancellationToken);
                }
            }
            else if (state is null)
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

    /// <summary>
    /// Lets a failed run go on from the step that ended it; what had finished is not done again. A crash on the way leaves it failed, or lets it go on.
    /// </summary>
    /// <returns>Its record, which is open again.</returns>
    /// <exception cref="PipelineException"><c>run-not-found</c>, or <c>run-not-failed</c>.</exception>
    /// <exception cref="OrchestrationException">
    /// <c>instance-not-found</c>: its instance was purged; <c>instance-status</c>: it is one of a backfill; <c>not-supported</c> by this engine.
    /// </exception>
    public async Task<RunRecord> RewindAsync(string runId, string reason, CancellationToken cancellationToken = default)
    {
        if ((await runs.GetExactAsync(runId, cancellationToken)).Status == RunStatus.Failed)
        {
            // Its last step closes the record a moment before the instance ends.
            await client.WaitForCompletionAsync(runId, cancellationToken);
        }

        // Open before its instance goes on, so that nobody takes it for ended; an instance that does not is found by the next reconciliation.
        var (failed, open) = await runs.ReopenAsync(runId, cancellationToken);
        try
        {
            await client.RewindAsync(runId, reason, cancellationToken);
            return open;
        }
        catch (OrchestrationException)
        {
            await runs.RecloseAsync(failed, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Ends a backfill and those of its runs that are under way; what has ended stays.</summary>
    /// <exception cref="PipelineException"><c>backfill-not-found</c>, or <c>run-ended</c> when there is nothing left to cancel.</exception>
    public async Task<Backfill> CancelBackfillAsync(string id, string reason, CancellationToken cancellationToken = default)
    {
        var backfills = new BackfillStore(store);
        var backfill = await backfills.RequireAsync(id, cancellationToken);
        if (backfill.FinishedAt is not null)
        {
            throw new PipelineException("run-ended", $"{id} has ended already");
        }

        if (await client.GetAsync(id, cancellationToken) is not null)
        {
            await client.TerminateAsync(id, reason, cancellationToken);
        }

        var cancelled = backfill with { FinishedAt = timeProvider.GetUtcNow(), Cancelled = reason };
        await backfills.WriteAsync(cancelled, cancellationToken);
        await ReconcileAsync(cancellationToken);
        return cancelled;
    }

    /// <summary>Waits until a run has ended.</summary>
    /// <returns>Its closed record.</returns>
    public async Task<RunRecord> WaitAsync(string runId, CancellationToken cancellationToken = default)
    {
        await client.WaitForCompletionAsync(runId, cancellationToken);
        await ReconcileAsync(cancellationToken);
        return await runs.GetExactAsync(runId, cancellationToken);
    }

    /// <summary>
    /// The newest unfinished run of a pipeline that a person started on this engine; null when there is none. Those of schedules, backfills and the like go
    /// on beside it.
    /// </summary>
    public async Task<RunRecord?> FindUnfinishedAsync(string pipeline, CancellationToken cancellationToken = default) =>
        (await UnfinishedAsync(pipeline, cancellationToken)).LastOrDefault(run => run.Engine == engine && run.Trigger.IsByHand);

    private Task<string> StartInstanceAsync(RunRecord run, CancellationToken cancellationToken) =>
        client.StartAsync(
            FlowSteps.Of(run.Stage), new RunRef(run.RunId), new StartOptions { InstanceId = run.RunId, Priority = ForEngine(run.Priority) }, cancellationToken);

    private static OrchestrationPriority ForEngine(RunPriority priority) => priority switch
    {
        RunPriority.Low => OrchestrationPriority.Low,
        RunPriority.High => OrchestrationPriority.High,
        _ => OrchestrationPriority.Normal,
    };

    private Task<RunRecord> CloseAsync(string runId, RunStatus status, RunFailure failure, CancellationToken cancellationToken) =>
        runs.UpdateAsync(
            runId,
            record => record with { Status = status, Failure = failure, Summary = failure.Message, FinishedAt = timeProvider.GetUtcNow() },
            cancellationToken);
}
