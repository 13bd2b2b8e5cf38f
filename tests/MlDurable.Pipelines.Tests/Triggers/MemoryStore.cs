using System.Runtime.CompilerServices;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>The process of a host has died: nothing that it was doing goes on.</summary>
internal sealed class CrashException : Exception;

/// <summary>A store in memory, as quick as a property test wants it.</summary>
internal sealed class MemoryStore : IBlobStore
{
    private readonly SortedDictionary<string, (byte[] Content, BlobProperties Properties)> blobs = new(StringComparer.Ordinal);
    private long version;

    public string Description => "memory";

    public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default)
    {
        lock (blobs)
        {
            return Task.FromResult(blobs.TryGetValue(name, out var blob) ? blob.Properties : null);
        }
    }

    public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default)
    {
        lock (blobs)
        {
            return !blobs.TryGetValue(name, out var blob)
                ? throw new BlobStoreException(BlobStoreErrorCodes.BlobNotFound, name)
                : ifMatch is not null && ifMatch != blob.Properties.ETag
                    ? throw new BlobStoreException(BlobStoreErrorCodes.BlobChanged, name)
                    : Task.FromResult(new BlobReader(blob.Properties, new MemoryStream(blob.Content, writable: false)));
        }
    }

    public async Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default)
    {
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, ct);
        lock (blobs)
        {
            Require(name, condition);
            var properties = new BlobProperties(name, buffer.Length, $"{++version:x}", DateTimeOffset.UnixEpoch);
            blobs[name] = (buffer.ToArray(), properties);
            return properties;
        }
    }

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default)
    {
        lock (blobs)
        {
            Require(name, condition);
            return Task.FromResult(blobs.Remove(name));
        }
    }

    public async IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        List<BlobProperties> found;
        lock (blobs)
        {
            found = [.. blobs.Values.Select(blob => blob.Properties)
                .Where(blob => blob.Name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(blob.Name, startAfter) > 0)];
        }

        foreach (var blob in found)
        {
            yield return blob;
        }

        await Task.CompletedTask;
    }

    private void Require(string name, BlobCondition condition)
    {
        var etag = blobs.TryGetValue(name, out var blob) ? blob.Properties.ETag : null;
        if (condition.MustBeAbsent ? etag is not null : condition.ETag is not null && condition.ETag != etag)
        {
            throw new BlobStoreException(BlobStoreErrorCodes.PreconditionFailed, name);
        }
    }
}

/// <summary>What one host sees of a store: it dies before or after a certain write of its, and then sees nothing more.</summary>
internal sealed class HostStore(IBlobStore store) : IBlobStore
{
    private bool dead;

    /// <summary>The changes that the host still makes, in half steps: an odd number lets the last change happen and its answer be lost. Null for no end.</summary>
    public int? HalfStepsLeft { get; set; }

    public string Description => store.Description;

    public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default) => Alive().GetPropertiesAsync(name, ct);

    public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default) => Alive().OpenReadAsync(name, ifMatch, ct);

    public Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default) =>
        ChangeAsync(() => store.WriteAsync(name, content, condition, ct));

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default) =>
        ChangeAsync(() => store.DeleteAsync(name, condition, ct));

    public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default) =>
        Alive().ListAsync(prefix, startAfter, ct);

    private IBlobStore Alive() => dead ? throw new CrashException() : store;

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        Alive();

        // Lets the other host come between.
        await Task.Yield();
        if (HalfStepsLeft is { } left)
        {
            HalfStepsLeft = left - 2;
            dead = left <= 1;
            if (left <= 0)
            {
                throw new CrashException();
            }

            var result = await change();
            return left == 1 ? throw new CrashException() : result;
        }

        return await change();
    }
}
