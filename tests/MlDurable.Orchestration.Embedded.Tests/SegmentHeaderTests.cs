using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class SegmentHeaderTests
{
    private static readonly SegmentHeader s_header = new(SegmentKind.Snapshot, 0x0102030405060708, 0x1112131415161718, 0x2122232425262728);

    [Fact]
    public void ToBytes_AnyHeader_HasTheLayoutOfTheFormat()
    {
        var bytes = s_header.ToBytes();
        Assert.Equal(
            "4D4C4455524A4E4C" + "01000000" + "02000000" + "0807060504030201" + "1817161514131211" + "2827262524232221" + "00000000",
            Convert.ToHexString(bytes[..44]));
        Assert.Equal(Crc32C.Compute(bytes.AsSpan(0, 44)), BitConverter.ToUInt32(bytes, 44));
    }

    [Fact]
    public void Read_WhatWasWritten_GivesItAgainWithoutWhatFollows()
    {
        Assert.Equal(s_header, SegmentHeader.Read(s_header.ToBytes(), out var problem));
        Assert.Equal("", problem);
        Assert.Equal(s_header, SegmentHeader.Read([.. s_header.ToBytes(), 1, 2, 3], out _));
    }

    [Fact]
    public void Read_AnyBitOrByteLost_IsDamaged()
    {
        var whole = s_header.ToBytes();
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var damaged = whole.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertDamaged(damaged);
        }

        for (var length = 0; length < whole.Length; length++)
        {
            AssertDamaged(whole[..length]);
        }

        // Zeroes have the checksum of zeroes in some formats; the magic tells them.
        AssertDamaged(new byte[SegmentHeader.Length]);
        AssertDamaged(Resealed(whole, 0, (byte)'m'));

        static void AssertDamaged(byte[] bytes)
        {
            Assert.Null(SegmentHeader.Read(bytes, out var problem));
            Assert.Contains("header is damaged", problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_OfANewerFormat_SaysSo()
    {
        Assert.Null(SegmentHeader.Read(Resealed(s_header.ToBytes(), 8, 2), out var problem));
        Assert.Contains("format version 2", problem, StringComparison.Ordinal);
    }

    private static byte[] Resealed(byte[] header, int at, byte value)
    {
        header = [.. header];
        header[at] = value;
        BitConverter.GetBytes(Crc32C.Compute(header.AsSpan(0, 44))).CopyTo(header, 44);
        return header;
    }
}
