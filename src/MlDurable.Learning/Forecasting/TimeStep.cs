namespace MlDurable.Learning.Forecasting;

/// <summary>How far apart the values of a series are.</summary>
public enum TimeStep
{
    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,

    /// <summary>A week, from Monday.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,

    /// <summary>A quarter of a year.</summary>
    Quarter,

    /// <summary>A year.</summary>
    Year,
}

/// <summary>Steps of time, counted from the year 1.</summary>
internal static class TimeSteps
{
    private const int MonthsOfYear = 12;
    private const int MonthsOfQuarter = 3;
    private const int DaysOfWeek = 7;

    /// <summary>The step that an instant lies in.</summary>
    public static long IndexOf(this TimeStep step, DateTime instant) => step switch
    {
        TimeStep.Hour => instant.Ticks / TimeSpan.TicksPerHour,
        TimeStep.Day => instant.Ticks / TimeSpan.TicksPerDay,

        // The first of January of the year 1 was a Monday.
        TimeStep.Week => instant.Ticks / TimeSpan.TicksPerDay / DaysOfWeek,
        TimeStep.Month => MonthOf(instant),
        TimeStep.Quarter => MonthOf(instant) / MonthsOfQuarter,
        _ => instant.Year - 1,
    };

    /// <summary>The instant that a step begins at.</summary>
    public static DateTime StartOf(this TimeStep step, long index) => step switch
    {
        TimeStep.Hour => new DateTime(index * TimeSpan.TicksPerHour, DateTimeKind.Utc),
        TimeStep.Day => new DateTime(index * TimeSpan.TicksPerDay, DateTimeKind.Utc),
        TimeStep.Week => new DateTime(index * DaysOfWeek * TimeSpan.TicksPerDay, DateTimeKind.Utc),
        TimeStep.Month => MonthAt(index),
        TimeStep.Quarter => MonthAt(index * MonthsOfQuarter),
        _ => MonthAt(index * MonthsOfYear),
    };

    private static long MonthOf(DateTime instant) => ((instant.Year - 1) * (long)MonthsOfYear) + instant.Month - 1;

    private static DateTime MonthAt(long month) => new((int)(month / MonthsOfYear) + 1, (int)(month % MonthsOfYear) + 1, 1, 0, 0, 0, DateTimeKind.Utc);
}
