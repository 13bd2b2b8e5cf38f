using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The blobs below <c>triggers/state/data/&lt;pipeline&gt;/</c>.</summary>
internal sealed class DataWatchStore(IBlobStore store, string pipeline)
{
    private const int HashBytes = 16;
    private const int MaxLedgerBytes = 256 << 20;
    private const int MaxInboxBytes = 16 << 20;
    private static ReadOnlySpan<byte> LedgerMagic => "MLDGIVN1"u8;

    private readonly string headName = BlobNames.DataWatch(pipeline) + "head.json";
    private readonly string inboxPrefix = BlobNames.DataWatch(pipeline) + "inbox/";
    private readonly string ledgerPrefix = BlobNames.DataWatch(pipeline) + "ledger/";

    /// <summary>Ledgers never change, so the last one is kept.</summary>
    private (string Name, FrozenSet<UInt128> Identities)? ledger;

    /// <summary>The document, its ETag (null when there is none yet) and the ledger that it refers to.</summary>
    public async Task<(DataWatchHead Head, string? ETag, IReadOnlySet<UInt128> Ledger)> ReadAsync(CancellationToken cancellationToken)
    {
        string? missing = null;
        while (true)
        {
            var read = await store.ReadJsonAsync(headName, DataWatchJson.Default.DataWatchHead, ct: cancellationToken);
            var (head, etag) = read is { } found ? (found.Value, found.ETag) : (new DataWatchHead(), (string?)null);
            try
            {
                return (head, etag, await LedgerAsync(head.Ledger, cancellationToken));
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobNotFound && head.Ledger != missing)
            {
                // Another host has put a newer ledger in its place since the document was read. When the document still says so, it is lost.
                missing = head.Ledger;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobNotFound)
            {
                throw Damaged(head.Ledger!, exception);
            }
        }
    }

    /// <summary>Writes the next document in the place of the one that was read.</summary>
    /// <returns>Whether nobody else wrote meanwhile.</returns>
    public async Task<bool> TryWriteAsync(DataWatchHead next, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteJsonAsync(
                headName,
                next with { Generation = next.Generation + 1 },
                DataWatchJson.Default.DataWatchHead,
                etag is null ? BlobCondition.IfAbsent : BlobCondition.IfMatch(etag),
                cancellationToken);
            return true;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            return false;
        }
    }

    /// <summary>Makes notifications durable. The name is that of the content: the same notifications twice are one blob, and no writer waits for another.</summary>
    public async Task AppendAsync(ImmutableArray<WaitingBlob> arrived, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(arrived, DataWatchJson.Default.ImmutableArrayWaitingBlob);
        await store.WriteBytesAsync($"{inboxPrefix}{ContentHash.Of(content)}.json", content, BlobCondition.None, cancellationToken);
    }

    public async Task<List<string>> InboxAsync(int most, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(inboxPrefix, ct: cancellationToken))
        {
            names.Add(blob.Name);
            if (names.Count == most)
            {
                break;
            }
        }

        return names;
    }

    /// <summary>Notifications of the inbox; none when another host has folded them in.</summary>
    public async Task<ImmutableArray<WaitingBlob>> ReadInboxAsync(string name, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(name, DataWatchJson.Default.ImmutableArrayWaitingBlob, MaxInboxBytes, cancellationToken))?.Value ?? [];

    public Task DeleteAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        names,
        new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
        async (name, token) => await store.DeleteAsync(name, BlobCondition.None, token));

    private async Task<FrozenSet<UInt128>> LedgerAsync(string? name, CancellationToken cancellationToken)
    {
        if (name is null)
        {
            return FrozenSet<UInt128>.Empty;
        }

        if (ledger is not { } known || known.Name != name)
        {
            known = (name, (await ReadIdentitiesAsync(name, cancellationToken)).ToFrozenSet());
            ledger = known;
        }

        return known.Identities;
    }

    /// <summary>The identities of a ledger, or of what a listing has seen.</summary>
    /// <exception cref="PipelineException"><c>data-ledger-corrupt</c>.</exception>
    public async Task<UInt128[]> ReadIdentitiesAsync(string name, CancellationToken cancellationToken)
    {
        var content = await store.ReadBytesAsync(name, MaxLedgerBytes, cancellationToken);
        if (!name.EndsWith(ContentHash.Of(content), StringComparison.Ordinal)
            || !content.AsSpan().StartsWith(LedgerMagic)
            || (content.Length - LedgerMagic.Length) % HashBytes != 0)
        {
            throw Damaged(name, cause: null);
        }

        var identities = new UInt128[(content.Length - LedgerMagic.Length) / HashBytes];
        for (var index = 0; index < identities.Length; index++)
        {
            identities[index] = BinaryPrimitives.ReadUInt128LittleEndian(content.AsSpan(LedgerMagic.Length + (index * HashBytes)));
        }

        return identities;
    }

    /// <summary>Writes identities for the document that follows the given one.</summary>
    /// <remarks>The name holds the generation, so that a host which has lost the race never deletes what the winner refers to.</remarks>
    public async Task<string> WriteIdentitiesAsync(DataWatchHead head, IEnumerable<UInt128> identities, CancellationToken cancellationToken)
    {
        var sorted = identities.Order().ToArray();
        var content = new byte[LedgerMagic.Length + (sorted.Length * HashBytes)];
        LedgerMagic.CopyTo(content);
        for (var index = 0; index < sorted.Length; index++)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(content.AsSpan(LedgerMagic.Length + (index * HashBytes)), sorted[index]);
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{ledgerPrefix}{head.Generation + 1:x16}-{ContentHash.Of(content)}");
        await store.WriteBytesAsync(name, content, BlobCondition.None, cancellationToken);
        return name;
    }

    /// <summary>Deletes ledgers that the document no longer refers to, and those of swaps that were lost or crashed.</summary>
    public async Task TidyAsync(DataWatchHead head, CancellationToken cancellationToken)
    {
        var dead = new List<string>();
        await foreach (var blob in store.ListAsync(ledgerPrefix, ct: cancellationToken))
        {
            var generation = long.Parse(blob.Name.AsSpan(ledgerPrefix.Length, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (generation <= head.Generation && blob.Name != head.Ledger && blob.Name != head.Cycle?.Seen)
            {
                dead.Add(blob.Name);
            }
        }

        await DeleteAsync(dead, cancellationToken);
    }

    public PipelineException Damaged(string name, Exception? cause) => new(
        "data-ledger-corrupt",
        $"'{name}' in {store.Description} is damaged or gone. Restore it from a copy, or delete everything below {BlobNames.DataWatch(pipeline)}: then all "
        + "data that is there counts as new, and starts one run.",
        cause);
}
