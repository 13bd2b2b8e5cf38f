using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tables;

/// <summary>Reads what <see cref="BlockWriter"/> wrote, giving out only bytes whose checksum is right.</summary>
internal sealed class BlockReader(Stream stream)
{
    public const string CorruptCode = "column-file-corrupt";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] buffer = new byte[BlockWriter.HeadBytes + BlockWriter.MaxBlockBytes];
    private int position = BlockWriter.HeadBytes;
    private int end = BlockWriter.HeadBytes;
    private int index;

    public static LearningException Corrupt(string what, Exception? innerException = null) =>
        new(CorruptCode, $"The column file is corrupt: {what}. Delete it; it is built again from the data.", innerException);

    public void ReadExactly(Span<byte> destination)
    {
        while (destination.Length > end - position)
        {
            var part = end - position;
            buffer.AsSpan(position, part).CopyTo(destination);
            destination = destination[part..];
            NextBlock();
            if (position == end)
            {
                throw Corrupt("it ends too early");
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
        if (position != end)
        {
            throw Corrupt("it has bytes after the last column");
        }

        NextBlock();
        if (position != end || stream.ReadByte() >= 0)
        {
            throw Corrupt("it has bytes after the last column");
        }
    }

    private void NextBlock()
    {
        Fill(buffer.AsSpan(0, BlockWriter.HeadBytes));
        var length = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(sizeof(int)));
        if (length is < 0 or > BlockWriter.MaxBlockBytes)
        {
            throw Corrupt($"block {index} has a length of {length}");
        }

        Fill(buffer.AsSpan(BlockWriter.HeadBytes, length));
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(sizeof(int)), index);
        if (Crc32C.Compute(buffer.AsSpan(sizeof(int), sizeof(int) + length)) != checksum)
        {
            throw Corrupt($"the checksum of block {index} is wrong");
        }

        index++;
        position = BlockWriter.HeadBytes;
        end = BlockWriter.HeadBytes + length;
    }

    private void Fill(Span<byte> destination)
    {
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw Corrupt("it ends too early");
        }
    }
}
