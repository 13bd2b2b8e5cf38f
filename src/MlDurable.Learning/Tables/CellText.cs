using System.Globalization;
using System.Text;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tables;

/// <summary>What the bytes of a cell mean. The bytes are valid UTF-8.</summary>
internal static class CellText
{
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell)
    {
        while (cell.Length > 0 && cell[0] is (byte)' ' or (byte)'\t')
        {
            cell = cell[1..];
        }

        while (cell.Length > 0 && cell[^1] is (byte)' ' or (byte)'\t')
        {
            cell = cell[..^1];
        }

        return cell;
    }

    /// <summary>The shortest text that is read as this number again.</summary>
    public static string ToText(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>An instant in UTC, ISO 8601.</summary>
    public static string ToText(DateTime instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    public static string ToText(ReadOnlySpan<byte> cell) => Encoding.UTF8.GetString(cell);

    /// <summary>What a column is whose first value this is; another value that is not of the same kind makes it a category.</summary>
    public static ColumnKind KindOf(ReadOnlySpan<byte> cell) =>
        TryParseNumber(cell, out _) ? ColumnKind.Number : TryParseTime(cell, out _) ? ColumnKind.Time : ColumnKind.Category;

    public static bool TryParseNumber(ReadOnlySpan<byte> cell, out double value) => DecimalParser.TryParse(Trim(cell), out value);

    /// <summary>ISO 8601: yyyy-MM-dd, optionally followed by T or a space and HH:mm[:ss[.fraction]], optionally by Z or an offset
    /// ±HH[[:]mm].</summary>
    public static bool TryParseTime(ReadOnlySpan<byte> cell, out long ticks)
    {
        ticks = 0;
        var rest = Trim(cell);
        if (!TakeDigits(ref rest, 4, out var year) || !TakeByte(ref rest, (byte)'-')
            || !TakeDigits(ref rest, 2, out var month) || !TakeByte(ref rest, (byte)'-')
            || !TakeDigits(ref rest, 2, out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        ticks = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks;
        if (rest.IsEmpty)
        {
            return true;
        }

        if (!(TakeByte(ref rest, (byte)'T') || TakeByte(ref rest, (byte)' '))
            || !TryTakeTimeOfDay(ref rest, out var timeOfDay)
            || !TryTakeOffset(ref rest, out var offset)
            || !rest.IsEmpty)
        {
            return false;
        }

        ticks += timeOfDay - offset;
        return (ulong)ticks <= (ulong)DateTime.MaxValue.Ticks;
    }

    private static bool TryTakeTimeOfDay(ref ReadOnlySpan<byte> rest, out long ticks)
    {
        ticks = 0;
        if (!TakeDigits(ref rest, 2, out var hour) || !TakeByte(ref rest, (byte)':') || !TakeDigits(ref rest, 2, out var minute)
            || hour > 23 || minute > 59)
        {
            return false;
        }

        ticks = (hour * TimeSpan.TicksPerHour) + (minute * TimeSpan.TicksPerMinute);
        if (!TakeByte(ref rest, (byte)':'))
        {
            return true;
        }

        if (!TakeDigits(ref rest, 2, out var second) || second > 59)
        {
            return false;
        }

        ticks += second * TimeSpan.TicksPerSecond;
        if (!TakeByte(ref rest, (byte)'.'))
        {
            return true;
        }

        // Digits beyond the resolution of a tick are cut off.
        var unit = TimeSpan.TicksPerSecond;
        var digits = 0;
        while (TakeDigits(ref rest, 1, out var digit))
        {
            unit /= 10;
            ticks += digit * unit;
            digits++;
        }

        return digits is > 0 and <= 9;
    }

    private static bool TryTakeOffset(ref ReadOnlySpan<byte> rest, out long ticks)
    {
        ticks = 0;
        if (rest.IsEmpty || TakeByte(ref rest, (byte)'Z'))
        {
            return true;
        }

        var sign = rest[0] switch { (byte)'+' => 1, (byte)'-' => -1, _ => 0 };
        rest = rest[1..];
        if (sign == 0 || !TakeDigits(ref rest, 2, out var hours))
        {
            return false;
        }

        var minutes = 0;
        if ((TakeByte(ref rest, (byte)':') || !rest.IsEmpty) && !TakeDigits(ref rest, 2, out minutes))
        {
            return false;
        }

        // RFC 3339 allows hours to 23; no place on Earth is beyond 14.
        ticks = sign * ((hours * TimeSpan.TicksPerHour) + (minutes * TimeSpan.TicksPerMinute));
        return hours <= 14 && minutes <= 59;
    }

    private static bool TakeByte(ref ReadOnlySpan<byte> rest, byte expected)
    {
        if (rest.IsEmpty || rest[0] != expected)
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }

    private static bool TakeDigits(ref ReadOnlySpan<byte> rest, int count, out int value)
    {
        value = 0;
        if (rest.Length < count)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            var digit = rest[i] - '0';
            if (digit is < 0 or > 9)
            {
                return false;
            }

            value = (value * 10) + digit;
        }

        rest = rest[count..];
        return true;
    }
}
