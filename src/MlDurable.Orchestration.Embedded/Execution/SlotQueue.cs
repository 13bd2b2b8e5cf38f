namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// The leases of one pool and one priority that wait. Runs, each with its children, take turns; within a run the oldest comes first. So a call
/// waits for at most one of each other run and those of its own, however many these have. Every operation takes constant time.
/// </summary>
internal sealed class SlotQueue
{
    private readonly Dictionary<string, Run> _runs = [];
    private readonly Queue<Run> _turns = new();

    public void Enqueue(SlotLease lease)
    {
        var id = lease.Instance.Facts.RunId;
        if (!_runs.TryGetValue(id, out var run))
        {
            _runs.Add(id, run = new(id));
            _turns.Enqueue(run);
        }

        if (run.Last is null)
        {
            run.First = lease;
        }
        else
        {
            run.Last.Next = lease;
        }

        run.Last = lease;
    }

    /// <summary>The next one that is still wanted. It stays the next until it is taken or no longer wanted.</summary>
    public SlotLease? Peek()
    {
        while (_turns.TryPeek(out var run))
        {
            while (run.First is { IsWanted: false } left)
            {
                run.First = left.Next;
            }

            if (run.First is { } first)
            {
                return first;
            }

            _turns.Dequeue();
            _runs.Remove(run.Id);
        }

        return null;
    }

    /// <summary>Since when the one waits that waits longest, or null when none does.</summary>
    public DateTimeOffset? WaitingSince => _runs.Values.Min(run => run.WaitingSince);

    /// <summary>Removes what <see cref="Peek"/> gave.</summary>
    public void Dequeue()
    {
        var run = _turns.Dequeue();
        run.First = run.First!.Next;
        if (run.First is null)
        {
            _runs.Remove(run.Id);
        }
        else
        {
            _turns.Enqueue(run);
        }
    }

    private sealed class Run(string id)
    {
        public string Id { get; } = id;

        public SlotLease? First { get; set; }

        public SlotLease? Last { get; set; }

        // The oldest comes first, but it may not be wanted any more.
        public DateTimeOffset? WaitingSince
        {
            get
            {
                var lease = First;
                while (lease is { IsWanted: false })
                {
                    lease = lease.Next;
                }

                return lease?.Since;
            }
        }
    }
}
