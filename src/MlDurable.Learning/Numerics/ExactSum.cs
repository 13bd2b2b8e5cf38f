using System.Numerics;

namespace MlDurable.Learning.Numerics;

/// <summary>
/// Adds finite numbers without any rounding, so that their order makes no difference: a counter for each exponent (Malcolm, "On accurate floating-point
/// summation", 1971). For up to 2^60 numbers. Not safe for concurrent use.
/// </summary>
internal sealed class ExactSum
{
    private const int MantissaBits = 52;
    private const int SmallestExponent = -1074;
    private const long ImplicitBit = 1L << MantissaBits;

    private readonly Int128[] sums = new Int128[2047];
    private long count;

    /// <summary>Adds a number, some times.</summary>
    public void Add(double value, long times = 1)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> MantissaBits) & 0x7FF;
        var mantissa = (bits & (ImplicitBit - 1)) | (exponent == 0 ? 0 : ImplicitBit);
        sums[Math.Max(exponent, 1)] += (Int128)(bits < 0 ? -mantissa : mantissa) * times;
        count += times;
    }

    /// <summary>The mean of what was added: finite, and within a unit of the last place of the exact one.</summary>
    public double Mean()
    {
        // In units of the smallest positive double, and 64 bits more, for the division.
        var total = BigInteger.Zero;
        for (var exponent = sums.Length - 1; exponent > 0; exponent--)
        {
            total += (BigInteger)sums[exponent] << (exponent - 1);
        }

        var mean = (total << 64) / count;
        var excess = (int)Math.Max(mean.GetBitLength() - 64, 0);
        return Math.ScaleB((double)(mean >> excess), excess - 64 + SmallestExponent);
    }
}
