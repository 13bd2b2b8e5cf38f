using System.Globalization;

namespace MlDurable.Storage.Tests;

/// <summary>A store in memory, for tests that write hundreds of thousands of blobs. It does everything that <see cref="BlobStoreCompliance"/> asks.</summary>
public sealed class MemoryBlobStore : IBlobStore
{
    private readonly Lock gate = new();
    private readonly SortedSet<string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (BlobProperties Properties, byte[] Content)> blobs = new(StringComparer.Ordinal);
    private long writes;

    public string Description => "memory";

    public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default) => Task.FromResult(Find(name)?.Properties);

    public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default)
    {
        if (Find(name) is not var (properties, content))
        {
            throw new BlobStoreException(BlobStoreErrorCodes.BlobNotFound, $"there is no '{name}'", name);
        }

        return ifMatch is null || ifMatch == properties.ETag
            ? Task.FromResult(new BlobReader(properties, new MemoryStream(content, writable: false)))
            : throw new BlobStoreException(BlobStoreErrorCodes.BlobChanged, $"'{name}' has another ETag", name);
    }

    public async Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default)
    {
        Require(name);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, ct);
        lock (gate)
        {
            RequireCondition(name, condition);
            var properties = new BlobProperties(name, copy.Length, $"{++writes}", DateTimeOffset.UnixEpoch.AddTicks(writes));
            blobs[name] = (properties, copy.ToArray());
            names.Add(name);
            return properties;
        }
    }

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default)
    {
        Require(name);
        if (condition.MustBeAbsent)
        {
            throw new ArgumentException("A blob that must be absent cannot be deleted.", nameof(condition));
        }

        lock (gate)
        {
            if (!blobs.ContainsKey(name))
            {
                return Task.FromResult(false);
            }

            RequireCondition(name, condition);
            names.Remove(name);
            return Task.FromResult(blobs.Remove(name));
        }
    }

    public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default)
    {
        Require(prefix.Contains('/', StringComparison.Ordinal) ? prefix + "x" : prefix);
        return Listed().ToAsyncEnumerable();

        IEnumerable<BlobProperties> Listed()
        {
            string[] found;
            lock (gate)
            {
                found = [.. names.GetViewBetween(prefix, prefix + '\uFFFF').Where(name => startAfter is null || string.CompareOrdinal(name, startAfter) > 0)];
            }

            return found.Select(Find).OfType<(BlobProperties Properties, byte[] Content)>().Select(static blob => blob.Properties);
        }
    }

    private static void Require(string name)
    {
        if (BlobName.Problem(name) is { } problem)
        {
            throw new BlobStoreException(BlobStoreErrorCodes.InvalidBlobName, $"'{name}' is not a valid blob name: {problem}.", name);
        }
    }

    private void RequireCondition(string name, BlobCondition condition)
    {
        var etag = blobs.TryGetValue(name, out var blob) ? blob.Properties.ETag : null;
        if (condition.MustBeAbsent ? etag is not null : condition.ETag is { } wanted && wanted != etag)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.PreconditionFailed, string.Create(CultureInfo.InvariantCulture, $"'{name}' has the ETag {etag ?? "of nothing"}"), name);
        }
    }

    private (BlobProperties Properties, byte[] Content)? Find(string name)
    {
        Require(name);
        lock (gate)
        {
            return blobs.TryGetValue(name, out var blob) ? blob : null;
        }
    }
}
