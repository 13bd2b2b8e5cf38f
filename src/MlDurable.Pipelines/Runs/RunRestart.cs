using System.Collections.Immutable;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>A run that repeats an ended one: the same version of the pipeline, the same request, other parameters where they are given.</summary>
public static class RunRestart
{
    /// <summary>Makes its start.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="repeated">The run that is repeated.</param>
    /// <param name="runId">The identity of the new one.</param>
    /// <param name="changed">Parameters that get another value; the others keep theirs.</param>
    /// <param name="requestedBy">Who asks.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException">
    /// <c>instance-status</c>: the run goes on; <c>pipeline-invalid</c>: the pipeline does not take these parameters.
    /// </exception>
    public static async Task<RunStart> OfAsync(
        IBlobStore store,
        RunRecord repeated,
        string runId,
        ImmutableSortedDictionary<string, string> changed,
        string requestedBy,
        CancellationToken cancellationToken = default)
    {
        if (repeated.Status == RunStatus.Running)
        {
            throw new PipelineException("instance-status", $"run {repeated.RunId} has not ended; only a run that has ended can be restarted");
        }

        var request = await new RunStore(store).RequestAsync(repeated.RunId, cancellationToken);
        var content = await store.ReadBytesAsync(BlobNames.Run(repeated.RunId, RunStore.PipelineFile), PipelineFile.MaxBytes, cancellationToken);
        var parameters = request.Parameters.SetItems(changed);
        var loaded = PipelineFile.Load(request.PipelineFile, content, new PipelineLoadOptions { Parameters = parameters });
        var definition = loaded.Definition
            ?? throw new PipelineException("pipeline-invalid", $"run {repeated.RunId} cannot be restarted with these parameters: {loaded.Problems[0].Message}");
        return new RunStart(runId, new PipelineSource(request.PipelineFile, content, loaded.ContentHash, definition, parameters), requestedBy)
        {
            Stage = request.Stage,
            Priority = request.Priority,
            Trigger = new RunTrigger(RunTriggerKind.Restart) { Name = repeated.RunId },
            Blobs = request.Blobs,
            AsOf = request.AsOf,
            Through = request.Through,
        };
    }
}
