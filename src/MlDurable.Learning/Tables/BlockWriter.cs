using System.Buffers.Binary;
using System.Text;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tables;

/// <summary>
/// Cuts a sequence of bytes into blocks: the 32-bit length of the data, the CRC-32C of the block's index (from 0, 32 bits) and its data,
/// the data. The last block has no data.
/// </summary>
internal sealed class BlockWriter(Stream stream)
{
    /// <summary>The most data in one block.</summary>
    public const int MaxBlockBytes = 1 << 18;

    /// <summary>Length and checksum before the data; while the checksum is computed, the index stands in the second place.</summary>
    public const int HeadBytes = 2 * sizeof(int);

    private readonly byte[] buffer = new byte[HeadBytes + MaxBlockBytes];
    private int length;
    private int index;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > MaxBlockBytes - length)
        {
            var part = MaxBlockBytes - length;
            bytes[..part].CopyTo(buffer.AsSpan(HeadBytes + length));
            length += part;
            bytes = bytes[part..];
            Flush();
        }

        bytes.CopyTo(buffer.AsSpan(HeadBytes + length));
        length += bytes.Length;
    }

    public void WriteInt32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    public void WriteText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteInt32(bytes.Length);
        Write(bytes);
    }

    public void Finish()
    {
        if (length > 0)
        {
            Flush();
        }

        Flush();
    }

    private void Flush()
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer, length);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(sizeof(int)), index);
        var checksum = Crc32C.Compute(buffer.AsSpan(sizeof(int), sizeof(int) + length));
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(sizeof(int)), checksum);
        stream.Write(buffer, 0, HeadBytes + length);
        index++;
        length = 0;
    }
}
