namespace MlDurable.Storage.Tests;

public sealed class DirectoryBlobStoreComplianceTests : StreamingBlobStoreCompliance, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    protected override IBlobStore Store => field ??= new DirectoryBlobStore(_directory.File("not", "made", "yet"));

    public void Dispose() => _directory.Dispose();
}
