namespace MlDurable.Storage.Tests;

/// <summary>A content whose second half comes only when the test lets it, or never: the test throws instead.</summary>
internal sealed class GatedStream(byte[] firstHalf, byte[] secondHalf) : Stream
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits until the reader has had the first half and asks for more; when it fails before, that is thrown.</summary>
    public async Task ReachedAsync(Task reading) => await await Task.WhenAny(_reached.Task, reading);

    public void LetGo() => _opened.SetResult();

    public void Break(Exception exception) => _opened.SetException(exception);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= firstHalf.Length)
        {
            _reached.TrySetResult();
            await _opened.Task.WaitAsync(cancellationToken);
        }

        var rest = _position < firstHalf.Length ? firstHalf.AsMemory(_position) : secondHalf.AsMemory(_position - firstHalf.Length);
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
