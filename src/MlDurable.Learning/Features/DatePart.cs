namespace MlDurable.Learning.Features;

/// <summary>What is read off a time, in UTC: one number, or for a cycle two, the sine and the cosine of the angle, so that its end is next to its beginning.</summary>
public enum DatePart
{
    /// <summary>The year, 1 to 9999.</summary>
    Year,

    /// <summary>The month, 1 to 12.</summary>
    Month,

    /// <summary>The day of the month, 1 to 31.</summary>
    Day,

    /// <summary>The day of the week as in ISO 8601: 1 is Monday, 7 is Sunday.</summary>
    Weekday,

    /// <summary>The hour of the day, 0 to 23.</summary>
    Hour,

    /// <summary>The day of the year, 1 to 366.</summary>
    DayOfYear,

    /// <summary>The month as an angle: January is at 0, and a twelfth of the circle is a month.</summary>
    MonthCycle,

    /// <summary>The day of the week as an angle: Monday is at 0.</summary>
    WeekdayCycle,

    /// <summary>The hour of the day as an angle: midnight is at 0.</summary>
    HourCycle,

    /// <summary>The day of the year as an angle: the first of January is at 0, and the circle is 365 days, or 366 in a leap year.</summary>
    DayOfYearCycle,
}
