using System.Collections.Concurrent;
using System.Collections.Immutable;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The arriving data of one deployed pipeline.</summary>
internal sealed class DataWatchPipeline
{
    /// <summary>Waiting blobs beyond this stay where they are (in the inbox, or before the listing's cursor) until a run has taken the others.</summary>
    private const int MaxWaitingWeight = 24 << 20;

    private const int MaxInboxBlobs = 1_000;
    private const int MaxRecent = 4_096;
    private const int LookUps = 16;

    private readonly IBlobStore store;
    private readonly IRunStarter starter;
    private readonly ClaimStore claims;
    private readonly DataWatchOptions options;
    private readonly TimeProvider timeProvider;
    private readonly PipelineSource pipeline;
    private readonly DataTriggerDefinition trigger;
    private readonly DataWatchStore states;
    private readonly PartitionPattern pattern;
    private readonly string folder;

    public DataWatchPipeline(
        IBlobStore store, IRunStarter starter, ClaimStore claims, DataWatchOptions options, TimeProvider timeProvider, PipelineSource pipeline, DataWatchStore states)
    {
        this.store = store;
        this.starter = starter;
        this.claims = claims;
        this.options = options;
        this.timeProvider = timeProvider;
        this.pipeline = pipeline;
        this.states = states;
        trigger = pipeline.Definition.Triggers.Data ?? throw new ArgumentException("The pipeline has no data trigger.", nameof(pipeline));
        pattern = new PartitionPattern(pipeline.Definition.Data.Files);
        folder = pattern.LiteralPrefix[..(pattern.LiteralPrefix.LastIndexOf('/') + 1)];
    }

    public PipelineSource Pipeline => pipeline;

    /// <summary>Whether a notification is to lead to a start at once.</summary>
    public bool StartsAtOnce => trigger.QuietFor == TimeSpan.Zero;

    private string Name => pipeline.Definition.Name;

    /// <summary>Whether a blob is this pipeline's data or one of its markers, and has arrived: an empty blob is an upload that has not.</summary>
    /// <param name="name">Without the <c>data/</c> container.</param>
    /// <param name="length">Bytes.</param>
    public bool Concerns(string name, long length) => IsMarker(name) || (length > 0 && pattern.Matches(name));

    public Task AppendAsync(ImmutableArray<WaitingBlob> arrived, CancellationToken cancellationToken) => states.AppendAsync(arrived, cancellationToken);

    /// <summary>Folds notifications in, forms a batch when one is due, and starts its run.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (head, etag, ledger) = await states.ReadAsync(cancellationToken);
            if (head.Batch is { } batch)
            {
                if (!await StartAsync(batch, cancellationToken))
                {
                    return;
                }

                await states.TryWriteAsync(await GivenAsync(head, batch, ledger, cancellationToken), etag, cancellationToken);
                continue;
            }

            var (next, folded) = await FoldAsync(WithoutFuture(head), ledger, cancellationToken);
            if (IsDue(next) && (await starter.UnfinishedAsync(Name, cancellationToken)).Count == 0)
            {
                next = Form(await VerifyAsync(next, ledger, cancellationToken));
            }

            if (next == head)
            {
                await states.DeleteAsync(folded, cancellationToken);
                if (folded.Count == MaxInboxBlobs)
                {
                    continue;
                }

                return;
            }

            if (await states.TryWriteAsync(next, etag, cancellationToken))
            {
                await states.DeleteAsync(folded, cancellationToken);
            }
        }
    }

    /// <summary>Lists the next page of the data, and takes in what no notification told of.</summary>
    public async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var (start, _, ledger) = await states.ReadAsync(cancellationToken);
        var prefix = BlobNames.Data + (trigger.Marker is null ? pattern.LiteralPrefix : folder);
        var cycle = start.Cycle is { } begun && begun.Prefix == prefix
            ? begun
            : new ListingCycle(timeProvider.GetUtcNow(), start.Ledger, prefix, Cursor: "", Seen: null, Blobs: 0);
        var (found, last) = await ListAsync(cycle, cancellationToken);
        var seen = found.Select(blob => blob.Identity()).Where(ledger.Contains).ToHashSet();
        if (cycle.Seen is { } earlier)
        {
            seen.UnionWith(await SeenAsync(earlier, start, cancellationToken));
        }

        while (true)
        {
            (var head, var etag, ledger) = await states.ReadAsync(cancellationToken);
            var (next, admitted) = Admit(head, found, ledger);

            // Another host that has listed the same page moved the cursor already; what this one found is taken in in any case.
            if (head.Cycle == start.Cycle && head.ListedAt == start.ListedAt)
            {
                next = admitted == found.Count && last is null
                    ? await EndCycleAsync(next, cycle, found.Count, ledger, seen, cancellationToken)
                    : next with
                    {
                        Cycle = cycle with
                        {
                            Cursor = admitted == found.Count ? last! : admitted > 0 ? BlobNames.Data + found[admitted - 1].Name : cycle.Cursor,
                            Seen = seen.Count == 0 ? null : await states.WriteIdentitiesAsync(head, seen, cancellationToken),
                            Blobs = cycle.Blobs + admitted,
                        },
                    };
            }

            if (next == head)
            {
                return;
            }

            if (await states.TryWriteAsync(next, etag, cancellationToken))
            {
                await states.TidyAsync(next with { Generation = next.Generation + 1 }, cancellationToken);
                return;
            }
        }
    }

    public async Task<DataWatchState> StateAsync(CancellationToken cancellationToken)
    {
        var (head, _, ledger) = await states.ReadAsync(cancellationToken);
        return new DataWatchState(
            head.Waiting.Length,
            head.Waiting.Sum(blob => blob.Length),
            [.. head.Waiting.Take(100).Select(blob => new TriggerBlob(blob.Name, blob.ETag, blob.Length))],
            head.Waiting.IsEmpty ? null : head.Waiting.Min(blob => blob.FirstSeen),
            (await states.InboxAsync(MaxInboxBlobs, cancellationToken)).Count,
            head.Batch?.RunId,
            head.Batch?.Blobs.Length ?? 0,
            ledger.Count + head.Recent.Length,
            head.Cycle?.Cursor,
            head.ListedAt,
            head.ListedBlobs);
    }

    private bool IsMarker(string name) =>
        trigger.Marker is { } marker
        && name.EndsWith(marker, StringComparison.Ordinal)
        && (name.Length == marker.Length || name[^(marker.Length + 1)] == '/')
        && name.StartsWith(folder, StringComparison.Ordinal);

    private static string FolderOf(string name) => name[..(name.LastIndexOf('/') + 1)];

    /// <summary>A clock that was set back must not make what it saw before wait until it has caught up.</summary>
    private DataWatchHead WithoutFuture(DataWatchHead head)
    {
        var now = timeProvider.GetUtcNow();
        return head.Waiting.Any(blob => blob.FirstSeen > now)
            ? head with { Waiting = [.. head.Waiting.Select(blob => blob.FirstSeen > now ? blob with { FirstSeen = now } : blob)] }
            : head;
    }

    private async Task<(DataWatchHead Head, List<string> Folded)> FoldAsync(
        DataWatchHead head, IReadOnlySet<UInt128> ledger, CancellationToken cancellationToken)
    {
        var folded = new List<string>();
        var arrived = new List<WaitingBlob>();
        foreach (var name in await states.InboxAsync(MaxInboxBlobs, cancellationToken))
        {
            var group = await states.ReadInboxAsync(name, cancellationToken);
            if (Weight(head) + arrived.Sum(blob => (long)blob.Weight) + group.Sum(blob => (long)blob.Weight) > MaxWaitingWeight)
            {
                break;
            }

            arrived.AddRange(group);
            folded.Add(name);
        }

        return (Admit(head, arrived, ledger).Head, folded);
    }

    /// <summary>Adds blobs that were neither given to a run nor wait already, in their order, until as many wait as may.</summary>
    /// <returns>The same document when there is nothing to add, and how many of the blobs are taken care of.</returns>
    private (DataWatchHead Head, int Admitted) Admit(DataWatchHead head, List<WaitingBlob> found, IReadOnlySet<UInt128> ledger)
    {
        var known = head.Recent.ToHashSet();
        known.UnionWith(head.Waiting.Select(blob => blob.Identity()));
        known.UnionWith(head.Markers.Select(blob => blob.Identity()));
        if (head.Batch is { } batch)
        {
            known.UnionWith(IdentitiesOf(batch));
        }

        var weight = Weight(head);
        var waiting = new List<WaitingBlob>();
        var markers = new List<WaitingBlob>();
        var admitted = 0;
        foreach (var blob in found)
        {
            var identity = blob.Identity();
            if (!ledger.Contains(identity) && !known.Contains(identity))
            {
                weight += blob.Weight;
                if (weight > MaxWaitingWeight)
                {
                    break;
                }

                known.Add(identity);
                (IsMarker(blob.Name) ? markers : waiting).Add(blob);
            }

            admitted++;
        }

        return waiting.Count + markers.Count == 0
            ? (head, admitted)
            : (head with { Waiting = head.Waiting.AddRange(waiting), Markers = head.Markers.AddRange(markers) }, admitted);
    }

    private static long Weight(DataWatchHead head) => head.Waiting.Sum(blob => (long)blob.Weight) + head.Markers.Sum(blob => (long)blob.Weight);

    private bool IsDue(DataWatchHead head)
    {
        var now = timeProvider.GetUtcNow();
        var ready = head.Waiting.Where(blob => IsReady(blob, now)).ToList();
        return ready.Count > 0
            && ((trigger.QuietFor is { } quiet && now - head.Waiting.Max(blob => blob.FirstSeen) >= quiet)
                || ready.Count >= trigger.Count
                || ready.Sum(blob => blob.Length) >= trigger.Bytes
                || ready.Exists(blob => head.Markers.Any(marker => blob.Name.StartsWith(FolderOf(marker.Name), StringComparison.Ordinal))));
    }

    private bool IsReady(WaitingBlob blob, DateTimeOffset now) => blob.Complete || now - blob.FirstSeen >= options.SettleFor;

    /// <summary>
    /// What waits, as the store has it now: a content that was replaced or deleted meanwhile cannot be trained on any more and is dropped; the content in its
    /// place is an identity of its own, which has just been seen.
    /// </summary>
    private async Task<DataWatchHead> VerifyAsync(DataWatchHead head, IReadOnlySet<UInt128> ledger, CancellationToken cancellationToken)
    {
        var present = new ConcurrentDictionary<string, BlobProperties?>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            head.Waiting.Select(blob => blob.Name).Distinct(),
            new ParallelOptions { MaxDegreeOfParallelism = LookUps, CancellationToken = cancellationToken },
            async (name, token) => present[name] = await store.GetPropertiesAsync(BlobNames.Data + name, token));
        var current = head.Waiting.Where(blob => present[blob.Name] is { Length: > 0 } there && there.ETag == blob.ETag).ToImmutableArray();
        if (current.Length == head.Waiting.Length)
        {
            return head;
        }

        var now = timeProvider.GetUtcNow();
        var replacing = head.Waiting
            .Where(blob => present[blob.Name] is { Length: > 0 })
            .Select(blob => present[blob.Name]!)
            .Distinct()
            .Select(blob => new WaitingBlob(blob.Name[BlobNames.Data.Length..], blob.ETag, blob.Length, now, Complete: false))
            .ToList();
        return Admit(head with { Waiting = current }, replacing, ledger).Head;
    }

    private DataWatchHead Form(DataWatchHead head)
    {
        if (!IsDue(head))
        {
            return head;
        }

        var now = timeProvider.GetUtcNow();
        var blobs = head.Waiting.Where(blob => IsReady(blob, now)).OrderBy(blob => blob.Name, StringComparer.Ordinal).ToList();
        var markers = head.Markers
            .Where(marker => blobs.Exists(blob => blob.Name.StartsWith(FolderOf(marker.Name), StringComparison.Ordinal)))
            .ToImmutableArray();
        var runId = RunIds.Of(blobs.Min(blob => blob.FirstSeen), [Name, "data", .. blobs.SelectMany(blob => new[] { blob.Name, blob.ETag })]);
        return head with
        {
            Waiting = [.. head.Waiting.Where(blob => !IsReady(blob, now))],
            Markers = head.Markers.RemoveRange(markers),
            Batch = new DataBatch(runId, trigger.Stage, now, markers, [.. blobs.Select(blob => new TriggerBlob(blob.Name, blob.ETag, blob.Length))]),
        };
    }

    /// <returns>Whether the run is durable; false while another host is about to start it.</returns>
    private async Task<bool> StartAsync(DataBatch batch, CancellationToken cancellationToken)
    {
        if (await claims.TryTakeAsync($"data/{Name}/{batch.RunId}", batch.RunId, cancellationToken))
        {
            await starter.StartAsync(
                new RunStart(batch.RunId, pipeline, "trigger:data") { Stage = batch.Stage, Trigger = new RunTrigger(RunTriggerKind.Data), Blobs = batch.Blobs },
                cancellationToken);
            return true;
        }

        return await store.ExistsAsync(BlobNames.Run(batch.RunId, RunStore.RecordFile), cancellationToken);
    }

    private async Task<DataWatchHead> GivenAsync(DataWatchHead head, DataBatch batch, IReadOnlySet<UInt128> ledger, CancellationToken cancellationToken)
    {
        var recent = head.Recent.AddRange(IdentitiesOf(batch));
        return recent.Length < MaxRecent
            ? head with { Batch = null, Recent = recent }
            : head with { Batch = null, Recent = [], Ledger = await states.WriteIdentitiesAsync(head, ledger.Concat(recent).Distinct(), cancellationToken) };
    }

    private static IEnumerable<UInt128> IdentitiesOf(DataBatch batch) =>
        batch.Blobs.Select(blob => WaitingBlob.IdentityOf(blob.Name, blob.ETag)).Concat(batch.Markers.Select(marker => marker.Identity()));

    private async Task<(List<WaitingBlob> Found, string? Last)> ListAsync(ListingCycle cycle, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var found = new List<WaitingBlob>();
        var listed = 0;
        await foreach (var blob in store.ListAsync(cycle.Prefix, cycle.Cursor.Length == 0 ? null : cycle.Cursor, cancellationToken))
        {
            var name = blob.Name[BlobNames.Data.Length..];
            if (Concerns(name, blob.Length))
            {
                found.Add(new WaitingBlob(name, blob.ETag, blob.Length, now, Complete: false));
            }

            listed++;
            if (listed == options.BlobsPerReconcile)
            {
                return (found, blob.Name);
            }
        }

        return (found, null);
    }

    /// <summary>What earlier pages have seen; when another host has ended the cycle meanwhile, that does not matter any more.</summary>
    private async Task<IEnumerable<UInt128>> SeenAsync(string name, DataWatchHead start, CancellationToken cancellationToken)
    {
        try
        {
            return await states.ReadIdentitiesAsync(name, cancellationToken);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobNotFound)
        {
            var (head, _, _) = await states.ReadAsync(cancellationToken);
            return head.Cycle == start.Cycle ? throw states.Damaged(name, exception) : [];
        }
    }

    /// <summary>Ends a whole listing, and forgets what it no longer saw once that is a quarter of the ledger.</summary>
    private async Task<DataWatchHead> EndCycleAsync(
        DataWatchHead head, ListingCycle cycle, int found, IReadOnlySet<UInt128> ledger, HashSet<UInt128> seen, CancellationToken cancellationToken)
    {
        // A marker whose folder was complete before this listing began has nothing left to complete.
        var markers = head.Markers
            .Where(marker => marker.FirstSeen < cycle.StartedAt
                && !head.Waiting.Any(blob => blob.Name.StartsWith(FolderOf(marker.Name), StringComparison.Ordinal)))
            .ToImmutableArray();
        var next = head with
        {
            Markers = markers.IsEmpty ? head.Markers : head.Markers.RemoveRange(markers),
            Recent = head.Recent.AddRange(markers.Select(marker => marker.Identity())),
            Cycle = null,
            ListedAt = timeProvider.GetUtcNow(),
            ListedBlobs = cycle.Blobs + found,
        };

        // Another ledger than at the beginning may hold blobs that arrived behind the cursor.
        return head.Ledger == cycle.Ledger && ledger.Count > 0 && (ledger.Count - seen.Count) * 4 >= ledger.Count
            ? next with { Ledger = seen.Count == 0 ? null : await states.WriteIdentitiesAsync(head, seen, cancellationToken) }
            : next;
    }
}
