namespace MlDurable.Storage;

/// <summary>The content of a blob in Azure. The client library resumes a broken download only while the blob has the ETag that it began with.</summary>
/// <param name="download">The download.</param>
/// <param name="name">The blob's full name.</param>
/// <param name="store">The store's description, for messages.</param>
internal sealed class AzureContentStream(Stream download, string name, string store) : BlobContentStream(download)
{
    protected override bool IsFailure(Exception exception) => AzureFailure.Is(exception);

    protected override BlobStoreException Translate(Exception exception) => AzureFailure.Translate(exception, store, name);

    protected override void RequireUnchanged()
    {
        // HTTP gives the length beforehand and the client library checks it: the end of the stream is the end of the blob.
    }
}
