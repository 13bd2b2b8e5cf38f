namespace MlDurable.Storage;

/// <summary>
/// Named, immutable-once-read blobs with conditional writes: everything that a workspace keeps, except the engine's journal.
/// </summary>
/// <remarks>
/// <para>A name is <c>container/path</c>: its first segment is the container in Azure and the folder on disk. The same names are valid on every
/// store, see <see cref="BlobName"/>. A container is made by the first write into it.</para>
/// <para>A write is atomic: a reader gets the whole old content or the whole new content, and a writer that fails or dies leaves the old one.
/// Of several conditional writes that race, exactly one succeeds.</para>
/// <para>Every failure that a caller can meet is a <see cref="BlobStoreException"/> with a stable code.</para>
/// <threadsafety>Members may be called at once from any number of threads, and from other processes and machines that share the store
/// (a directory: processes of one machine).</threadsafety>
/// </remarks>
public interface IBlobStore
{
    /// <summary>What and where the store is, for messages. It never holds a secret.</summary>
    string Description { get; }

    /// <summary>Looks a blob up without reading it.</summary>
    /// <param name="name">The blob's full name.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>The blob's properties, or <see langword="null"/> when there is no such blob.</returns>
    /// <exception cref="BlobStoreException">The name is invalid, or the store cannot be read.</exception>
    Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default);

    /// <summary>Opens a blob for reading from its beginning.</summary>
    /// <param name="name">The blob's full name.</param>
    /// <param name="ifMatch">The ETag that the content must have, or <see langword="null"/> for whatever is there now.</param>
    /// <param name="ct">Cancels the opening; reading takes tokens of its own.</param>
    /// <returns>The properties and the content that belongs to exactly them. The caller disposes of it.</returns>
    /// <remarks>The content is that of the returned ETag to its last byte, also when the blob is replaced or deleted meanwhile; where a store can no
    /// longer give it, reading throws <c>blob-changed</c>. The stream reads forward only, in bounded memory.</remarks>
    /// <exception cref="BlobStoreException"><c>blob-not-found</c>; <c>blob-changed</c> when the ETag is another than <paramref name="ifMatch"/>.</exception>
    Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default);

    /// <summary>Writes a whole blob.</summary>
    /// <param name="name">The blob's full name.</param>
    /// <param name="content">The content, from the stream's present position to its end. It need not seek; it is not disposed of.</param>
    /// <param name="condition">What must hold for the write to happen.</param>
    /// <param name="ct">Cancels the write, which then has not happened.</param>
    /// <returns>The properties of the blob as written. Its ETag differs from that of every content which the blob had before.</returns>
    /// <remarks>The content is streamed in bounded memory. When the call returns, the blob has reached stable storage. Two unconditional writes of a
    /// large blob that overlap in Azure may end with one of them failing with <c>blob-changed</c>; neither is ever mixed with the other.</remarks>
    /// <exception cref="BlobStoreException"><c>precondition-failed</c> when the condition does not hold; <c>store-full</c>, <c>store-read-only</c>,
    /// <c>store-denied</c>, <c>store-unavailable</c>, <c>blob-too-large</c>: the blob is as it was before.</exception>
    Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default);

    /// <summary>Deletes a blob.</summary>
    /// <param name="name">The blob's full name.</param>
    /// <param name="condition"><see cref="BlobCondition.None"/> or <see cref="BlobCondition.IfMatch"/>.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns><see langword="true"/> when this call deleted it, <see langword="false"/> when it was not there.</returns>
    /// <exception cref="ArgumentException">The condition is <see cref="BlobCondition.IfAbsent"/>.</exception>
    /// <exception cref="BlobStoreException"><c>precondition-failed</c> when the blob is there with another ETag.</exception>
    Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default);

    /// <summary>Lists blobs of one container, lazily.</summary>
    /// <param name="prefix">What the full names begin with: a container, a slash, and any further text (<c>runs/</c>, <c>data/bird-strikes/20</c>).</param>
    /// <param name="startAfter">Only names that come after this one, or <see langword="null"/> for all. It need not exist.</param>
    /// <param name="ct">Cancels the listing.</param>
    /// <returns>The blobs in the ordinal order of their names; none when the container does not exist.</returns>
    /// <remarks>A blob that is written or deleted during the listing may or may not be in it; every other one is, exactly once.</remarks>
    /// <exception cref="BlobStoreException">The prefix is invalid, or the store cannot be read.</exception>
    IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default);
}
