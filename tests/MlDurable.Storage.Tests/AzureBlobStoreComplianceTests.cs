using MlDurable.Testing.Azurite;

namespace MlDurable.Storage.Tests;

[Collection(AzuriteCollection.Name)]
public sealed class AzureBlobStoreComplianceTests(AzuriteFixture azurite) : StreamingBlobStoreCompliance
{
    protected override IBlobStore Store { get; } = BlobStoreFactory.Open(azurite.ConnectionString);
}
