namespace MlDurable.Storage.Tests;

public sealed class BlobStoreFactoryTests
{
    private const string Key = "c2VjcmV0LWtleS10aGF0LW11c3Qtbm90LWJlLXNob3du";

    [Fact]
    public void Open_Directory_IsADirectoryStore()
    {
        var store = BlobStoreFactory.Open("some/where");

        Assert.IsType<DirectoryBlobStore>(store);
        Assert.Equal($"the directory {Path.GetFullPath("some/where")}", store.Description);
    }

    [Theory]
    [InlineData("a=b")]
    [InlineData("50% off; really")]
    [InlineData("./with space")]
    public void Open_OddDirectory_IsADirectoryStore(string path) => Assert.IsType<DirectoryBlobStore>(BlobStoreFactory.Open(path));

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "127.0.0.1:10000/devstoreaccount1")]
    [InlineData(" usedevelopmentstorage=true; ", "127.0.0.1:10000/devstoreaccount1")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=birds;AccountKey=" + Key + ";EndpointSuffix=core.windows.net", "https://birds.blob.core.windows.net")]
    [InlineData("BlobEndpoint=https://birds.blob.core.windows.net;SharedAccessSignature=sv=2022-11-02&sig=" + Key, "https://birds.blob.core.windows.net")]
    [InlineData("https://birds.blob.core.windows.net", "https://birds.blob.core.windows.net")]
    [InlineData("https://birds.blob.core.windows.net/", "https://birds.blob.core.windows.net")]
    [InlineData("https://birds.blob.core.windows.net/?sv=2022-11-02&sig=" + Key, "https://birds.blob.core.windows.net")]
    public void Open_AzureStorage_NamesTheAccountAndNoSecret(string text, string account)
    {
        var store = BlobStoreFactory.Open(text);

        Assert.IsType<AzureBlobStore>(store);
        Assert.EndsWith(account, store.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, store.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("UseDevelopmentStorage=tru")]
    [InlineData("DefaultEndpointsProtocol=https;AcountName=birds;AccountKey=" + Key)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=birds;AccountKey=%" + Key)]
    [InlineData("AccountName=birds;AccountKey")]
    [InlineData("AccountName=birds;AccountKey=" + Key + ";BlobEndpoint=" + Key)]
    [InlineData("Acct=birds;Key=" + Key)]
    [InlineData("AccountKey=" + Key)]
    [InlineData("s3://bucket/path")]
    [InlineData("file:///tmp/store")]
    [InlineData("http://birds.blob.core.windows.net")]
    [InlineData("http://127.0.0.1:10000/devstoreaccount1")]
    [InlineData("https://user:" + Key + "@birds.blob.core.windows.net")]
    [InlineData("https://")]
    [InlineData("a\0b")]
    public void Open_NoStore_SaysSoWithoutRepeatingIt(string text)
    {
        var exception = Assert.Throws<BlobStoreException>(() => BlobStoreFactory.Open(text));

        Assert.Equal(BlobStoreErrorCodes.InvalidStore, exception.Code);
        Assert.DoesNotContain(Key, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_File_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("data.csv"), "x");

        var exception = Assert.Throws<BlobStoreException>(() => BlobStoreFactory.Open(directory.File("data.csv")));

        Assert.Equal(BlobStoreErrorCodes.InvalidStore, exception.Code);
        Assert.Contains("is a file", exception.Message, StringComparison.Ordinal);
    }
}
