using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using MlDurable.Testing.Azurite;

namespace MlDurable.Storage.Tests;

[Collection(AzuriteCollection.Name)]
public sealed class AzureBlobStoreTests(AzuriteFixture azurite)
{
    private const string WrongKey = "bm90LXRoZS1rZXktb2YtdGhpcy1hY2NvdW50LWF0LWFsbCE=";
    private static readonly byte[] Content = "content"u8.ToArray();
    private readonly string _container = $"c{Guid.NewGuid():n}";

    [Fact]
    public async Task WriteAsync_AnswerIsLost_IsKnownForItsSuccess()
    {
        var losesFirst = new LosesFirstAnswer(HttpStatusCode.Created);
        var store = Store(options => options.AddPolicy(losesFirst, HttpPipelinePosition.PerRetry));
        await new BlobServiceClient(azurite.ConnectionString).CreateBlobContainerAsync(_container);

        var written = await store.WriteBytesAsync($"{_container}/claim", Content, BlobCondition.IfAbsent);

        Assert.True(losesFirst.HasLost);
        Assert.Equal(written, await store.GetPropertiesAsync($"{_container}/claim"));
        await Assert.ThrowsAsync<BlobStoreException>(() => store.WriteBytesAsync($"{_container}/claim", Content, BlobCondition.IfAbsent));
    }

    [Fact]
    public async Task WriteAsync_LargeUploadsOverlap_AreNeverMixed()
    {
        var store = Store();
        var half = AzureBlobUpload.BlockBytes;
        var slowContent = new GatedStream(Enumerable.Repeat((byte)1, half).ToArray(), Enumerable.Repeat((byte)1, half).ToArray());
        var slow = store.WriteAsync($"{_container}/x", slowContent, BlobCondition.None);
        await slowContent.ReachedAsync(slow);

        await store.WriteBytesAsync($"{_container}/x", Enumerable.Repeat((byte)2, 2 * half).ToArray(), BlobCondition.None);
        slowContent.LetGo();

        var failure = await Record.ExceptionAsync(() => slow);
        var content = await store.ReadBytesAsync($"{_container}/x", 2 * half);
        Assert.Equal(2 * half, content.Length);
        if (failure is null)
        {
            Assert.True(content.All(value => value == 1), "The later upload succeeded, and the content is not its own.");
        }
        else
        {
            Assert.Equal(BlobStoreErrorCodes.BlobChanged, Assert.IsType<BlobStoreException>(failure).Code);
            Assert.True(content.All(value => value == 2), "The later upload failed, and the content is not the earlier one's.");
        }
    }

    [Fact]
    public async Task ListAsync_BlobThatIsNoValidName_IsReportedNotSkipped()
    {
        var container = new BlobServiceClient(azurite.ConnectionString).GetBlobContainerClient(_container);
        await container.CreateAsync();
        await container.UploadBlobAsync("a:b.csv", new MemoryStream(Content));

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => Store().ListAsync(_container + "/").ToArrayAsync().AsTask());

        Assert.Equal(BlobStoreErrorCodes.InvalidBlobName, exception.Code);
    }

    [Fact]
    public async Task EveryMember_NothingListens_FailsAsUnavailableInReasonableTime()
    {
        using var free = new TcpListener(IPAddress.Loopback, port: 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var store = BlobStoreFactory.Open($"DefaultEndpointsProtocol=http;AccountName=birds;AccountKey={WrongKey};BlobEndpoint=http://127.0.0.1:{port}/birds");
        var elapsed = Stopwatch.StartNew();

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.GetPropertiesAsync("data/x"));

        Assert.Equal(BlobStoreErrorCodes.StoreUnavailable, exception.Code);
        Assert.InRange(elapsed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Contains($"127.0.0.1:{port}", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongKey, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryMember_NothingListens_HasOneCode()
    {
        var store = Store(options =>
        {
            options.Retry.MaxRetries = 0;
            options.Transport = new HttpClientTransport(new HttpClient(new BrokenHandler()));
        });

        foreach (var use in new Func<Task>[]
        {
            () => store.GetPropertiesAsync("data/x"),
            () => store.OpenReadAsync("data/x"),
            () => store.WriteBytesAsync("data/x", Content, BlobCondition.IfAbsent),
            () => store.WriteBytesAsync("data/x", new byte[2 * AzureBlobUpload.BlockBytes], BlobCondition.None),
            () => store.WriteBytesAsync("data/x", new byte[2 * AzureBlobUpload.BlockBytes], BlobCondition.IfAbsent),
            () => store.DeleteAsync("data/x", BlobCondition.None),
            () => store.ListAsync("data/").ToArrayAsync().AsTask(),
        })
        {
            var exception = await Assert.ThrowsAsync<BlobStoreException>(use);
            Assert.Equal(BlobStoreErrorCodes.StoreUnavailable, exception.Code);
            Assert.Contains("The network is down", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EveryMember_WrongKey_IsDeniedWithoutShowingIt()
    {
        var client = new BlobServiceClient(azurite.ConnectionString);
        var store = new AzureBlobStore(new BlobServiceClient(client.Uri, new StorageSharedKeyCredential(client.AccountName, WrongKey), AzureBlobStore.ClientOptions()));

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.WriteBytesAsync("data/x", Content, BlobCondition.None));

        Assert.Equal(BlobStoreErrorCodes.StoreDenied, exception.Code);
        Assert.Contains("HTTP 403 AuthorizationFailure", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(WrongKey, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryMember_WrongSignature_IsDeniedWithoutShowingIt()
    {
        const string Signature = "c2lnbmF0dXJlLXRoYXQtbXVzdC1ub3Qtc2hvdw%3D%3D";
        var account = new BlobServiceClient(azurite.ConnectionString).Uri;
        var store = BlobStoreFactory.Open($"{account}?sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2030-01-01T00:00:00Z&sig={Signature}");

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.OpenReadAsync("data/x"));

        Assert.Equal(BlobStoreErrorCodes.StoreDenied, exception.Code);
        Assert.DoesNotContain("sig=", exception.ToString() + store.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(Signature[..20], exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TransferValidation_Md5_GoesThroughBothWays()
    {
        var options = new BlobClientOptions();
        options.TransferValidation.Upload.ChecksumAlgorithm = StorageChecksumAlgorithm.MD5;
        options.TransferValidation.Download.ChecksumAlgorithm = StorageChecksumAlgorithm.MD5;
        var container = new BlobServiceClient(azurite.ConnectionString, options).GetBlobContainerClient(_container);
        await container.CreateAsync();
        var content = RandomBytes();

        await container.UploadBlobAsync("x", new MemoryStream(content));
        var downloaded = await container.GetBlobClient("x").DownloadContentAsync();

        Assert.Equal(content, downloaded.Value.Content.ToArray());
    }

    [Fact]
    public async Task TransferValidation_Crc64_IsComputedThroughTheHashClassOfTheFeed()
    {
        // Azurite refuses the header, so it is taken off on its way; Azure itself verifies it.
        var takesOff = new TakesOffCrc64();
        var options = new BlobClientOptions();
        options.AddPolicy(takesOff, HttpPipelinePosition.PerCall);
        options.TransferValidation.Upload.ChecksumAlgorithm = StorageChecksumAlgorithm.StorageCrc64;
        var container = new BlobServiceClient(azurite.ConnectionString, options).GetBlobContainerClient(_container);
        await container.CreateAsync();
        var content = RandomBytes();

        await container.UploadBlobAsync("x", new MemoryStream(content));

        Assert.Equal(Convert.ToBase64String(Crc64(content)), takesOff.Header);
    }

    [Fact]
    public async Task WriteAsync_ContentDamagedOnItsWay_IsRefusedByTheService()
    {
        var store = Store(options => options.AddPolicy(new SpoilsChecksum(), HttpPipelinePosition.PerCall));

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => store.WriteBytesAsync($"{_container}/x", Content, BlobCondition.None));

        Assert.Equal(BlobStoreErrorCodes.StoreUnavailable, exception.Code);
        Assert.Null(await store.GetPropertiesAsync($"{_container}/x"));
    }

    [Fact]
    public async Task WriteAsync_SnapshotsExist_AreDeletedWithTheBlob()
    {
        var store = Store();
        await store.WriteBytesAsync($"{_container}/x", Content, BlobCondition.None);
        await new BlobServiceClient(azurite.ConnectionString).GetBlobContainerClient(_container).GetBlobClient("x").CreateSnapshotAsync();

        Assert.True(await store.DeleteAsync($"{_container}/x", BlobCondition.None));
    }

    private static byte[] RandomBytes()
    {
        var content = new byte[1_000_000];
        new Random(7).NextBytes(content);
        return content;
    }

    /// <summary>Azure Storage's CRC-64, bit by bit: reflected, polynomial 0x9A6C9329AC4BC9B5, inverted before and after.</summary>
    private static byte[] Crc64(byte[] content)
    {
        const ulong Polynomial = 0x9A6C9329AC4BC9B5;
        var crc = ulong.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }
        }

        return BitConverter.GetBytes(~crc);
    }

    private AzureBlobStore Store(Action<BlobClientOptions>? configure = null)
    {
        var options = AzureBlobStore.ClientOptions();
        configure?.Invoke(options);
        return new AzureBlobStore(new BlobServiceClient(azurite.ConnectionString, options));
    }

    /// <summary>Lets the first request with a given answer reach the service, and breaks the connection before the answer arrives.</summary>
    private sealed class LosesFirstAnswer(HttpStatusCode status) : HttpPipelinePolicy
    {
        public bool HasLost { get; private set; }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!HasLost && message.Response.Status == (int)status)
            {
                HasLost = true;
                throw new IOException("The connection was reset.");
            }
        }
    }

    /// <summary>Changes the checksum that goes with an upload, as a damaged content would.</summary>
    private sealed class SpoilsChecksum : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Headers.Contains("Content-MD5"))
            {
                message.Request.Headers.SetValue("Content-MD5", Convert.ToBase64String(new byte[16]));
            }
        }
    }

    private sealed class TakesOffCrc64 : HttpPipelineSynchronousPolicy
    {
        private const string Name = "x-ms-content-crc64";

        public string? Header { get; private set; }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Headers.TryGetValue(Name, out var value))
            {
                Header = value;
                message.Request.Headers.Remove(Name);
            }
        }
    }

    private sealed class BrokenHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("The network is down.");
    }
}
