namespace MlDurable.Api.Security;

/// <summary>The keys that requests are checked against. Safe for concurrent use.</summary>
/// <param name="source">Where they are kept.</param>
/// <param name="timeProvider">The clock of their age.</param>
public sealed class ApiKeyRing(IApiKeySource source, TimeProvider timeProvider)
{
    /// <summary>After so long a new or revoked key counts.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);

    private volatile Snapshot? snapshot;

    /// <summary>The key that a secret is; null when it is none.</summary>
    /// <remarks>While the source cannot be read, the keys that were last read count.</remarks>
    public async Task<ApiKey?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetTimestamp();
        if (snapshot is not { } known || timeProvider.GetElapsedTime(known.ReadAt, now) >= MaxAge)
        {
            known = await ReadAsync(now, cancellationToken);
        }

        return known.Keys.Find(secret);
    }

    private async Task<Snapshot> ReadAsync(long now, CancellationToken cancellationToken)
    {
        try
        {
            return snapshot = new Snapshot(await source.ReadAsync(cancellationToken), now);
        }
        catch (Exception exception) when (Endpoints.ApiProblems.CodeOf(exception) is not null && snapshot is { } last)
        {
            return snapshot = last with { ReadAt = now };
        }
    }

    private sealed record Snapshot(ApiKeyDocument Keys, long ReadAt);
}
