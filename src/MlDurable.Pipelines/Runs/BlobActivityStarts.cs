using MlDurable.Orchestration;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Runs;

/// <summary>What is kept of the starts of an activity call that has no result yet.</summary>
/// <param name="Call">The call, by its idempotency key.</param>
/// <param name="Total">How often it was started.</param>
/// <param name="Crashed">How many of the last starts in a row did not end in order; one that is under way counts.</param>
public sealed record ActivityStartRecord(string Call, int Total, int Crashed);

/// <summary>Counts of starts in the workspace, for an engine whose backend keeps none: <c>triggers/starts/…</c>. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
public sealed class BlobActivityStarts(IBlobStore store) : IActivityStarts
{
    /// <inheritdoc/>
    public async Task<ActivityStarts> BeginAsync(string idempotencyKey, CancellationToken cancellationToken)
    {
        var blob = Blob(idempotencyKey);
        var before = (await store.ReadJsonAsync(blob, PipelinesJson.Default.ActivityStartRecord, ct: cancellationToken))?.Value
            ?? new(idempotencyKey, 0, 0);
        await WriteAsync(blob, before with { Total = before.Total + 1, Crashed = before.Crashed + 1 }, cancellationToken);
        return new(before.Total, before.Crashed);
    }

    /// <inheritdoc/>
    public async Task EndAsync(string idempotencyKey, bool final)
    {
        var blob = Blob(idempotencyKey);
        if (final)
        {
            await store.DeleteAsync(blob, BlobCondition.None);
        }
        else if (await store.ReadJsonAsync(blob, PipelinesJson.Default.ActivityStartRecord) is var (record, _))
        {
            await WriteAsync(blob, record with { Crashed = 0 }, CancellationToken.None);
        }
    }

    private static string Blob(string idempotencyKey) => BlobNames.ActivityStarts(ContentHash.OfParts(idempotencyKey));

    private Task WriteAsync(string blob, ActivityStartRecord record, CancellationToken cancellationToken) =>
        store.WriteJsonAsync(blob, record, PipelinesJson.Default.ActivityStartRecord, BlobCondition.None, cancellationToken);
}
