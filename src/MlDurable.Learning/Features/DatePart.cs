namespace MlDurable.Learning.Features;

/// <summary>A number that is read off a time, in UTC.</summary>
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
}
