namespace MlDurable.Testing;

/// <summary>
/// The one thread of a simulation. Whatever wants to run waits in a list; a random generator picks who is next. Some are held back for long, as a busy
/// machine does it.
/// </summary>
internal sealed class SimulatedThread(Random chance) : SynchronizationContext
{
    private const int HeldBackOneIn = 20;
    private const int LongestHold = 200;

    private readonly Lock _gate = new();
    private readonly List<Item> _ready = [];
    private readonly HashSet<object> _dropped = [];
    private long _now;

    /// <summary>Says which choices were made: two runs with the same value took the same course.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => Add(() => d(state), this);

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A simulation has one thread; nothing may wait for it.");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Where somebody's work is posted.</summary>
    public Action<Action> Of(object owner) => work => Add(work, owner);

    /// <summary>Nothing of somebody runs any more, as after the end of a process.</summary>
    public void Drop(object owner)
    {
        lock (_gate)
        {
            _dropped.Add(owner);
            _ready.RemoveAll(item => item.Owner == owner);
        }
    }

    /// <summary>Runs one of those that are ready.</summary>
    /// <returns>False when nobody is.</returns>
    public bool RunOne()
    {
        Action work;
        lock (_gate)
        {
            if (_ready.Count == 0)
            {
                return false;
            }

            _now++;
            var index = chance.Next(_ready.Count);
            for (var tried = 1; tried < _ready.Count && _ready[index].HeldUntil > _now; tried++)
            {
                index = (index + 1) % _ready.Count;
            }

            Trace = (Trace ^ (uint)((index << 16) + _ready.Count)) * 1099511628211;
            work = _ready[index].Work;
            _ready.RemoveAt(index);
        }

        var former = Current;
        SetSynchronizationContext(this);
        try
        {
            work();
        }
        finally
        {
            SetSynchronizationContext(former);
        }

        return true;
    }

    private void Add(Action work, object owner)
    {
        lock (_gate)
        {
            if (_dropped.Contains(owner))
            {
                return;
            }

            _ready.Add(new(work, owner, chance.Next(HeldBackOneIn) == 0 ? _now + chance.Next(LongestHold) : 0));
        }
    }

    private sealed record Item(Action Work, object Owner, long HeldUntil);
}
