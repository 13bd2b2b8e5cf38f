namespace MlDurable.Orchestration.Engines;

internal static class SaturatingTime
{
    /// <summary>An instant later by a span, or the last instant that there is.</summary>
    public static DateTimeOffset AddSaturating(this DateTimeOffset time, TimeSpan span) =>
        span < DateTimeOffset.MaxValue - time ? time + span : DateTimeOffset.MaxValue;
}
