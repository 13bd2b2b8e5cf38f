namespace MlDurable.Testing;

/// <summary>
/// A clock that stands still until it is advanced; then it jumps, and every timer that has become due fires, on the thread that advances it. Safe for use
/// from several threads.
/// </summary>
/// <param name="start">What the clock shows at first.</param>
public sealed class VirtualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<VirtualTimer> _timers = [];
    private DateTimeOffset _now = start;
    private TimeSpan _elapsed;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass at once.</summary>
    /// <param name="time">How much.</param>
    public void Advance(TimeSpan time)
    {
        lock (_gate)
        {
            _now += time;
            _elapsed += time;
        }

        while (TakeDue() is { } due)
        {
            due.Fire();
        }
    }

    /// <summary>Sets the wall clock, forward or back, without any time passing.</summary>
    /// <param name="now">What it shows.</param>
    public void SetClock(DateTimeOffset now)
    {
        lock (_gate)
        {
            _now = now;
        }
    }

    private VirtualTimer? TakeDue()
    {
        lock (_gate)
        {
            var due = _timers.Where(timer => timer.Due <= _elapsed).MinBy(timer => timer.Due);
            if (due is not null)
            {
                _timers.Remove(due);
                if (due.Period > TimeSpan.Zero)
                {
                    due.Due += due.Period;
                    _timers.Add(due);
                }
            }

            return due;
        }
    }

    private sealed class VirtualTimer(VirtualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner._elapsed + dueTime;
                    Period = period;
                    owner._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
