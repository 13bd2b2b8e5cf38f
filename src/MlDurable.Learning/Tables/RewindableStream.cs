namespace MlDurable.Learning.Tables;

/// <summary>
/// A stream that can be read again from where it was when this began. Where the stream cannot seek, what was read is remembered. Does not own
/// the stream.
/// </summary>
internal sealed class RewindableStream(Stream inner) : ForwardStream
{
    private readonly long? start = inner.CanSeek ? inner.Position : null;
    private readonly SegmentedList<byte> remembered = new();
    private bool isRewound;
    private int segment;
    private int segmentPosition;

    /// <summary>Goes back to the beginning; once.</summary>
    public void Rewind()
    {
        isRewound = true;
        if (start is { } position)
        {
            inner.Position = position;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (isRewound && segment < remembered.SegmentCount)
        {
            var left = remembered.Segment(segment)[segmentPosition..];
            if (!left.IsEmpty)
            {
                var count = Math.Min(left.Length, buffer.Length);
                left[..count].CopyTo(buffer);
                segmentPosition += count;
                return count;
            }

            segment++;
            segmentPosition = 0;
        }

        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (start is null && !isRewound)
        {
            remembered.Append(buffer.Span[..read]);
        }

        return read;
    }
}
