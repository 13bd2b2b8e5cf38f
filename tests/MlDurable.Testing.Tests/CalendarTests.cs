using System.Text;

namespace MlDurable.Testing.Tests;

/// <summary>The third example of docs/testing.md.</summary>
public sealed class CalendarTests
{
    // <example>
    private const string Pipeline = """
        pipeline: customers
        data:
          files: customers/*.csv
          label: { column: churned, positive: "yes" }
        train:
          candidates: [{ trainer: logistic-regression }]
        triggers:
          - schedule: { name: nightly, cron: "0 30 2 * * *", zone: America/Chicago }
          - schedule: { name: every-five-minutes, cron: "0 */5 * * * *", zone: America/Chicago }
        """;

    [Fact]
    public void Schedules_OverAYear_RunOnceADayAndEveryFiveMinutes()
    {
        var calendar = ScheduleCalendar.Of(Encoding.UTF8.GetBytes(Pipeline));
        var midnight = new DateTimeOffset(2026, 1, 1, 6, 0, 0, TimeSpan.Zero);

        var year = calendar.Between(midnight.AddTicks(-1), midnight.AddDays(365).AddTicks(-1)).ToLookup(run => run.Schedule, run => run.Instant);

        Assert.Equal(365, year["nightly"].Count());
        Assert.Equal(365 * 24 * 12, year["every-five-minutes"].Count());

        // On 8 March the clock goes from 2:00 to 3:00: there is no half past two, and the run is at three.
        Assert.Contains(new DateTimeOffset(2026, 3, 8, 8, 0, 0, TimeSpan.Zero), year["nightly"]);
    }
    // </example>

    [Fact]
    public void Of_PipelineWithErrors_ListsThemWithTheirPlaces()
    {
        var refused = Assert.Throws<InvalidDataException>(() => ScheduleCalendar.Of(Encoding.UTF8.GetBytes(Pipeline.Replace("2 * * *", "25 * * *", StringComparison.Ordinal))));

        Assert.Contains("8", refused.Message, StringComparison.Ordinal);
        Assert.Contains("cron", refused.Message, StringComparison.Ordinal);
    }
}
