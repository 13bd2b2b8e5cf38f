using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The backfills of a store. Safe for concurrent use.</summary>
public sealed class BackfillStore(IBlobStore store)
{
    private readonly RunStore runs = new(store);

    /// <summary>All backfills and where each stands, by identity.</summary>
    public async IAsyncEnumerable<BackfillProgress> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in store.ListAsync(BlobNames.Backfills, ct: cancellationToken))
        {
            if (await store.ReadJsonAsync(blob.Name, PipelinesJson.Default.Backfill, ct: cancellationToken) is { } backfill)
            {
                yield return await ProgressAsync(backfill.Value, cancellationToken);
            }
        }
    }

    /// <summary>A backfill; null when there is none of this identity.</summary>
    public async Task<Backfill?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(BlobNames.Backfill(id), PipelinesJson.Default.Backfill, ct: cancellationToken))?.Value;

    /// <summary>Where a backfill stands, also one that has not been started.</summary>
    public async Task<BackfillProgress> ProgressAsync(Backfill backfill, CancellationToken cancellationToken = default)
    {
        var records = ImmutableArray.CreateBuilder<RunRecord?>(backfill.Items.Length);
        foreach (var item in backfill.Items)
        {
            records.Add(await runs.FindAsync(item.RunId, cancellationToken));
        }

        return new BackfillProgress(backfill, records.MoveToImmutable());
    }

    /// <summary>A backfill.</summary>
    /// <exception cref="PipelineException"><c>backfill-not-found</c>.</exception>
    public async Task<Backfill> RequireAsync(string id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken)
        ?? throw new PipelineException("backfill-not-found", $"there is no backfill '{id}' in {store.Description}; `mldurable backfills` lists what there is");

    /// <summary>Writes a new backfill, or finds the one that the same request made before.</summary>
    internal async Task<Backfill> AddAsync(Backfill backfill, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteJsonAsync(BlobNames.Backfill(backfill.Id), backfill, PipelinesJson.Default.Backfill, BlobCondition.IfAbsent, cancellationToken);
            return backfill;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            return await RequireAsync(backfill.Id, cancellationToken);
        }
    }

    internal Task WriteAsync(Backfill backfill, CancellationToken cancellationToken) =>
        store.WriteJsonAsync(BlobNames.Backfill(backfill.Id), backfill, PipelinesJson.Default.Backfill, BlobCondition.None, cancellationToken);
}
