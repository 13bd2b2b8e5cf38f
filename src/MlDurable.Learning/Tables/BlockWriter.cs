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

    /// <summary>Length and checksum, before the data.</summary>
    public const int HeadBytes = 2 * sizeof(int);

    private readonly byte[] buffer = new byte[MaxBlockBytes];
    private int length;
    private int index;

    /// <summary>The checksum of a block.</summary>
    public static uint Checksum(int index, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(head, index);
        return Crc32C.Append(Crc32C.Compute(head), data);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > MaxBlockBytes - length)
        {
            var part = MaxBlockBytes - length;
            if (length == 0)
            {
                WriteBlock(bytes[..part]);
            }
            else
            {
                bytes[..part].CopyTo(buffer.AsSpan(length));
                Flush(MaxBlockBytes);
            }

            bytes = bytes[part..];
        }

        bytes.CopyTo(buffer.AsSpan(length));
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
            Flush(length);
        }

        WriteBlock([]);
    }

    private void Flush(int count)
    {
        WriteBlock(buffer.AsSpan(0, count));
        length = 0;
    }

    private void WriteBlock(ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteInt32LittleEndian(head, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(int)..], Checksum(index, data));
        stream.Write(head);
        stream.Write(data);
        index++;
    }
}
