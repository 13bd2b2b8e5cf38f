namespace MlDurable.Storage;

/// <summary>A blob store could not do what was asked. The message says what, where and what to do; it never holds a secret.</summary>
public class BlobStoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">One of <see cref="BlobStoreErrorCodes"/>.</param>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="blobName">The blob concerned, if it is one.</param>
    /// <param name="innerException">The cause, if its text holds no secret.</param>
    public BlobStoreException(string code, string message, string? blobName = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        BlobName = blobName;
    }

    /// <summary>One of <see cref="BlobStoreErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>The blob concerned, or <see langword="null"/> when it is the whole store.</summary>
    public string? BlobName { get; }
}
