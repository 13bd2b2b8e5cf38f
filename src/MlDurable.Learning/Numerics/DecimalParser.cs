using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace MlDurable.Learning.Numerics;

/// <summary>Reads decimal numbers, correctly rounded: the result is the double nearest to what is written, and of two the even one.</summary>
/// <remarks>
/// What is common goes fast: up to 8 characters after the sign at once as one word, and up to 19 digits through the algorithm of Lemire
/// ("Number parsing at a gigabyte per second", 2021), of which Clinger's exact division (1990) is the simple case. What is rare goes to
/// the platform's parser, which also decides what is a number at all.
/// </remarks>
internal static class DecimalParser
{
    /// <summary>The powers of ten beyond these are left to the slow way.</summary>
    private const int MaxPower = 64;
    private const int MaxDigits = 19;
    private const int MantissaBits = 52;
    private const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private const ulong Zeros = 0x3030_3030_3030_3030;

    private static readonly UInt128[] PowersOfFive = [.. Enumerable.Range(-MaxPower, (2 * MaxPower) + 1).Select(PowerOfFive)];

    /// <summary>The powers of ten that a double holds exactly.</summary>
    private static ReadOnlySpan<double> ExactPowers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads a finite number.</summary>
    /// <param name="text">An optional sign, digits with at most one point among or beside them, and optionally an exponent; nothing
    /// else.</param>
    /// <param name="value">The number.</param>
    /// <returns>Whether it is one, and within the range of a double.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (text.IsEmpty)
        {
            value = 0;
            return false;
        }

        // Signs come as they like, so they are no branches here.
        var isNegative = text[0] == '-' ? 1 : 0;
        var unsigned = text[(isNegative | (text[0] == '+' ? 1 : 0))..];
        if ((unsigned.Length <= sizeof(ulong) && TryReadShort(unsigned, out var digits, out var power)) || TryReadLong(unsigned, out digits, out power))
        {
            if (TryScale(digits, power, out value))
            {
                value = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) | ((long)isNegative << 63));
                return true;
            }
        }

        // The platform lets NUL characters follow a number.
        return double.TryParse(text, Plain, CultureInfo.InvariantCulture, out value) && text[^1] != 0 && double.IsFinite(value);
    }

    /// <summary>Reads up to 8 characters, none of which is an exponent, as one word.</summary>
    private static bool TryReadShort(ReadOnlySpan<byte> text, out ulong digits, out int power)
    {
        digits = 0;
        power = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        var word = LoadRight(text);

        // The lowest byte that is a point; a borrow makes false hits only above it.
        var isPoint = word ^ 0x2E2E_2E2E_2E2E_2E2E;
        isPoint = (isPoint - 0x0101_0101_0101_0101) & ~isPoint & 0x8080_8080_8080_8080;
        if (isPoint != 0)
        {
            // What stands before the point moves onto it.
            var place = BitOperations.TrailingZeroCount(isPoint) & ~7;
            var before = (1UL << place) - 1;
            word = (word & ~(before | (0xFFUL << place))) | ((word & before) << 8) | '0';
            power = (place >> 3) - 7;
            if (text.Length == 1)
            {
                return false;
            }
        }

        digits = ReadEight(word);
        return AreDigits(word);
    }

    /// <summary>Up to 8 characters as the last ones of a word that begins with zeros; the first character is the lowest byte.</summary>
    private static ulong LoadRight(ReadOnlySpan<byte> text)
    {
        ulong word;
        switch (text.Length)
        {
            case sizeof(ulong):
                return BinaryPrimitives.ReadUInt64LittleEndian(text);
            case >= sizeof(uint):
                word = BinaryPrimitives.ReadUInt32LittleEndian(text)
                    | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..]) << (8 * (text.Length - sizeof(uint))));
                break;
            default:
                word = text[0] | ((ulong)text[text.Length / 2] << (8 * (text.Length / 2))) | ((ulong)text[^1] << (8 * (text.Length - 1)));
                break;
        }

        var empty = 8 * (sizeof(ulong) - text.Length);
        return (word << empty) | (Zeros >> (64 - empty));
    }

    private static bool AreDigits(ulong word) =>
        ((word & 0xF0F0_F0F0_F0F0_F0F0) | (((word + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0) >> 4)) == 0x3333_3333_3333_3333;

    /// <summary>The number that eight digits are: pairs, then fours, then all.</summary>
    private static ulong ReadEight(ulong word)
    {
        word = ((word & 0x0F0F_0F0F_0F0F_0F0F) * ((10 << 8) + 1)) >> 8;
        word = ((word & 0x00FF_00FF_00FF_00FF) * ((100 << 16) + 1)) >> 16;
        return ((word & 0x0000_FFFF_0000_FFFF) * ((10_000UL << 32) + 1)) >> 32;
    }

    private static bool TryReadLong(ReadOnlySpan<byte> text, out ulong digits, out int power)
    {
        digits = 0;
        power = 0;
        var count = TakeDigits(ref text, ref digits);
        if (text.Length > 0 && text[0] == '.')
        {
            text = text[1..];
            power = -TakeDigits(ref text, ref digits);
            count -= power;
        }

        if (count is 0 or > MaxDigits)
        {
            return false;
        }

        if (text.Length > 0 && (text[0] | 0x20) == 'e')
        {
            text = text[1..];
            var isNegative = text.Length > 0 && text[0] == '-';
            text = isNegative || (text.Length > 0 && text[0] == '+') ? text[1..] : text;
            ulong exponent = 0;
            if (TakeDigits(ref text, ref exponent) is 0 or > 4)
            {
                return false;
            }

            power += isNegative ? -(int)exponent : (int)exponent;
        }

        return text.IsEmpty;
    }

    /// <summary>Takes the digits at the beginning; the number overflows silently beyond 19 of them.</summary>
    private static int TakeDigits(ref ReadOnlySpan<byte> text, ref ulong number)
    {
        var count = 0;
        for (; text.Length - count >= sizeof(ulong); count += sizeof(ulong))
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(text[count..]);
            if (!AreDigits(word))
            {
                break;
            }

            number = (number * 100_000_000) + ReadEight(word);
        }

        for (; count < text.Length && (uint)(text[count] - '0') <= 9; count++)
        {
            number = (number * 10) + (uint)(text[count] - '0');
        }

        text = text[count..];
        return count;
    }

    /// <summary>The double nearest to digits × 10^power; false where finding it needs more than 128 bits.</summary>
    private static bool TryScale(ulong digits, int power, out double value)
    {
        if (digits <= 1UL << (MantissaBits + 1) && Math.Abs(power) < ExactPowers.Length)
        {
            // Both are exact, so that one rounding is all there is.
            value = power < 0 ? (long)digits / ExactPowers[-power] : (long)digits * ExactPowers[power];
            return true;
        }

        value = 0;
        return Math.Abs(power) <= MaxPower && digits != 0 && TryScaleByTable(digits, power, out value);
    }

    private static bool TryScaleByTable(ulong digits, int power, out double value)
    {
        value = 0;
        var five = PowersOfFive[power + MaxPower];
        var leadingZeros = BitOperations.LeadingZeroCount(digits);
        digits <<= leadingZeros;
        var high = Math.BigMul(digits, (ulong)(five >> 64), out var low);
        if ((high & 0x1FF) == 0x1FF)
        {
            var carry = Math.BigMul(digits, (ulong)five, out _);
            low += carry;
            high += low < carry ? 1UL : 0;
        }

        if (low == ulong.MaxValue && power is < -27 or > 55)
        {
            return false;
        }

        var upperBit = (int)(high >> 63);
        var shift = upperBit + 64 - MantissaBits - 3;
        var mantissa = high >> shift;
        var exponent = ((217_706 * power) >> 16) + 63 + upperBit - leadingZeros + 1023;

        // Exactly between two: to the even one.
        if (low <= 1 && power is >= -4 and <= 23 && (mantissa & 3) == 1 && mantissa << shift == high)
        {
            mantissa &= ~1UL;
        }

        mantissa = (mantissa + (mantissa & 1)) >> 1;
        if (mantissa == 2UL << MantissaBits)
        {
            mantissa >>= 1;
            exponent++;
        }

        value = BitConverter.UInt64BitsToDouble(((ulong)exponent << MantissaBits) | (mantissa & ((1UL << MantissaBits) - 1)));
        return exponent is > 0 and < 2047;
    }

    /// <summary>The first 128 bits of a power of five; those of the powers from -27 to -1 are rounded up, as the algorithm wants them.</summary>
    private static UInt128 PowerOfFive(int power)
    {
        var five = BigInteger.Pow(5, Math.Abs(power));
        var bits = (int)five.GetBitLength();
        if (power >= 0)
        {
            return (UInt128)(bits <= 128 ? five << (128 - bits) : five >> (bits - 128));
        }

        var reciprocal = (BigInteger.One << (bits + 127)) / five;
        return (UInt128)(power >= -27 ? reciprocal + 1 : reciprocal);
    }
}
