using System.IO.Compression;

namespace MlDurable.Learning.Tables;

/// <summary>
/// Unpacks gzip data and notices when their end is missing. <see cref="GZipStream"/> does not: it takes a file that was cut off for one
/// that ends there, and rows would be lost without a word. So a gzip member with a known text is appended to the packed bytes: only after a
/// complete file does the unpacked text end with it.
/// </summary>
/// <exception cref="InvalidDataException">The data is damaged or cut off.</exception>
internal sealed class CheckedGzipStream : ForwardStream
{
    private static readonly byte[] EndText = [.. "\0end of the gzip file\0"u8];
    private static readonly byte[] EndMember = Pack(EndText);

    private readonly GZipStream unpacked;
    private readonly byte[] text = new byte[1 << 16];
    private int start;
    private int end;

    /// <param name="head">The first bytes of the file, already read from <paramref name="rest"/>.</param>
    /// <param name="rest">The rest; not closed.</param>
    public CheckedGzipStream(ReadOnlyMemory<byte> head, Stream rest) =>
        unpacked = new GZipStream(new JoinedStream(head, rest, EndMember), CompressionMode.Decompress);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // What may be the end text is held back until more follows.
        while (end - start <= EndText.Length)
        {
            text.AsSpan(start, end - start).CopyTo(text);
            end -= start;
            start = 0;
            var read = await unpacked.ReadAsync(text.AsMemory(end), cancellationToken);
            if (read == 0)
            {
                return text.AsSpan(0, end).SequenceEqual(EndText) ? 0 : throw new InvalidDataException("The gzip data is cut off.");
            }

            end += read;
        }

        var count = Math.Min(buffer.Length, end - start - EndText.Length);
        text.AsMemory(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            unpacked.Dispose();
        }

        base.Dispose(disposing);
    }

    private static byte[] Pack(byte[] text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(text);
        }

        return packed.ToArray();
    }
}
