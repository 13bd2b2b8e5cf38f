using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace MlDurable.Pipelines.Triggers;

/// <summary>A six-field NCRONTAB expression: which times of a calendar without time zones it names. Every field must match.</summary>
/// <remarks>
/// The fields are second, minute, hour, day of the month, month and day of the week (0 to 6, Sunday is 0). A field is <c>*</c>, a value, a range
/// <c>2-5</c>, any of these with a step (<c>*/15</c>, <c>2-20/3</c>; <c>5/15</c> goes on to the field's end), or a list of such parts. Months and days
/// may be named by three letters. Immutable.
/// </remarks>
internal sealed class CronExpression
{
    /// <summary>The longest expression, in characters.</summary>
    public const int MaxLength = 200;

    // 29 February falls on a given day of the week at least once in so many years, also around a century without a leap day.
    private const int MostYearsBetween = 41;

    private static readonly ImmutableArray<Field> Fields =
    [
        new("second", 0, 59, []),
        new("minute", 0, 59, []),
        new("hour", 0, 23, []),
        new("day of the month", 1, 31, []),
        new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        new("day of the week", 0, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ];

    // Bit i stands for value i.
    private readonly ulong seconds;
    private readonly ulong minutes;
    private readonly ulong hours;
    private readonly ulong days;
    private readonly ulong months;
    private readonly ulong weekdays;

    private CronExpression(ReadOnlySpan<ulong> fields) =>
        (seconds, minutes, hours, days, months, weekdays) = (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);

    /// <summary>Whether the field of hours names every hour, so that the schedule runs by elapsed time.</summary>
    public bool IsEveryHour => hours == Fields[2].All;

    /// <summary>Reads an expression; or says what is wrong with it, as the end of a sentence.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronExpression? cron, [NotNullWhen(false)] out string? problem)
    {
        cron = null;
        if (text.Length > MaxLength)
        {
            problem = $"has more than {MaxLength} characters";
            return false;
        }

        var parts = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Fields.Length)
        {
            problem = parts.Length == Fields.Length - 1
                ? $"has five fields; put the seconds first: \"0 {string.Join(' ', parts)}\""
                : $"must have six fields (second minute hour day month weekday), such as \"0 0 3 * * MON\", not {parts.Length}";
            return false;
        }

        var bits = new ulong[Fields.Length];
        for (var i = 0; i < bits.Length; i++)
        {
            if (!Fields[i].TryParse(parts[i], out bits[i], out problem))
            {
                return false;
            }
        }

        var parsed = new CronExpression(bits);
        if (parsed.Next(new DateTime(2000, 1, 1)) is null)
        {
            problem = "names no date that there is";
            return false;
        }

        cron = parsed;
        problem = null;
        return true;
    }

    /// <summary>The first time at or after another; null when there is none before the year 10000.</summary>
    public DateTime? Next(DateTime from)
    {
        var second = (from.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond;
        if (second > DateTime.MaxValue.Ticks)
        {
            return null;
        }

        var time = new DateTime(second);
        var date = DateOnly.FromDateTime(time);
        var ofDay = NextOfDay(TimeOnly.FromDateTime(time));
        if (NextDay(date) is not { } day)
        {
            return null;
        }

        if (day == date && ofDay is { } today)
        {
            return day.ToDateTime(today);
        }

        var next = day == date ? date == DateOnly.MaxValue ? null : NextDay(date.AddDays(1)) : day;
        return next?.ToDateTime(NextOfDay(TimeOnly.MinValue)!.Value);
    }

    /// <summary>The shortest time between two neighbouring times of one day, or of one day and the next.</summary>
    public TimeSpan ShortestGap()
    {
        var first = NextOfDay(TimeOnly.MinValue)!.Value;
        var shortest = TimeSpan.MaxValue;
        var previous = first;
        while (previous.Add(TimeSpan.FromSeconds(1), out var wrapped) is var from && wrapped == 0 && NextOfDay(from) is { } next)
        {
            shortest = TimeSpan.FromTicks(Math.Min(shortest.Ticks, (next - previous).Ticks));
            previous = next;
        }

        var overnight = first.ToTimeSpan() + TimeSpan.FromDays(1) - previous.ToTimeSpan();
        return overnight < shortest ? overnight : shortest;
    }

    private static int? NextBit(ulong bits, int from) => from < 64 && bits >> from << from is var rest and not 0 ? BitOperations.TrailingZeroCount(rest) : null;

    private TimeOnly? NextOfDay(TimeOnly from)
    {
        var (hour, minute, second) = (from.Hour, from.Minute, from.Second);
        if (hours >> hour << hour == 0)
        {
            return null;
        }

        if ((hours & (1UL << hour)) != 0)
        {
            if ((minutes & (1UL << minute)) != 0 && NextBit(seconds, second) is { } inMinute)
            {
                return new(hour, minute, inMinute);
            }

            if (NextBit(minutes, minute + 1) is { } inHour)
            {
                return new(hour, inHour, NextBit(seconds, 0)!.Value);
            }
        }

        return NextBit(hours, hour + 1) is { } later ? new(later, NextBit(minutes, 0)!.Value, NextBit(seconds, 0)!.Value) : null;
    }

    private DateOnly? NextDay(DateOnly from)
    {
        var lastYear = Math.Min(from.Year + MostYearsBetween, DateOnly.MaxValue.Year);
        for (var day = from; day.Year <= lastYear;)
        {
            if ((months & (1UL << day.Month)) == 0)
            {
                if (day is { Year: 9999, Month: 12 })
                {
                    return null;
                }

                day = new DateOnly(day.Year, day.Month, 1).AddMonths(1);
            }
            else if ((days & (1UL << day.Day)) != 0 && (weekdays & (1UL << (int)day.DayOfWeek)) != 0)
            {
                return day;
            }
            else if (day == DateOnly.MaxValue)
            {
                return null;
            }
            else
            {
                day = day.AddDays(1);
            }
        }

        return null;
    }

    private sealed record Field(string Name, int Minimum, int Maximum, ImmutableArray<string> Names)
    {
        public ulong All => Range(Minimum, Maximum, 1);

        public bool TryParse(string text, out ulong bits, [NotNullWhen(false)] out string? problem)
        {
            bits = 0;
            foreach (var part in text.Split(','))
            {
                var slash = part.IndexOf('/', StringComparison.Ordinal);
                var span = slash < 0 ? part : part[..slash];
                var step = 1;
                if (slash >= 0 && (!TryNumber(part[(slash + 1)..], out step) || step < 1 || step > Maximum))
                {
                    problem = $"has the step '{part[(slash + 1)..]}' for the {Name}; a step is a whole number from 1 to {Maximum}";
                    return false;
                }

                var dash = span.IndexOf('-', StringComparison.Ordinal);
                int first = Minimum, last = Maximum;
                if (span != "*")
                {
                    if (!TryValue(dash < 0 ? span : span[..dash], out first, out problem))
                    {
                        return false;
                    }

                    last = dash < 0 ? (slash < 0 ? first : Maximum) : 0;
                    if (dash >= 0 && !TryValue(span[(dash + 1)..], out last, out problem))
                    {
                        return false;
                    }
                }

                if (last < first)
                {
                    problem = $"has the range '{span}' for the {Name}, which goes backwards; write two, such as '{first}-{Maximum},{Minimum}-{last}'";
                    return false;
                }

                bits |= Range(first, last, step);
            }

            problem = null;
            return true;
        }

        private static ulong Range(int first, int last, int step)
        {
            var bits = 0UL;
            for (var value = first; value <= last; value += step)
            {
                bits |= 1UL << value;
            }

            return bits;
        }

        private static bool TryNumber(string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && text.Length <= 4;

        private bool TryValue(string text, out int value, [NotNullWhen(false)] out string? problem)
        {
            var name = Names.IndexOf(text.ToUpperInvariant());
            if (name >= 0)
            {
                value = name + Minimum;
                problem = null;
                return true;
            }

            if (TryNumber(text, out value) && value >= Minimum && value <= Maximum)
            {
                problem = null;
                return true;
            }

            var names = Names.IsEmpty ? "" : $", or {Names[0]} to {Names[^1]}";
            problem = $"has '{text}' for the {Name}, which is a number from {Minimum} to {Maximum}{names}";
            return false;
        }
    }
}
