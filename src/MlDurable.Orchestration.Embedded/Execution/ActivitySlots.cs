using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// The activities that wait for a slot, oldest first, and the slots. A call with a pool needs one of the pool and one of the engine; a full
/// pool does not hold up calls of other pools. Guarded by the engine's gate.
/// </summary>
internal sealed class ActivitySlots
{
    private readonly Dictionary<string, Pool> _pools = [];
    private int _free;
    private long _order;

    public ActivitySlots(int slots, IReadOnlyDictionary<string, int> pools)
    {
        _free = slots;
        _pools.Add("", new(slots));
        foreach (var (name, poolSlots) in pools)
        {
            _pools[name] = new(poolSlots);
        }
    }

    public bool HasPool(string? name) => _pools.ContainsKey(name ?? "");

    public void Enqueue(Instance instance, ActivityScheduled call, Step step) =>
        _pools[call.Pool ?? ""].Waiting.Enqueue((_order++, instance, call, step));

    /// <summary>Takes the slots for the oldest call that can have them.</summary>
    public bool TryTake(out Instance instance, out ActivityScheduled call, out Step step)
    {
        Pool? oldest = null;
        if (_free > 0)
        {
            foreach (var pool in _pools.Values)
            {
                // An instance that ended has left its calls here.
                while (pool.Waiting.TryPeek(out var first) && !IsWanted(first.Instance, first.Call, first.Step))
                {
                    pool.Waiting.Dequeue();
                }

                if (pool.Free > 0 && pool.Waiting.TryPeek(out var next)
                    && (oldest is null || next.Order < oldest.Waiting.Peek().Order))
                {
                    oldest = pool;
                }
            }
        }

        if (oldest is null)
        {
            (instance, call, step) = (null!, null!, null!);
            return false;
        }

        oldest.Free--;
        _free--;
        (_, instance, call, step) = oldest.Waiting.Dequeue();
        return true;
    }

    public void Release(ActivityRun run)
    {
        if (run.HoldsSlot)
        {
            run.HoldsSlot = false;
            _pools[run.Call.Pool ?? ""].Free++;
            _free++;
        }
    }

    private static bool IsWanted(Instance instance, ActivityScheduled call, Step step) =>
        instance.Steps.TryGetValue(call.Sequence, out var current) && current == step;

    private sealed class Pool(int slots)
    {
        public int Free { get; set; } = slots;

        public Queue<(long Order, Instance Instance, ActivityScheduled Call, Step Step)> Waiting { get; } = new();
    }
}
