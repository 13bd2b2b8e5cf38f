using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MlDurable.Learning.Tables;

/// <summary>Reads what <see cref="BlockWriter"/> wrote, giving out only bytes whose checksum is right.</summary>
internal sealed class BlockReader(Stream stream)
{
    public const string CorruptCode = "column-file-corrupt";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] buffer = new byte[BlockWriter.MaxBlockBytes];
    private int position;
    private int end;
    private int index;

    /// <summary>No more than so many bytes can follow; null when the stream does not say.</summary>
    public long? MaxBytesLeft => stream.CanSeek ? end - position + stream.Length - stream.Position : null;

    public static LearningException Corrupt(string what, Exception? innerException = null) =>
        new(CorruptCode, $"The column file is corrupt: {what}. Delete it; it is built again from the data.", innerException);

    public void ReadExactly(Span<byte> destination)
    {
        while (destination.Length > end - position)
        {
            var part = end - position;
            buffer.AsSpan(position, part).CopyTo(destination);
            position = end;
            destination = destination[part..];

            // A block that is wanted whole goes to where it is wanted at once.
            var (length, checksum) = ReadHead();
            if (length == 0)
            {
                throw Corrupt("it ends too early");
            }

            if (length <= destination.Length)
            {
                ReadData(destination[..length], checksum);
                destination = destination[length..];
            }
            else
            {
                Load(length, checksum);
            }
        }

        buffer.AsSpan(position, destination.Length).CopyTo(destination);
        position += destination.Length;
    }

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public int ReadCount()
    {
        var count = ReadInt32();
        return count >= 0 ? count : throw Corrupt($"a count is {count}");
    }

    public string ReadText()
    {
        var left = ReadCount();

        // Grows with the bytes that are really there, so that a false length allocates nothing.
        var bytes = new ArrayBufferWriter<byte>(Math.Max(1, Math.Min(left, 256)));
        while (left > 0)
        {
            var part = Math.Min(left, 1 << 16);
            ReadExactly(bytes.GetSpan(part)[..part]);
            bytes.Advance(part);
            left -= part;
        }

        try
        {
            return StrictUtf8.GetString(bytes.WrittenSpan);
        }
        catch (DecoderFallbackException exception)
        {
            throw Corrupt("a text is not UTF-8", exception);
        }
    }

    /// <summary>Checks that nothing follows.</summary>
    public void Finish()
    {
        if (position == end)
        {
            var (length, checksum) = ReadHead();
            Load(length, checksum);
        }

        if (position != end || stream.ReadByte() >= 0)
        {
            throw Corrupt("it has bytes after the last column");
        }
    }

    private (int Length, uint Checksum) ReadHead()
    {
        Span<byte> head = stackalloc byte[BlockWriter.HeadBytes];
        Fill(head);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        return length is >= 0 and <= BlockWriter.MaxBlockBytes
            ? (length, BinaryPrimitives.ReadUInt32LittleEndian(head[sizeof(int)..]))
            : throw Corrupt($"block {index} has a length of {length}");
    }

    private void Load(int length, uint checksum)
    {
        ReadData(buffer.AsSpan(0, length), checksum);
        position = 0;
        end = length;
    }

    private void ReadData(Span<byte> destination, uint checksum)
    {
        Fill(destination);
        if (BlockWriter.Checksum(index, destination) != checksum)
        {
            throw Corrupt($"the checksum of block {index} is wrong");
        }

        index++;
    }

    private void Fill(Span<byte> destination)
    {
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw Corrupt("it ends too early");
        }
    }
}
