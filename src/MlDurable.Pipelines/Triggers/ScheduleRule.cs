using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Triggers;

/// <summary>The exact list of a schedule's nominal instants. Immutable, and so safe to share between threads.</summary>
/// <remarks>
/// <para>An interval names the whole multiples of itself after the schedule's start.</para>
/// <para>A cron whose hours are every hour runs by elapsed time: every instant whose local time it matches is one.</para>
/// <para>Any other cron names times of the local calendar. Each time that it matches gives one instant: the only one with that local time; the last one
/// when the clock shows the time more than once; the first instant after the gap when the clock never shows it. Times with the same instant give it
/// once.</para>
/// </remarks>
public sealed class ScheduleRule
{
    private static readonly DateTime Earliest = DateTime.UnixEpoch;
    private static readonly DateTime Limit = new(9998, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ScheduleDefinition schedule;
    private readonly CronExpression? cron;
    private readonly ZoneOffsets? offsets;

    private ScheduleRule(ScheduleDefinition schedule, CronExpression? cron, ZoneOffsets? offsets) =>
        (this.schedule, this.cron, this.offsets) = (schedule, cron, offsets);

    /// <summary>The shortest time between two instants by the clock; a change of the clock may make it shorter.</summary>
    public TimeSpan ShortestGap => schedule.Every ?? cron!.ShortestGap();

    /// <summary>Makes the rule of a schedule.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="minimumGap">A schedule with a shorter time between two instants is refused; none by default.</param>
    /// <exception cref="PipelineException">
    /// <c>schedule-invalid</c>: this machine does not know the time zone, or the expression is none. <c>schedule-too-fine</c>.
    /// </exception>
    public static ScheduleRule Of(ScheduleDefinition schedule, TimeSpan minimumGap = default)
    {
        var rule = schedule.Every is not null ? new ScheduleRule(schedule, null, null)
            : TimeZones.Find(schedule.Zone) is var (zone, problem) && zone is null ? throw Invalid(problem)
            : CronExpression.TryParse(schedule.Cron ?? "", out var parsed, out var wrong) ? new ScheduleRule(schedule, parsed, ZoneOffsets.Of(zone))
            : throw Invalid($"has a cron that {wrong}");
        return rule.ShortestGap is var gap && gap >= minimumGap
            ? rule
            : throw new PipelineException(
                "schedule-too-fine",
                $"the schedule '{schedule.Name}' has instants {gap.TotalSeconds} s apart; this host takes those that are at least {minimumGap.TotalSeconds} s apart");

        PipelineException Invalid(string message) => new("schedule-invalid", $"the schedule '{schedule.Name}' cannot be used: it {message}");
    }

    /// <summary>The first instant after a time, in UTC; null when there is none before the year 9998.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        foreach (var instant in From(after))
        {
            return instant;
        }

        return null;
    }

    /// <summary>All instants in a range, in UTC, the earliest first.</summary>
    /// <param name="after">The range's start, which is not in it.</param>
    /// <param name="through">The range's end, which is in it.</param>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset after, DateTimeOffset through) => From(after).TakeWhile(instant => instant <= through);

    /// <summary>The last instant in a range, in UTC; null when it has none. Of a long range only the end is looked at.</summary>
    /// <param name="after">The range's start, which is not in it.</param>
    /// <param name="through">The range's end, which is in it.</param>
    public DateTimeOffset? Last(DateTimeOffset after, DateTimeOffset through)
    {
        if (schedule.End <= through)
        {
            through = schedule.End.Value.AddTicks(-1);
        }

        for (var reach = TimeSpan.FromMinutes(1); after < through; reach *= 4)
        {
            var isWhole = through - after <= reach;
            DateTimeOffset? last = null;
            foreach (var instant in Between(isWhole ? after : through - reach, through))
            {
                last = instant;
            }

            if (last is not null || isWhole)
            {
                return last;
            }
        }

        return null;
    }

    private IEnumerable<DateTimeOffset> From(DateTimeOffset after)
    {
        var second = new DateTime(after.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
        if (second >= Limit)
        {
            yield break;
        }

        var from = Max(second.AddSeconds(1), Max(Earliest, schedule.Start?.UtcDateTime ?? Earliest));
        foreach (var instant in schedule.Every is { } every ? Multiples(every, from) : offsets is null ? [] : Matches(from))
        {
            if (instant >= Limit || instant >= schedule.End?.UtcDateTime)
            {
                yield break;
            }

            yield return new DateTimeOffset(instant, TimeSpan.Zero);
        }
    }

    private IEnumerable<DateTime> Multiples(TimeSpan every, DateTime from)
    {
        var origin = schedule.Start?.UtcDateTime ?? DateTime.UnixEpoch;
        var count = (from.Ticks - origin.Ticks + every.Ticks - 1) / every.Ticks;
        for (var instant = origin + (every * count); instant < Limit; instant += every)
        {
            yield return instant;
        }
    }

    private IEnumerable<DateTime> Matches(DateTime from)
    {
        var runsByElapsedTime = cron!.IsEveryHour;
        for (var stretch = offsets!.StretchAt(from); stretch.Start < Limit; stretch = offsets.StretchAt(stretch.End))
        {
            var first = Max(stretch.Start, from);
            if (!runsByElapsedTime && first == stretch.Start)
            {
                // Times of a gap come to the instant that ends it, which is there for them once, and not again for its own local time.
                var before = first + offsets.At(first.AddSeconds(-1));
                if (cron.Next(before) < first + stretch.Offset)
                {
                    yield return first;
                    first = first.AddSeconds(1);
                }
            }

            var end = runsByElapsedTime ? stretch.End + stretch.Offset : EndOfLastShown(stretch);
            for (var time = cron.Next(first + stretch.Offset); time < end; time = cron.Next(time.Value.AddSeconds(1)))
            {
                yield return DateTime.SpecifyKind(time.Value - stretch.Offset, DateTimeKind.Utc);
            }
        }
    }

    /// <summary>The local time up to which those of a stretch are not shown again after it.</summary>
    private DateTime EndOfLastShown(OffsetStretch stretch)
    {
        var end = stretch.End + stretch.Offset;
        for (var later = offsets!.StretchAt(stretch.End); later.Start < stretch.End.AddDays(1); later = offsets.StretchAt(later.End))
        {
            end = end < later.Start + later.Offset ? end : later.Start + later.Offset;
        }

        return end;
    }

    private static DateTime Max(DateTime x, DateTime y) => x > y ? x : y;
}
