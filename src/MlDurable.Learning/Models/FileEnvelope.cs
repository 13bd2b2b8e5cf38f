using System.Buffers.Binary;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Models;

/// <summary>What stands around the content of a model's file: eight bytes of magic, a version, the length and CRC-32C of the content; 32 bits each, little-endian.</summary>
internal static class FileEnvelope
{
    private const int MagicBytes = 8;
    private const int HeadBytes = MagicBytes + (3 * sizeof(int));

    public static void Write(Stream stream, ReadOnlySpan<byte> magic, int version, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], version);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], Crc32C.Compute(content));
        stream.Write(head);
        stream.Write(content);
    }

    /// <summary>Reads a file to its end.</summary>
    /// <param name="stream">The bytes, from the current position on.</param>
    /// <param name="magic">What it must begin with.</param>
    /// <param name="latestVersion">The greatest version that the program reads; the least is 1.</param>
    /// <param name="maxBytes">The most bytes of content.</param>
    /// <exception cref="LearningException"><c>model-file-corrupt</c>.</exception>
    public static (int Version, byte[] Content) Read(Stream stream, ReadOnlySpan<byte> magic, int latestVersion, int maxBytes)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith(magic))
        {
            throw Corrupt("it does not begin like a model file");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(head[8..]);
        if (version < 1 || version > latestVersion)
        {
            throw Corrupt($"its version is {version}, and this program reads versions up to {latestVersion}");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(head[12..]);
        if (length < 0 || length > maxBytes)
        {
            throw Corrupt($"its content has a length of {length}");
        }

        var content = ReadContent(stream, length);
        return Crc32C.Compute(content) == BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) ? (version, content) : throw Corrupt("its checksum is wrong");
    }

    public static LearningException Corrupt(string what, Exception? innerException = null) =>
        new("model-file-corrupt", $"The model file is corrupt: {what}. Restore it, or train the model again.", innerException);

    /// <summary>Grows with the bytes that are really there, so that a false length allocates nothing.</summary>
    private static byte[] ReadContent(Stream stream, int length)
    {
        var bytes = new byte[Math.Min(length, 1 << 16)];
        var read = 0;
        while (true)
        {
            read += stream.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false);
            if (read < bytes.Length)
            {
                throw Corrupt("it ends too early");
            }

            if (read == length)
            {
                return stream.ReadByte() < 0 ? bytes : throw Corrupt("bytes follow its content");
            }

            Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length));
        }
    }
}
