using System.Buffers.Binary;

namespace MlDurable.Orchestration.Embedded.Journal;

internal enum SegmentKind
{
    /// <summary>What happened, in order.</summary>
    Journal = 1,

    /// <summary>The outcome of all segments up to the one of the same number.</summary>
    Snapshot = 2,
}

/// <summary>
/// The first 48 bytes of a file of the journal: magic (8), format version (4), kind (4), file number (8), number of the first frame (for a
/// snapshot: of the first frame after it) (8), generation (8), zero (4), CRC-32C of all that (4); little-endian.
/// </summary>
/// <param name="Kind">Segment or snapshot.</param>
/// <param name="Number">The file's number; segments are consecutive.</param>
/// <param name="FirstFrame">The number of the first frame.</param>
/// <param name="Generation">How often the journal had been opened for writing; never falls from one segment to the next.</param>
internal sealed record SegmentHeader(SegmentKind Kind, long Number, ulong FirstFrame, long Generation)
{
    public const int Length = 48;
    private const uint FormatVersion = 1;

    private static ReadOnlySpan<byte> Magic => "MLDURJNL"u8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), FirstFrame);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(44), Crc32C.Compute(bytes.AsSpan(0, 44)));
        return bytes;
    }

    /// <summary>Reads a header, or says in <paramref name="problem"/> why it is none.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> bytes, out string problem)
    {
        problem = "";
        if (bytes.Length < Length || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]) != Crc32C.Compute(bytes[..44]))
        {
            problem = "the file's header is damaged";
            return null;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is var version && version != FormatVersion)
        {
            problem = $"the file has format version {version}, this build reads version {FormatVersion}";
            return null;
        }

        return new(
            (SegmentKind)BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
    }
}
