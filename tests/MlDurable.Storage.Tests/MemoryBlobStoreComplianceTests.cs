namespace MlDurable.Storage.Tests;

public sealed class MemoryBlobStoreComplianceTests : BlobStoreCompliance
{
    protected override IBlobStore Store { get; } = new MemoryBlobStore();
}
