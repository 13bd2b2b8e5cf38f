using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace MlDurable.Storage;

/// <summary>
/// One upload of one blob: in a single request when it is small, otherwise in blocks that nobody sees before they are committed together.
/// </summary>
/// <remarks>The client library's own upload names blocks by their offset, so two uploads of one blob could commit each other's blocks. Here every
/// upload has an identity of its own: its blocks are named by it, and it is kept in the blob's metadata, so that a repeated request whose first answer was lost
/// is known for the success that it was.</remarks>
/// <param name="blob">The blob.</param>
/// <param name="name">The blob's full name.</param>
/// <param name="condition">The condition under which the content becomes visible.</param>
/// <param name="store">The store's description, for messages.</param>
internal sealed class AzureBlobUpload(BlockBlobClient blob, string name, BlobCondition condition, string store)
{
    /// <summary>The size of a block; a content that is smaller is sent in one request: 4 MiB.</summary>
    public const int BlockBytes = 4 << 20;

    /// <summary>Azure's limit of blocks in a blob.</summary>
    private const int MaxBlocks = 50_000;

    private const string UploadIdKey = "mldurableupload";
    private const int BlockIdBytes = 20;
    private readonly Guid _id = Guid.NewGuid();
    private readonly List<string> _blocks = [];

    private BlobRequestConditions Conditions => new()
    {
        IfNoneMatch = condition.MustBeAbsent ? ETag.All : null,
        IfMatch = condition.ETag is null ? null : new ETag(condition.ETag),
    };

    private Dictionary<string, string> Metadata => new(StringComparer.Ordinal) { [UploadIdKey] = _id.ToString("n") };

    /// <summary>Sends the content.</summary>
    /// <param name="content">The content; what reading it throws passes as it is.</param>
    /// <param name="ct">Cancels the upload.</param>
    /// <returns>The blob's properties.</returns>
    public async Task<BlobProperties> SendAsync(Stream content, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var block = buffer.AsMemory(0, BlockBytes);
            var length = await content.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false, ct);
            if (length < BlockBytes)
            {
                return await SendWholeAsync(buffer, length, ct);
            }

            await RequireConditionAsync(ct);
            long total = 0;
            for (; length > 0; length = await content.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false, ct))
            {
                await StageAsync(buffer, length, ct);
                total += length;
            }

            return await CommitAsync(total, ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<BlobProperties> SendWholeAsync(byte[] buffer, int length, CancellationToken ct)
    {
        var options = new BlobUploadOptions { Conditions = Conditions, Metadata = Metadata };
        return await MakeVisibleAsync(
            length,
            async () =>
            {
                using var body = new MemoryStream(buffer, 0, length, writable: false);
                return (await blob.UploadAsync(body, options, ct)).Value;
            },
            ct);
    }

    private Task<BlobProperties> CommitAsync(long length, CancellationToken ct)
    {
        var options = new CommitBlockListOptions { Conditions = Conditions, Metadata = Metadata };
        return MakeVisibleAsync(length, async () => (await blob.CommitBlockListAsync(_blocks, options, ct)).Value, ct);
    }

    /// <remarks>The condition that counts is the one of the commit; this saves sending a large content that cannot be wanted.</remarks>
    private async Task RequireConditionAsync(CancellationToken ct)
    {
        if (condition == BlobCondition.None)
        {
            return;
        }

        var found = await FindAsync(ct);
        if (condition.MustBeAbsent ? found is not null : condition.ETag != found?.Properties.ETag)
        {
            throw condition.Failed(name, store);
        }
    }

    private async Task StageAsync(byte[] buffer, int length, CancellationToken ct)
    {
        if (_blocks.Count == MaxBlocks)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.BlobTooLarge, $"'{name}' is larger than {(long)MaxBlocks * BlockBytes} bytes, the most that is uploaded to {store}.", name);
        }

        // Azure wants all block names of a blob to have one length.
        var id = new byte[BlockIdBytes];
        _id.TryWriteBytes(id);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(BlockIdBytes - sizeof(int)), _blocks.Count);
        _blocks.Add(Convert.ToBase64String(id));
        try
        {
            await InContainerAsync(
                async () =>
                {
                    using var body = new MemoryStream(buffer, 0, length, writable: false);
                    return await blob.StageBlockAsync(_blocks[^1], body, cancellationToken: ct);
                },
                ct);
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, store, name);
        }
    }

    private async Task<BlobProperties> MakeVisibleAsync(long length, Func<Task<BlobContentInfo>> request, CancellationToken ct)
    {
        try
        {
            var info = await InContainerAsync(request, ct);
            return new BlobProperties(name, length, AzureETag.Text(info.ETag), info.LastModified);
        }
        catch (RequestFailedException exception) when (IsOvertaken(exception))
        {
            // A request is repeated when its answer is lost, and the repetition then meets what the first one has made.
            var found = await FindAsync(ct);
            if (found?.UploadId == _id.ToString("n"))
            {
                return found.Value.Properties;
            }

            throw condition == BlobCondition.None
                ? new BlobStoreException(
                    BlobStoreErrorCodes.BlobChanged, $"Another writer of '{name}' in {store} finished while this one was sending. Write it again.", name)
                : condition.Failed(name, store);
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, store, name);
        }
    }

    private async Task<(BlobProperties Properties, string? UploadId)?> FindAsync(CancellationToken ct)
    {
        try
        {
            var found = (await blob.GetPropertiesAsync(cancellationToken: ct)).Value;
            var properties = new BlobProperties(name, found.ContentLength, AzureETag.Text(found.ETag), found.LastModified);
            return (properties, found.Metadata.TryGetValue(UploadIdKey, out var id) ? id : null);
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, store, name);
        }
    }

    private static bool IsOvertaken(RequestFailedException exception) =>
        exception.Status == (int)HttpStatusCode.PreconditionFailed
        || exception.ErrorCode == BlobErrorCode.BlobAlreadyExists
        || exception.ErrorCode == BlobErrorCode.InvalidBlockList;

    private async Task<T> InContainerAsync<T>(Func<Task<T>> request, CancellationToken ct)
    {
        try
        {
            return await request();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await blob.GetParentBlobContainerClient().CreateIfNotExistsAsync(cancellationToken: ct);
            return await request();
        }
    }
}
