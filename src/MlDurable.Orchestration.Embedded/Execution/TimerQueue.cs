using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>A timer in the queue, which is also its handle.</summary>
internal sealed record ScheduledTimer(DateTimeOffset Due, long Order, Action<JournalBatch> Fire);

/// <summary>
/// All timers of the engine, in the order of their due times, on one timer of the <see cref="TimeProvider"/>. Guarded by the engine's gate.
/// </summary>
internal sealed class TimerQueue : IDisposable
{
    // The wall clock may be set forward while a timer of the provider only counts elapsed time; so look at it now and then.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMinutes(1);

    private readonly SortedSet<ScheduledTimer> _timers = new(Comparer<ScheduledTimer>.Create(
        static (x, y) => x.Due.CompareTo(y.Due) is var byDue && byDue != 0 ? byDue : x.Order.CompareTo(y.Order)));

    private readonly TimeProvider _time;
    private readonly EngineWork _work;
    private readonly Action _tick;
    private readonly ITimer _timer;
    private ScheduledTimer? _armedFor;
    private long _order;

    /// <param name="time">The clock.</param>
    /// <param name="work">Where a tick runs that is due at once.</param>
    /// <param name="tick">Called on another thread when something may be due.</param>
    public TimerQueue(TimeProvider time, EngineWork work, Action tick)
    {
        _time = time;
        _work = work;
        _tick = tick;
        _timer = time.CreateTimer(static state => ((Action)state!)(), tick, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>When the first timer is due, or null when there is none.</summary>
    public DateTimeOffset? NextDue => _timers.Min?.Due;

    public ScheduledTimer Add(DateTimeOffset due, Action<JournalBatch> fire)
    {
        var timer = new ScheduledTimer(due, _order++, fire);
        _timers.Add(timer);
        return timer;
    }

    public void Remove(ScheduledTimer timer) => _timers.Remove(timer);

    public bool TryTakeDue(DateTimeOffset now, out ScheduledTimer timer)
    {
        timer = _timers.Min!;
        return timer is not null && timer.Due <= now && _timers.Remove(timer);
    }

    /// <summary>Says that the next tick has come, so that <see cref="Arm"/> sets a new one.</summary>
    public void Disarm() => _armedFor = null;

    /// <summary>Sees to it that a tick comes when the first timer is due.</summary>
    public void Arm()
    {
        var first = _timers.Min;
        if (first is null || first == _armedFor)
        {
            return;
        }

        _armedFor = first;
        var wait = first.Due - _time.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            // Rounded up: a tick a fraction of a millisecond early would only have to wait again.
            _timer.Change(wait < s_longestSleep ? wait + TimeSpan.FromMilliseconds(1) : s_longestSleep, Timeout.InfiniteTimeSpan);
        }

        // Looked at again: what passed while the timer was set (a machine that slept, a clock that jumped) is not part of the wait.
        if (first.Due <= _time.GetUtcNow())
        {
            _work.Queue(static tick => tick(), _tick);
        }
    }

    public void Dispose() => _timer.Dispose();
}
