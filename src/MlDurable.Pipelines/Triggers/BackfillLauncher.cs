using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>Plans backfills, and starts them on one engine. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="engine">The lasting name of the engine that carries the runs out.</param>
/// <param name="timeProvider">The clock of records.</param>
public sealed class BackfillLauncher(IBlobStore store, string engine, TimeProvider timeProvider)
{
    /// <summary>The most runs of one backfill.</summary>
    public const int MaxRuns = 10_000;

    /// <summary>The most runs of a backfill that are under way at once.</summary>
    public const int MaxParallel = 64;

    private readonly BackfillStore backfills = new(store);

    /// <summary>What a request comes to: the backfill that it started before, or the one that it would start. Reads only.</summary>
    /// <exception cref="PipelineException">
    /// <c>backfill-empty</c>: nothing lies in the range; <c>backfill-too-large</c>; <c>no-score</c>, <c>score-as-of</c> or <c>as-of-needs-time</c>: the
    /// pipeline cannot do what is asked for; <c>no-partitions</c>.
    /// </exception>
    public async Task<Backfill> PlanAsync(BackfillRequest request, CancellationToken cancellationToken = default)
    {
        var pipeline = request.Pipeline;
        var asOf = request.Range is BackfillRange.Instants instants ? instants.To : (DateTimeOffset?)null;
        RunOpener.RequireFeasible(pipeline.Definition, request.Stage, asOf);
        var id = $"{Backfill.IdPrefix}{ContentHash.OfParts(
            [
                pipeline.Definition.Name,
                pipeline.Hash,
                $"{request.Stage}",
                .. Identity(request.Range),
                .. pipeline.Parameters.SelectMany(pair => new[] { pair.Key, pair.Value }),
            ])[..16]}";
        if (await backfills.FindAsync(id, cancellationToken) is { } known)
        {
            return known;
        }

        var now = timeProvider.GetUtcNow();
        var items = request.Range switch
        {
            BackfillRange.Instants range => Instants(range, now)
                .Select(instant => new BackfillItem(RunIds.Of(instant, id), instant, null))
                .ToImmutableArray(),
            BackfillRange.Partitions range => [.. (await PartitionsAsync(pipeline.Definition, request.Stage, range, cancellationToken))
                .Select(name => new BackfillItem(RunIds.Of(now, id, name), null, name))],
            _ => throw new ArgumentOutOfRangeException(nameof(request)),
        };
        if (items.IsEmpty)
        {
            throw new PipelineException("backfill-empty", $"there is nothing to do: {Describe(request.Range)} holds none; widen --from and --to");
        }

        return items.Length > MaxRuns
            ? throw new PipelineException(
                "backfill-too-large", $"{Describe(request.Range)} would be more than {MaxRuns} runs; divide it into several backfills, or choose a coarser schedule")
            : new Backfill
            {
                Id = id,
                Pipeline = pipeline.Definition.Name,
                PipelineFile = Path.GetFileName(pipeline.File),
                PipelineHash = pipeline.Hash,
                Parameters = pipeline.Parameters,
                Stage = request.Stage,
                Range = Describe(request.Range),
                Parallel = Math.Clamp(request.Parallel, 1, MaxParallel),
                StopsOnFailure = request.StopsOnFailure,
                Engine = engine,
                RequestedAt = now,
                RequestedBy = request.RequestedBy,
                Items = items,
            };
    }

    /// <summary>Starts a planned backfill, or goes on with it. When this returns, it is durable.</summary>
    /// <param name="pipeline">The pipeline that it was planned for.</param>
    /// <param name="planned">What <see cref="PlanAsync"/> gave.</param>
    /// <param name="client">The engine's client.</param>
    /// <param name="cancellationToken">Cancels before the start is durable.</param>
    /// <returns>The backfill as it is in the store.</returns>
    /// <exception cref="PipelineException"><c>instance-conflict</c>: it belongs to another engine.</exception>
    public async Task<Backfill> StartAsync(
        PipelineSource pipeline, Backfill planned, IOrchestrationClient client, CancellationToken cancellationToken = default)
    {
        await store.WriteBytesAsync(
            BlobNames.PipelineVersion(planned.Pipeline, planned.PipelineHash), pipeline.Content, BlobCondition.None, cancellationToken);
        var backfill = await backfills.AddAsync(planned, cancellationToken);
        if (backfill.Engine != engine)
        {
            throw new PipelineException(
                "instance-conflict",
                $"{backfill.Id} belongs to the engine '{backfill.Engine}' on another machine or in another directory; continue it there");
        }

        if (backfill.FinishedAt is null)
        {
            await client.StartAsync(
                BackfillSteps.BackfillRuns, new BackfillRef(backfill.Id), new StartOptions { InstanceId = backfill.Id }, cancellationToken);
        }

        return backfill;
    }

    private static List<DateTimeOffset> Instants(BackfillRange.Instants range, DateTimeOffset now)
    {
        if (range.To > now)
        {
            throw new PipelineException(
                "backfill-future", $"the backfill would go to {Text(range.To)}, and now is {Text(now)}; a backfill makes up for the past: let --to be earlier");
        }

        // Both ends belong to a backfill; the rule leaves the first out.
        return [.. ScheduleRule.Of(range.Schedule).Between(range.From.AddTicks(-1), range.To).Take(MaxRuns + 1)];
    }

    private async Task<IEnumerable<string>> PartitionsAsync(
        PipelineDefinition pipeline, RunStage stage, BackfillRange.Partitions range, CancellationToken cancellationToken)
    {
        var files = stage == RunStage.Score ? pipeline.Score!.Files : pipeline.Data.Files;
        var found = await PartitionSource.FindAsync(store, files, range.To, cancellationToken);
        return found
            .Select(blob => blob.Name[BlobNames.Data.Length..])
            .Where(name => range.From is null || string.CompareOrdinal(name, range.From) >= 0);
    }

    private static IEnumerable<string> Identity(BackfillRange range) => range switch
    {
        BackfillRange.Instants { Schedule: var schedule } instants =>
        [
            "instants",
            schedule.Cron ?? $"{schedule.Every}",
            schedule.Zone,
            schedule.Start is { } start ? Text(start) : "",
            schedule.End is { } end ? Text(end) : "",
            Text(instants.From),
            Text(instants.To),
        ],
        BackfillRange.Partitions partitions => ["partitions", partitions.From ?? "", partitions.To ?? ""],
        _ => throw new ArgumentOutOfRangeException(nameof(range)),
    };

    private static string Describe(BackfillRange range) => range switch
    {
        BackfillRange.Instants instants => $"{instants.Schedule.Name}, {Text(instants.From)} to {Text(instants.To)}",
        BackfillRange.Partitions partitions => $"partitions {partitions.From ?? "from the first"} to {partitions.To ?? "the last"}",
        _ => throw new ArgumentOutOfRangeException(nameof(range)),
    };

    private static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
