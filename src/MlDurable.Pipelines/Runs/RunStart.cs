using System.Collections.Immutable;

namespace MlDurable.Pipelines.Runs;

/// <summary>A run to be started.</summary>
/// <param name="RunId">
/// Its identity, which makes the start idempotent: see <see cref="RunIds"/>.
/// </param>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="RequestedBy">Who or what asks, for example <c>cli:ada</c>.</param>
public sealed record RunStart(string RunId, PipelineSource Pipeline, string RequestedBy)
{
    /// <summary>How much of the pipeline is carried out; all of it by default.</summary>
    public RunStage Stage { get; init; }

    /// <summary>Whose steps get a free slot first; null for what the pipeline says.</summary>
    public RunPriority? Priority { get; init; }

    /// <summary>What starts it; a person by default.</summary>
    public RunTrigger Trigger { get; init; } = RunTrigger.Manual;

    /// <summary>The blobs that start it; none by default.</summary>
    public ImmutableArray<TriggerBlob> Blobs { get; init; } = [];

    /// <summary>Rows at and after this instant are not used, as if the run were made then; null for all rows.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Partitions whose names come after this one are not used; null for all partitions.</summary>
    public string? Through { get; init; }
}

/// <summary>Starts, lists and ends runs: what triggers need of an engine.</summary>
public interface IRunStarter
{
    /// <summary>Starts a run, once per identity. When this returns, the run is durable: a crash at any later instant loses nothing.</summary>
    /// <param name="start">The run.</param>
    /// <param name="cancellationToken">Cancels before the start is durable.</param>
    /// <returns>Whether this call made the run's record; false when it was there.</returns>
    /// <exception cref="PipelineException">
    /// <c>run-conflict</c>: the identity is that of another request; <c>no-score</c>, <c>score-as-of</c> or <c>as-of-needs-time</c>: the pipeline cannot
    /// do what is asked for.
    /// </exception>
    Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default);

    /// <summary>The unfinished runs of a pipeline on any engine that shares the store, oldest first.</summary>
    Task<IReadOnlyList<RunRecord>> UnfinishedAsync(string pipeline, CancellationToken cancellationToken = default);

    /// <summary>Ends a run: what it had finished stays, nothing more is begun, the champion stays.</summary>
    /// <exception cref="PipelineException"><c>run-not-found</c>, or <c>run-ended</c> when there is nothing left to cancel.</exception>
    Task CancelAsync(string runId, string reason, CancellationToken cancellationToken = default);
}
