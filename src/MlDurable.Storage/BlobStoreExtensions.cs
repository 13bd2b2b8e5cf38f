using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Storage;

/// <summary>Whole-blob reading and writing on top of <see cref="IBlobStore"/>.</summary>
public static class BlobStoreExtensions
{
    /// <summary>The largest JSON document that <see cref="ReadJsonAsync"/> reads unless told otherwise: 64 MiB.</summary>
    public const int DefaultMaxJsonBytes = 64 << 20;

    /// <summary>Whether a blob exists.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The blob's full name.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns><see langword="true"/> when it exists.</returns>
    public static async Task<bool> ExistsAsync(this IBlobStore store, string name, CancellationToken ct = default) =>
        await store.GetPropertiesAsync(name, ct) is not null;

    /// <summary>Reads a whole blob into memory.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The blob's full name.</param>
    /// <param name="maxBytes">The most bytes to take.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The content.</returns>
    /// <exception cref="BlobStoreException"><c>blob-not-found</c>; <c>blob-too-large</c> when it has more than <paramref name="maxBytes"/> bytes.</exception>
    public static async Task<byte[]> ReadBytesAsync(this IBlobStore store, string name, int maxBytes, CancellationToken ct = default)
    {
        await using var reader = await store.OpenReadAsync(name, ct: ct);
        return await ReadToEndAsync(reader, store, maxBytes, ct);
    }

    /// <summary>Writes a whole blob from memory.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The blob's full name.</param>
    /// <param name="content">The content.</param>
    /// <param name="condition">What must hold for the write to happen.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The properties of the blob as written.</returns>
    /// <exception cref="BlobStoreException">As <see cref="IBlobStore.WriteAsync"/>.</exception>
    public static async Task<BlobProperties> WriteBytesAsync(
        this IBlobStore store, string name, ReadOnlyMemory<byte> content, BlobCondition condition, CancellationToken ct = default)
    {
        using var stream = MemoryMarshal.TryGetArray(content, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(content.ToArray(), writable: false);
        return await store.WriteAsync(name, stream, condition, ct);
    }

    /// <summary>Reads a JSON document together with the ETag for a later compare-and-swap.</summary>
    /// <typeparam name="T">The document's type.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="name">The blob's full name.</param>
    /// <param name="typeInfo">How the type is serialized.</param>
    /// <param name="maxBytes">The most bytes to take.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The document and its ETag, or <see langword="null"/> when there is no such blob.</returns>
    /// <exception cref="BlobStoreException"><c>blob-corrupt</c> when the blob is no such document; <c>blob-too-large</c>.</exception>
    public static async Task<(T Value, string ETag)?> ReadJsonAsync<T>(
        this IBlobStore store, string name, JsonTypeInfo<T> typeInfo, int maxBytes = DefaultMaxJsonBytes, CancellationToken ct = default)
    {
        BlobReader reader;
        try
        {
            reader = await store.OpenReadAsync(name, ct: ct);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.BlobNotFound)
        {
            return null;
        }

        await using (reader)
        {
            var bytes = await ReadToEndAsync(reader, store, maxBytes, ct);
            try
            {
                var value = JsonSerializer.Deserialize(bytes, typeInfo)
                    ?? throw new JsonException("The document is null.");
                return (value, reader.Properties.ETag);
            }
            catch (JsonException exception)
            {
                throw new BlobStoreException(
                    BlobStoreErrorCodes.BlobCorrupt,
                    $"'{name}' in {store.Description} is not the JSON that is expected there: {exception.Message} Restore it from a copy; deleting it loses what it said.",
                    name,
                    exception);
            }
        }
    }

    /// <summary>Writes a JSON document.</summary>
    /// <typeparam name="T">The document's type.</typeparam>
    /// <param name="store">The store.</param>
    /// <param name="name">The blob's full name.</param>
    /// <param name="value">The document.</param>
    /// <param name="typeInfo">How the type is serialized.</param>
    /// <param name="condition">What must hold for the write to happen.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The properties of the blob as written.</returns>
    /// <exception cref="BlobStoreException">As <see cref="IBlobStore.WriteAsync"/>.</exception>
    public static Task<BlobProperties> WriteJsonAsync<T>(
        this IBlobStore store, string name, T value, JsonTypeInfo<T> typeInfo, BlobCondition condition, CancellationToken ct = default) =>
        store.WriteBytesAsync(name, JsonSerializer.SerializeToUtf8Bytes(value, typeInfo), condition, ct);

    private static async Task<byte[]> ReadToEndAsync(BlobReader reader, IBlobStore store, int maxBytes, CancellationToken ct)
    {
        var properties = reader.Properties;
        if (properties.Length > maxBytes)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.BlobTooLarge,
                $"'{properties.Name}' in {store.Description} has {properties.Length} bytes; at most {maxBytes} are read into memory here.",
                properties.Name);
        }

        var content = new byte[properties.Length];
        await reader.Content.ReadExactlyAsync(content, ct);

        // The read past the end lets the store verify that the content is that of the ETag.
        if (await reader.Content.ReadAsync(new byte[1], ct) > 0)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.BlobChanged, $"'{properties.Name}' in {store.Description} grew while it was read. Read it again.", properties.Name);
        }

        return content;
    }
}
