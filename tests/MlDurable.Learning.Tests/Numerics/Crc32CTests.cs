using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class Crc32CTests
{
    // The check value of the catalogue of CRC algorithms, and three test patterns of RFC 3720, appendix B.4.
    [Fact]
    public void Compute_PublishedPatterns_GivesTheirChecksums()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(value => (byte)value).ToArray()));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void Append_TextInTwoParts_GivesTheChecksumOfTheWhole()
    {
        var text = "123456789"u8;
        for (var cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(0xE3069283u, Crc32C.Append(Crc32C.Compute(text[..cut]), text[cut..]));
        }
    }
}
