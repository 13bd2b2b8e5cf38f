namespace MlDurable.Storage;

/// <summary>The content of a blob: forward only, with a store's failures told as <see cref="BlobStoreException"/>s.</summary>
/// <param name="inner">The stream that is read; it is disposed of with this one.</param>
internal abstract class BlobContentStream(Stream inner) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The length is in the reader's properties.");

    public override long Position
    {
        get => throw new NotSupportedException("A blob is read forward only.");
        set => throw new NotSupportedException("A blob is read forward only.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw Translate(exception);
        }

        VerifyAtEnd(read, buffer.Length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            throw Translate(exception);
        }

        VerifyAtEnd(read, buffer.Length);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A blob is read forward only.");

    public override void SetLength(long value) => throw new NotSupportedException("A blob is replaced as a whole.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is replaced as a whole.");

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Whether an exception that reading threw is one to translate.</summary>
    protected abstract bool IsFailure(Exception exception);

    /// <summary>Gives the exception to throw instead.</summary>
    protected abstract BlobStoreException Translate(Exception exception);

    /// <summary>Throws when the content that was read to its end is not that of the ETag.</summary>
    protected abstract void RequireUnchanged();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void VerifyAtEnd(int read, int asked)
    {
        if (read == 0 && asked > 0)
        {
            RequireUnchanged();
        }
    }
}
