using MlDurable.Orchestration.Embedded.Execution;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class TimerQueueTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void NextDue_SeveralTimers_IsTheEarliest()
    {
        using var timers = new TimerQueue(new VirtualTimeProvider(s_start), new(null), () => { });
        Assert.Null(timers.NextDue);
        timers.Add(s_start.AddHours(2), _ => { });
        var first = timers.Add(s_start.AddHours(1), _ => { });
        timers.Add(s_start.AddHours(3), _ => { });
        Assert.Equal(s_start.AddHours(1), timers.NextDue);

        timers.Remove(first);
        Assert.Equal(s_start.AddHours(2), timers.NextDue);
    }

    [Fact]
    public void TryTakeDue_SomeDue_GivesThoseByTimeAndThenByTheOrderOfAdding()
    {
        using var timers = new TimerQueue(new VirtualTimeProvider(s_start), new(null), () => { });
        var now = s_start.AddHours(1);
        var second = timers.Add(now, _ => { });
        var third = timers.Add(now, _ => { });
        var fourth = timers.Add(now, _ => { });
        timers.Add(now.AddTicks(1), _ => { });
        var first = timers.Add(s_start, _ => { });

        var taken = new List<ScheduledTimer>();
        while (timers.TryTakeDue(now, out var timer))
        {
            taken.Add(timer);
        }

        Assert.Equal([first, second, third, fourth], taken);
    }

    [Fact]
    public void Arm_SeveralTimers_TicksWhenTheEarliestIsDue()
    {
        var clock = new VirtualTimeProvider(s_start);
        var ticks = 0;
        using var timers = new TimerQueue(clock, new(null), () => ticks++);
        timers.Add(s_start.AddHours(1), _ => { });
        timers.Add(s_start.AddSeconds(10), _ => { });
        timers.Arm();

        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, ticks);
        clock.Advance(TimeSpan.FromMilliseconds(1001));
        Assert.Equal(1, ticks);
    }
}
