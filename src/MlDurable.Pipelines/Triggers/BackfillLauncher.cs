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
        var identity = $"{Backfill.IdPrefix}{ContentHash.OfParts(
            [
                pipeline.Definition.Name,
                pipeline.Hash,
                $"{request.Stage}",
                .. Identity(request.Range),
                .. pipeline.Parameters.SelectMany(pair => new[] { pair.Key, pair.Value }),
            ])[..16]}";
        var (last, id) = await LastAsync(identity, cancellationToken);
        if (last is not null && !(request.Again && last.FinishedAt is not null))
        {
            return last;
        }

        var now = timeProvider.GetUtcNow();
        var items = (last is null ? await FindAsync(request, now, cancellationToken) : await LeftAsync(last, cancellationToken))
            .Select(item => item with { RunId = item.AsOf is { } instant ? RunIds.Of(instant, id) : RunIds.Of(now, id, item.Through!) })
            .ToImmutableArray();
        if (items.IsEmpty && last is not null)
        {
            return last;
        }

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

        if (backfill.FinishedAt is not null)
        {
            return backfill;
        }

        await client.StartAsync(
            BackfillSteps.BackfillRuns,
            new BackfillRef(backfill.Id),
            new StartOptions { InstanceId = backfill.Id, Priority = OrchestrationPriority.Low },
            cancellationToken);
        if (await client.GetAsync(backfill.Id, cancellationToken) is not { Failure: { } failure, IsFinished: true })
        {
            return backfill;
        }

        // An error ended it before it could say so itself.
        var ended = backfill with { FinishedAt = timeProvider.GetUtcNow(), Cancelled = failure.ErrorMessage };
        await backfills.WriteAsync(ended, cancellationToken);
        return ended;
    }

    /// <summary>The last backfill of a request, and the identity of the next one.</summary>
    private async Task<(Backfill? Last, string Next)> LastAsync(string identity, CancellationToken cancellationToken)
    {
        Backfill? last = null;
        for (var attempt = 1; ; attempt++)
        {
            var id = attempt == 1 ? identity : $"{identity}-{attempt}";
            var known = await backfills.FindAsync(id, cancellationToken);
            if (known is null)
            {
                return (last, id);
            }

            last = known;
        }
    }

    /// <summary>What lies in a range; each still without its run.</summary>
    private async Task<IEnumerable<BackfillItem>> FindAsync(BackfillRequest request, DateTimeOffset now, CancellationToken cancellationToken) => request.Range switch
    {
        BackfillRange.Instants range => Instants(range, now).Select(instant => new BackfillItem("", instant, null)),
        BackfillRange.Partitions range => (await PartitionsAsync(request.Pipeline.Definition, request.Stage, range, cancellationToken))
            .Select(name => new BackfillItem("", null, name)),
        _ => throw new ArgumentOutOfRangeException(nameof(request)),
    };

    /// <summary>What of a backfill has not completed.</summary>
    private async Task<IEnumerable<BackfillItem>> LeftAsync(Backfill backfill, CancellationToken cancellationToken)
    {
        var progress = await backfills.ProgressAsync(backfill, cancellationToken);
        return backfill.Items.Where((_, index) => progress.Runs[index]?.Status != RunStatus.Completed);
    }

    private static List<DateTimeOffset> Instants(BackfillRange.Instants range, DateTimeOffset now)
    {
        if (range.To > now)
        {
            throw new PipelineException(
                "backfill-future", $"the backfill would go to {Text(range.To)}, and now is {Text(now)}; backfills make up for the past: let --to be earlier");
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
