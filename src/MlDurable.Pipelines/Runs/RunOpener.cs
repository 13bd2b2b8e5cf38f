using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>Writes what makes a run, before its instance is started. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="engine">The lasting name of the engine that carries the run out.</param>
/// <param name="timeProvider">The clock of records.</param>
internal sealed class RunOpener(IBlobStore store, string engine, TimeProvider timeProvider)
{
    private readonly RunStore runs = new(store);

    /// <summary>Opens a run, once per identity.</summary>
    /// <returns>The run's record, and whether this call made it.</returns>
    /// <exception cref="PipelineException">As <see cref="IRunStarter.StartAsync"/>.</exception>
    public async Task<(RunRecord Run, bool Opened)> OpenAsync(RunStart start, CancellationToken cancellationToken)
    {
        var pipeline = start.Pipeline;
        var name = pipeline.Definition.Name;
        RequireFeasible(pipeline.Definition, start.Stage, start.AsOf);
        var request = await RequestAsync(start, cancellationToken);
        var content = request.PipelineHash == pipeline.Hash
            ? pipeline.Content
            : await store.ReadBytesAsync(BlobNames.PipelineVersion(name, request.PipelineHash), PipelineFile.MaxBytes, cancellationToken);
        if (await runs.FindAsync(start.RunId, cancellationToken) is { } known)
        {
            return (known, false);
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
            Priority = request.Priority ?? pipeline.Definition.Priority,
            Trigger = request.Trigger,
            RequestedBy = request.RequestedBy,
            Status = RunStatus.Running,
            StartedAt = request.RequestedAt,
        };
        try
        {
            await store.WriteJsonAsync(
                BlobNames.Run(start.RunId, RunStore.RecordFile), record, PipelinesJson.Default.RunRecord, BlobCondition.IfAbsent, cancellationToken);
            RunStartMetrics.Add(record);
            return (record, true);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            // Another host made the same run at the same moment.
            return (await runs.GetExactAsync(start.RunId, cancellationToken), false);
        }
    }

    /// <summary>Refuses what no data could make possible, before anything is written.</summary>
    /// <exception cref="PipelineException"><c>no-score</c>, <c>score-as-of</c> or <c>as-of-needs-time</c>.</exception>
    public static void RequireFeasible(PipelineDefinition pipeline, RunStage stage, DateTimeOffset? asOf)
    {
        if (stage == RunStage.Score)
        {
            _ = pipeline.Score ?? throw ScoreDefinition.Missing(pipeline.Name);
            if (asOf is not null)
            {
                throw new PipelineException(
                    "score-as-of", "predictions are made of whole partitions by the version that the alias names now; a scoring run has no instant to be made as of");
            }
        }

        if (asOf is not null)
        {
            DataLimits.RequireTime(pipeline.Data);
        }
    }

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
            Priority = start.Priority,
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
                    $"run {start.RunId} was asked for before with another pipeline, stage, priority, parameters or data; use another idempotency key for another request");
        }
    }

    /// <summary>The version of the pipeline may be newer at a later attempt: the run stays on the one of the first.</summary>
    private static bool IsSame(RunRequest first, RunRequest again) =>
        first.Pipeline == again.Pipeline
        && first.Stage == again.Stage
        && first.Priority == again.Priority
        && first.Trigger == again.Trigger
        && first.Parameters.SequenceEqual(again.Parameters)
        && first.Blobs.SequenceEqual(again.Blobs)
        && first.AsOf == again.AsOf
        && first.Through == again.Through;
}
