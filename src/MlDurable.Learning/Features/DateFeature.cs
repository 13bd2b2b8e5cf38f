using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>One of the numbers that a <see cref="DatePart"/> gives.</summary>
/// <param name="Name">What follows the name of the time column in that of the feature.</param>
/// <param name="Of">The number of an instant in UTC.</param>
internal sealed record DateFeature(string Name, Func<DateTime, double> Of)
{
    /// <summary>The features of parts of dates, in their order.</summary>
    public static IEnumerable<DateFeature> OfParts(IEnumerable<DatePart> parts) => parts.Distinct().SelectMany(OfPart);

    /// <summary>The name of the feature of a time column.</summary>
    public string NameFor(string column) => $"{column}: {Name}";

    /// <summary>The number of the ticks of a <see cref="TimeColumn"/>; missing where they are.</summary>
    public double At(long ticks) => ticks == TimeColumn.MissingTicks ? double.NaN : Of(new DateTime(ticks, DateTimeKind.Utc));

    private static DateFeature[] OfPart(DatePart part) => part switch
    {
        DatePart.Year => [new("year", time => time.Year)],
        DatePart.Month => [new("month", time => time.Month)],
        DatePart.Day => [new("day", time => time.Day)],
        DatePart.Weekday => [new("weekday", time => Weekday(time))],
        DatePart.Hour => [new("hour", time => time.Hour)],
        DatePart.DayOfYear => [new("day of year", time => time.DayOfYear)],
        DatePart.MonthCycle => Cycle("month", time => (time.Month - 1) / 12.0),
        DatePart.WeekdayCycle => Cycle("weekday", time => (Weekday(time) - 1) / 7.0),
        DatePart.HourCycle => Cycle("hour", time => time.Hour / 24.0),
        DatePart.DayOfYearCycle => Cycle("day of year", time => (time.DayOfYear - 1) / (DateTime.IsLeapYear(time.Year) ? 366.0 : 365)),
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "Unknown part of a date."),
    };

    private static int Weekday(DateTime time) => time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek;

    /// <param name="name">The part that comes again.</param>
    /// <param name="turn">How much of the cycle has passed, from 0 to below 1.</param>
    private static DateFeature[] Cycle(string name, Func<DateTime, double> turn) =>
    [
        new($"{name} sine", time => double.SinPi(2 * turn(time))),
        new($"{name} cosine", time => double.CosPi(2 * turn(time))),
    ];
}
