using System.Buffers.Binary;
using System.Numerics;

namespace MlDurable.Learning.Numerics;

/// <summary>CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720; uses the processor's instruction where there is
/// one.</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of a text that goes on: of the bytes whose checksum is <paramref name="checksum"/> (0 for none), and then of
    /// <paramref name="bytes"/>.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        var crc = ~checksum;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
