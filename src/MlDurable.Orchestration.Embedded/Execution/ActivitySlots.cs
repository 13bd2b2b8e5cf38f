namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// The slots of activities, and who waits for them. A call needs one slot of the engine and, with a pool, as many of the pool as it weighs.
/// Of each pool the call of the highest priority is next, in the order of <see cref="SlotQueue"/>; one that does not fit yet holds up its pool,
/// so that lighter ones cannot starve it, but no other pool. Among the pools whose next call fits, priority decides, then whose turn was longest
/// ago. Guarded by the engine's gate.
/// </summary>
internal sealed class ActivitySlots
{
    private readonly Dictionary<string, Pool> _pools = [];
    private long _turn;

    public ActivitySlots(int slots, IReadOnlyDictionary<string, int> pools)
    {
        Free = slots;
        _pools.Add("", new(slots));
        foreach (var (name, poolSlots) in pools)
        {
            _pools[name] = new(poolSlots);
        }
    }

    /// <summary>How many slots of the engine are free.</summary>
    public int Free { get; private set; }

    /// <summary>Since when the one waits that waits longest, or null when none does. Takes time for each run that has something waiting.</summary>
    public DateTimeOffset? WaitingSince => _pools.Values.SelectMany(pool => pool.Waiting).Min(queue => queue.WaitingSince);

    /// <summary>How many slots a pool has.</summary>
    /// <returns>Their number, or null where there is no such pool.</returns>
    public int? SlotsOf(string pool) => _pools.GetValueOrDefault(pool)?.Slots;

    /// <summary>How many slots of a pool are free.</summary>
    public int FreeOf(string pool) => _pools[pool].Free;

    /// <summary>Begins to wait, for slots that the pool has.</summary>
    public void Enqueue(SlotLease lease) => PoolOf(lease).Waiting[(int)lease.Instance.Facts.Priority].Enqueue(lease);

    /// <summary>Takes the slots for the next call that can have them.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SlotLease? lease)
    {
        lease = null;
        if (Free == 0)
        {
            return false;
        }

        Pool? next = null;
        foreach (var pool in _pools.Values)
        {
            if (pool.Free > 0 && pool.Peek() is { } first && first.Call.PoolWeight <= pool.Free
                && (lease is null || IsBefore(first, pool, lease, next!)))
            {
                (lease, next) = (first, pool);
            }
        }

        if (lease is null)
        {
            return false;
        }

        next!.Waiting[(int)lease.Instance.Facts.Priority].Dequeue();
        next.LastTurn = ++_turn;
        next.Free -= lease.Call.PoolWeight;
        Free--;
        lease.IsHeld = true;
        return true;
    }

    /// <summary>Gives the slots back. Nothing happens when they are not held.</summary>
    public void Release(SlotLease lease)
    {
        if (lease.IsHeld)
        {
            lease.IsHeld = false;
            PoolOf(lease).Free += lease.Call.PoolWeight;
            Free++;
        }
    }

    private static bool IsBefore(SlotLease x, Pool xPool, SlotLease y, Pool yPool) =>
        x.Instance.Facts.Priority == y.Instance.Facts.Priority
            ? xPool.LastTurn < yPool.LastTurn
            : x.Instance.Facts.Priority > y.Instance.Facts.Priority;

    private Pool PoolOf(SlotLease lease) => _pools[lease.Call.Pool ?? ""];

    private sealed class Pool(int slots)
    {
        public int Slots { get; } = slots;

        public int Free { get; set; } = slots;

        public long LastTurn { get; set; }

        /// <summary>By priority, from low to high.</summary>
        public SlotQueue[] Waiting { get; } = [.. Enum.GetValues<OrchestrationPriority>().Select(_ => new SlotQueue())];

        public SlotLease? Peek()
        {
            for (var priority = Waiting.Length - 1; priority >= 0; priority--)
            {
                if (Waiting[priority].Peek() is { } lease)
                {
                    return lease;
                }
            }

            return null;
        }
    }
}
