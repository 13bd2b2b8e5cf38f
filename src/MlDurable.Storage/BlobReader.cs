namespace MlDurable.Storage;

/// <summary>A blob that is open for reading.</summary>
/// <remarks><threadsafety>One reader at a time.</threadsafety></remarks>
public sealed class BlobReader : IAsyncDisposable
{
    /// <summary>Makes a reader that owns a stream.</summary>
    /// <param name="properties">The properties to which the content belongs.</param>
    /// <param name="content">The content, at its beginning. It is disposed of with the reader.</param>
    public BlobReader(BlobProperties properties, Stream content)
    {
        Properties = properties;
        Content = content;
    }

    /// <summary>The properties of exactly the content that <see cref="Content"/> gives.</summary>
    public BlobProperties Properties { get; }

    /// <summary>The content, forward only. Failures while reading are <see cref="BlobStoreException"/>s.</summary>
    public Stream Content { get; }

    /// <summary>Closes the content.</summary>
    /// <returns>A task that ends when it is closed.</returns>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
