using System.Runtime.CompilerServices;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Approvals;

/// <summary>A store in memory whose calls a test may hold or fail: each asks <paramref name="before"/>, with the blob's name or the prefix and whether it writes, and then happens at once.</summary>
internal sealed class MemoryStore(SortedDictionary<string, (byte[] Content, int Version)> blobs, Func<string, bool, Task> before) : IBlobStore
{
    public MemoryStore()
        : this(new(StringComparer.Ordinal), (_, _) => Task.CompletedTask)
    {
    }

    public string Description => "memory";

    /// <summary>The same blobs, with another gate.</summary>
    public MemoryStore With(Func<string, bool, Task> gate) => new(blobs, gate);

    /// <summary>A copy of the blobs as they are now, which a power loss leaves.</summary>
    public MemoryStore Copy()
    {
        lock (blobs)
        {
            return new(new(blobs, StringComparer.Ordinal), (_, _) => Task.CompletedTask);
        }
    }

    public async Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default)
    {
        await before(name, false);
        lock (blobs)
        {
            return blobs.TryGetValue(name, out var blob) ? Of(name, blob) : null;
        }
    }

    public async Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default)
    {
        await before(name, false);
        lock (blobs)
        {
            return blobs.TryGetValue(name, out var blob)
                ? ifMatch is null || ifMatch == $"{blob.Version}"
                    ? new BlobReader(Of(name, blob), new MemoryStream(blob.Content, writable: false))
                    : throw new BlobStoreException(BlobStoreErrorCodes.BlobChanged, $"'{name}' changed", name)
                : throw new BlobStoreException(BlobStoreErrorCodes.BlobNotFound, $"'{name}' is not there", name);
        }
    }

    public async Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default)
    {
        await before(name, true);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, ct);
        lock (blobs)
        {
            var known = blobs.TryGetValue(name, out var present);
            if ((condition.MustBeAbsent && known) || (condition.ETag is { } etag && (!known || etag != $"{present.Version}")))
            {
                throw new BlobStoreException(BlobStoreErrorCodes.PreconditionFailed, $"'{name}' is another", name);
            }

            return Of(name, blobs[name] = (copy.ToArray(), present.Version + 1));
        }
    }

    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default)
    {
        await before(name, true);
        lock (blobs)
        {
            return blobs.Remove(name);
        }
    }

    public async IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await before(prefix, false);
        List<BlobProperties> found;
        lock (blobs)
        {
            found = [.. blobs.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => Of(pair.Key, pair.Value))];
        }

        foreach (var blob in found.Where(blob => startAfter is null || string.CompareOrdinal(blob.Name, startAfter) > 0))
        {
            yield return blob;
        }
    }

    private static BlobProperties Of(string name, (byte[] Content, int Version) blob) =>
        new(name, blob.Content.Length, $"{blob.Version}", DateTimeOffset.UnixEpoch);
}
