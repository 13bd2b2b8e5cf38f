using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The right to start one run for one occasion: <c>triggers/claims/&lt;claim&gt;</c>.</summary>
/// <param name="RunId">The run that the occasion leads to, the same for every host and attempt.</param>
/// <param name="Holder">The engine that took the claim.</param>
/// <param name="TakenAt">When, in UTC.</param>
public sealed record Claim(string RunId, string Holder, DateTimeOffset TakenAt);

/// <summary>Claims of a store: of several hosts and attempts, one starts the run. Safe for concurrent use.</summary>
/// <param name="store">The workspace.</param>
/// <param name="holder">The lasting name of this engine.</param>
/// <param name="timeProvider">The clock of leases.</param>
public sealed class ClaimStore(IBlobStore store, string holder, TimeProvider timeProvider)
{
    /// <summary>After so long a claim whose run has no record is taken over: its holder has died between the claim and the start.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>Takes a claim, or finds that the run it leads to is another host's to start.</summary>
    /// <param name="name">The occasion's name: segments of a blob name, such as <c>schedule/churn/nightly/20260329T030000Z</c>.</param>
    /// <param name="runId">The run that the occasion leads to.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// Whether this host is to start the run: it took the claim now, held it before, or took it over. False when the run has a record, or another host
    /// is still within its lease.
    /// </returns>
    public async Task<bool> TryTakeAsync(string name, string runId, CancellationToken cancellationToken = default)
    {
        var blob = BlobNames.Claim(name);
        var own = new Claim(runId, holder, timeProvider.GetUtcNow());
        if (await TryWriteAsync(blob, own, BlobCondition.IfAbsent, cancellationToken))
        {
            return true;
        }

        if (await store.ReadJsonAsync(blob, PipelinesJson.Default.Claim, ct: cancellationToken) is not var (claim, etag)
            || await store.ExistsAsync(BlobNames.Run(claim.RunId, Runs.RunStore.RecordFile), cancellationToken))
        {
            return false;
        }

        return claim.Holder == holder
            || (own.TakenAt - claim.TakenAt >= Lease && await TryWriteAsync(blob, own, BlobCondition.IfMatch(etag), cancellationToken));
    }

    /// <summary>The claim of an occasion; null when nobody has taken it.</summary>
    public async Task<Claim?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(BlobNames.Claim(name), PipelinesJson.Default.Claim, ct: cancellationToken))?.Value;

    private async Task<bool> TryWriteAsync(string blob, Claim claim, BlobCondition condition, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteJsonAsync(blob, claim, PipelinesJson.Default.Claim, condition, cancellationToken);
            return true;
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            return false;
        }
    }
}
