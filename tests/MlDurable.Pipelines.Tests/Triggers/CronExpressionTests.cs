using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class CronExpressionTests
{
    [Theory]
    [InlineData("0 0 3 * * *", "2026-03-01T03:00:00", "2026-03-01T03:00:00")]
    [InlineData("0 0 3 * * *", "2026-03-01T03:00:00.0000001", "2026-03-02T03:00:00")]
    [InlineData("*/20 58/1 22-23 * * *", "2026-03-01T22:59:41", "2026-03-01T23:58:00")]
    [InlineData("30 15,45 6 * * mon-FRI", "2026-03-06T06:45:31", "2026-03-09T06:15:30")]
    [InlineData("0 0 0 1-7 * MON", "2026-03-03T00:00:00", "2026-04-06T00:00:00")]
    [InlineData("0 0 0 29 FEB *", "2024-03-01T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("0 0 0 29 2 0", "1888-03-01T00:00:00", "1920-02-29T00:00:00")]
    [InlineData("59 59 23 31 12 *", "2026-01-01T00:00:00", "2026-12-31T23:59:59")]
    [InlineData("5-59/15 * * * * *", "2026-01-01T00:00:51", "2026-01-01T00:01:05")]
    public void Next_FromATime_IsTheFirstThatEveryFieldMatches(string text, string from, string next)
    {
        Assert.True(CronExpression.TryParse(text, out var cron, out _));

        Assert.Equal(DateTime.Parse(next), cron.Next(DateTime.Parse(from)));
    }

    [Theory]
    [InlineData("0 0 0 1 1 *", "9999-01-01T00:00:01")]
    [InlineData("0 0 0 29 2 *", "9996-03-01T00:00:00")]
    [InlineData("0 0 0 30 11 *", "9999-12-01T00:00:00")]
    [InlineData("0 0 0 31 12 *", "9999-12-31T00:00:01")]
    [InlineData("* * * * 12 *", "9999-12-31T23:59:59.5")]
    public void Next_AtTheEndOfTime_IsNone(string text, string from)
    {
        Assert.True(CronExpression.TryParse(text, out var cron, out _));

        Assert.Null(cron.Next(DateTime.Parse(from)));
    }

    [Theory]
    [InlineData("0 0 3 * * *", 86_400)]
    [InlineData("0 0 1,23 * * MON", 7_200)]
    [InlineData("*/25 * * * * *", 10)]
    [InlineData("0 */7 * * * *", 240)]
    [InlineData("* * * * * *", 1)]
    public void ShortestGap_IsThatOfTheClock(string text, int seconds)
    {
        Assert.True(CronExpression.TryParse(text, out var cron, out _));

        Assert.Equal(TimeSpan.FromSeconds(seconds), cron.ShortestGap());
    }
}
