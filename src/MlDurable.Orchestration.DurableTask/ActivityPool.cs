namespace MlDurable.Orchestration.DurableTask;

/// <summary>
/// The slots of a named pool in this process. Who waits for several is not passed by those that came later and want fewer. Safe to use from
/// several threads.
/// </summary>
internal sealed class ActivityPool(int slots)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(int Weight, TaskCompletionSource Taken)> _waiting = [];
    private int _free = slots;

    public int Slots { get; } = slots;

    /// <summary>Takes slots, of which the pool must have enough, once they are free.</summary>
    public async Task TakeAsync(int weight, CancellationToken cancellationToken)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(int Weight, TaskCompletionSource Taken)> node;
        lock (_gate)
        {
            node = _waiting.AddLast((weight, taken));
            Admit();
        }

        try
        {
            await taken.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is null)
                {
                    // They were given at the same moment.
                    _free += weight;
                }
                else
                {
                    _waiting.Remove(node);
                }

                Admit();
            }

            throw;
        }
    }

    public void Release(int weight)
    {
        lock (_gate)
        {
            _free += weight;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } first && first.Value.Weight <= _free)
        {
            _free -= first.Value.Weight;
            _waiting.RemoveFirst();
            first.Value.Taken.SetResult();
        }
    }
}
