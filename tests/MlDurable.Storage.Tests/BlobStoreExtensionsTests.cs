using System.Text.Json.Serialization;

namespace MlDurable.Storage.Tests;

public sealed partial class BlobStoreExtensionsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DirectoryBlobStore _store;

    public BlobStoreExtensionsTests() => _store = new DirectoryBlobStore(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WriteJsonAsync_Document_ReadsBackWithItsETag()
    {
        var written = await _store.WriteJsonAsync("models/m/registry.json", new Document("bird", 3), Json.Default.Document, BlobCondition.IfAbsent);

        var read = await _store.ReadJsonAsync("models/m/registry.json", Json.Default.Document);

        Assert.Equal((new Document("bird", 3), written.ETag), read);
    }

    [Fact]
    public async Task ReadJsonAsync_Absent_IsNull() => Assert.Null(await _store.ReadJsonAsync("models/none", Json.Default.Document));

    [Theory]
    [InlineData("{\"name\":")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task ReadJsonAsync_NotTheDocument_FailsAsCorrupt(string text)
    {
        await _store.WriteBytesAsync("models/x", System.Text.Encoding.UTF8.GetBytes(text), BlobCondition.None);

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => _store.ReadJsonAsync("models/x", Json.Default.Document));

        Assert.Equal((BlobStoreErrorCodes.BlobCorrupt, "models/x"), (exception.Code, exception.BlobName));
    }

    [Fact]
    public async Task ReadBytesAsync_MoreThanAllowed_FailsAsTooLarge()
    {
        await _store.WriteBytesAsync("data/x", new byte[11], BlobCondition.None);

        var exception = await Assert.ThrowsAsync<BlobStoreException>(() => _store.ReadBytesAsync("data/x", maxBytes: 10));

        Assert.Equal(BlobStoreErrorCodes.BlobTooLarge, exception.Code);
        Assert.Equal(11, (await _store.ReadBytesAsync("data/x", maxBytes: 11)).Length);
    }

    [Fact]
    public async Task WriteBytesAsync_PartOfAnArray_WritesThatPart()
    {
        await _store.WriteBytesAsync("data/x", "abcdef"u8.ToArray().AsMemory(2, 3), BlobCondition.None);

        Assert.Equal("cde"u8.ToArray(), await _store.ReadBytesAsync("data/x", maxBytes: 10));
    }

    internal sealed record Document(string Name, int Count);

    [JsonSerializable(typeof(Document))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    private sealed partial class Json : JsonSerializerContext;
}
