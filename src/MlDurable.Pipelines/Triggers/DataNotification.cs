using MlDurable.Storage;

namespace MlDurable.Pipelines.Triggers;

/// <summary>Word that a blob has arrived or changed. It may come late, twice, or wrong: what is in the store decides.</summary>
/// <param name="Blob">The blob's full name, container first. Names that no store can keep, and other containers than <c>data</c>, concern nobody.</param>
/// <param name="ETag">
/// The ETag of the content, when the upload is known to be complete: a blob store's own event, or our own upload. Null from those who only saw that a
/// file changed, such as a file watcher: the blob is looked up, and waits until it has stopped growing.
/// </param>
/// <param name="Length">The content's bytes; looked up with <paramref name="ETag"/> when that is null.</param>
public sealed record DataNotification(string Blob, string? ETag = null, long Length = 0)
{
    /// <summary>The notification of a blob that a writer has just completed.</summary>
    public static DataNotification Of(BlobProperties written) => new(written.Name, written.ETag, written.Length);
}
