namespace MlDurable.Learning.Tables;

/// <summary>A stream that can only be read, and only forward and asynchronously.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Bytes, then a stream, then bytes. Does not own the stream.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> head, Stream middle, ReadOnlyMemory<byte> tail) : ForwardStream
{
    private ReadOnlyMemory<byte> head = head;
    private ReadOnlyMemory<byte> tail = tail;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!head.IsEmpty)
        {
            return Take(ref head, buffer);
        }

        var read = await middle.ReadAsync(buffer, cancellationToken);
        return read > 0 ? read : Take(ref tail, buffer);
    }

    private static int Take(ref ReadOnlyMemory<byte> bytes, Memory<byte> buffer)
    {
        var count = Math.Min(buffer.Length, bytes.Length);
        bytes[..count].CopyTo(buffer);
        bytes = bytes[count..];
        return count;
    }
}
