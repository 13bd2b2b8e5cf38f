namespace MlDurable.Storage;

/// <summary>The content of a blob that is a file.</summary>
/// <remarks>A writer replaces the file, so the handle keeps the content that it was opened on. Another program may edit the file in place: that is
/// noticed at the end.</remarks>
/// <param name="file">The open file.</param>
/// <param name="properties">What the file said of itself when it was opened.</param>
/// <param name="store">The store's description, for messages.</param>
internal sealed class FileContentStream(FileStream file, BlobProperties properties, string store) : BlobContentStream(file)
{
    protected override bool IsFailure(Exception exception) => FileSystemFailure.Is(exception);

    protected override BlobStoreException Translate(Exception exception) => FileSystemFailure.Translate(exception, store, properties.Name);

    protected override void RequireUnchanged()
    {
        if (FileProperties.Of(properties.Name, file) != properties)
        {
            throw new BlobStoreException(
                BlobStoreErrorCodes.BlobChanged, $"'{properties.Name}' in {store} was edited in place while it was read. Read it again.", properties.Name);
        }
    }
}
