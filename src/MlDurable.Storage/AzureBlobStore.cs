using System.Net;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace MlDurable.Storage;

/// <summary>A blob store in an Azure Storage account, or in its emulator Azurite.</summary>
/// <remarks>
/// <para>The first segment of a name is the container; the first write makes it. Conditions are the service's own (<c>If-Match</c>, <c>If-None-Match</c>), so they
/// hold among all writers everywhere.</para>
/// <para>A blob of 4 MiB or more is sent in blocks of 4 MiB, at most 50,000 of them (195 GiB), and appears when they are committed. What a writer that dies had sent
/// is dropped by Azure after a week. Of two large uploads of one blob that overlap, the one that commits first drops the other's blocks: the other fails with
/// <c>precondition-failed</c> or, when it had no condition, <c>blob-changed</c>.</para>
/// <para>Each request is tried four times, with pauses from 0.8 s; an endpoint that does not answer fails with <c>store-unavailable</c> within about half a minute.</para>
/// <threadsafety>All members may be called from any thread.</threadsafety>
/// </remarks>
public sealed class AzureBlobStore : IBlobStore
{
    private const int Retries = 3;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <remarks>One for the process: connections are shared, as the client library does with its own. A dead address is given up sooner than there.</remarks>
    private static readonly HttpClientTransport Transport = new(new HttpClient(
        new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });

    private readonly BlobServiceClient _client;

    /// <summary>Makes a store on a client.</summary>
    /// <param name="client">The account's client, with its credential.</param>
    public AzureBlobStore(BlobServiceClient client)
    {
        _client = client;
        Description = $"the Azure Storage account {client.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/')}";
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>The options of a client that this store works best with: bounded time, and a checksum that the service verifies on every upload.</summary>
    /// <returns>New options.</returns>
    public static BlobClientOptions ClientOptions()
    {
        var options = new BlobClientOptions { Transport = Transport };
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = Retries;
        options.Retry.MaxDelay = LongestDelay;
        options.Retry.NetworkTimeout = NetworkTimeout;

        // Auto would be CRC-64, which Azurite refuses as it is usually started.
        options.TransferValidation.Upload.ChecksumAlgorithm = StorageChecksumAlgorithm.MD5;
        return options;
    }

    /// <inheritdoc/>
    public async Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default)
    {
        try
        {
            var found = (await Blob(name).GetPropertiesAsync(cancellationToken: ct)).Value;
            return new BlobProperties(name, found.ContentLength, AzureETag.Text(found.ETag), found.LastModified);
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, Description, name);
        }
    }

    /// <inheritdoc/>
    public async Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default)
    {
        var blob = Blob(name);
        try
        {
            var conditions = new BlobRequestConditions { IfMatch = ifMatch is null ? null : new ETag(ifMatch) };
            var download = (await blob.DownloadStreamingAsync(new BlobDownloadOptions { Conditions = conditions }, ct)).Value;
            var details = download.Details;
            var properties = new BlobProperties(name, details.ContentLength, AzureETag.Text(details.ETag), details.LastModified);
            return new BlobReader(properties, new AzureContentStream(download.Content, name, Description));
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, Description, name);
        }
    }

    /// <inheritdoc/>
    public Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default) =>
        new AzureBlobUpload(Blob(name), name, condition, Description).SendAsync(content, ct);

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default)
    {
        var blob = Blob(name);
        condition.RequireFitForDelete();
        try
        {
            var conditions = condition.ETag is null ? null : new BlobRequestConditions { IfMatch = new ETag(condition.ETag) };
            return (await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, ct)).Value;
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.PreconditionFailed)
        {
            // A blob that is not there has no ETag to match, and Azurite says so before it says that it is not there.
            return await GetPropertiesAsync(name, ct) is null ? false : throw condition.Failed(name, Description);
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, Description, name);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default)
    {
        BlobName.RequirePrefix(prefix);
        return ListCoreAsync(prefix, startAfter, ct);
    }

    /// <remarks>The service lists a container in the order of names, a page of up to 5,000 at a time.</remarks>
    private async IAsyncEnumerable<BlobProperties> ListCoreAsync(
        string prefix, string? startAfter, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var (container, path) = BlobName.Split(prefix);
        var pages = _client.GetBlobContainerClient(container).GetBlobsAsync(prefix: path, cancellationToken: ct).AsPages();
        await using var page = pages.GetAsyncEnumerator(ct);
        while (await NextAsync(page, prefix))
        {
            foreach (var item in page.Current.Values)
            {
                var name = $"{container}/{item.Name}";
                if (startAfter is not null && string.CompareOrdinal(name, startAfter) <= 0)
                {
                    continue;
                }

                yield return Listed(name, item.Properties);
            }
        }
    }

    private BlobProperties Listed(string name, BlobItemProperties item)
    {
        if (BlobName.Problem(name) is { } problem)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.InvalidBlobName, $"'{name}' in {Description} was not written by this store: {problem}. Rename it or move it away.", name);
        }

        return new BlobProperties(
            name, item.ContentLength.GetValueOrDefault(), AzureETag.Text(item.ETag.GetValueOrDefault()), item.LastModified.GetValueOrDefault());
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<Page<BlobItem>> page, string prefix)
    {
        try
        {
            return await page.MoveNextAsync();
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return false;
        }
        catch (Exception exception) when (AzureFailure.Is(exception))
        {
            throw AzureFailure.Translate(exception, Description, prefix);
        }
    }

    private BlockBlobClient Blob(string name)
    {
        BlobName.Require(name);
        var (container, path) = BlobName.Split(name);
        return _client.GetBlobContainerClient(container).GetBlockBlobClient(path);
    }
}
