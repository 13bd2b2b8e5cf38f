namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// Threads for activities, kept for reuse. Training a model occupies its thread for minutes; on the thread pool a few such activities would
/// hold up the turns of all orchestrators.
/// </summary>
internal sealed class ActivityThreads
{
    private readonly object _gate = new();
    private readonly Queue<Action> _work = new();
    private int _idle;
    private bool _closed;

    public void Run(Action work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
            if (_idle >= _work.Count)
            {
                Monitor.Pulse(_gate);
                return;
            }
        }

        // Unsafe: what runs here, activities and turns, must see nothing of the caller whose call made the thread.
        new Thread(RunThread) { IsBackground = true, Name = "mldurable activity" }.UnsafeStart();
    }

    /// <summary>Ends the threads that are idle, and the others as soon as they are.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void RunThread()
    {
        while (true)
        {
            Action? work;
            lock (_gate)
            {
                while (!_work.TryDequeue(out work))
                {
                    if (_closed)
                    {
                        return;
                    }

                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                }
            }

            work();
        }
    }
}
