using System.Buffers.Binary;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>
/// The unit of the journal: everything that one flush made durable. Length (4 bytes), CRC-32C (4) of the other header bytes and the
/// payload, number (8), payload; little-endian. Numbers are consecutive, so a lost, repeated or moved frame shows.
/// </summary>
internal static class JournalFrame
{
    public const int HeaderLength = 16;

    /// <summary>Fills the header in front of a payload.</summary>
    public static void Seal(Span<byte> frame, ulong number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - HeaderLength));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Crc32C.Compute(frame[..4], frame[8..HeaderLength], frame[HeaderLength..]));
    }

    /// <summary>The length of the payload that a header announces, which need not be there.</summary>
    public static uint PayloadLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header);

    public static ulong Number(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);

    public static bool IsWhole(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) == Crc32C.Compute(header[..4], header[8..HeaderLength], payload);
}
