namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// Where the engine's work runs: on the thread pool and on threads of its own, or all of it where a simulation lets it run, which may choose any order.
/// </summary>
/// <param name="post">Takes the work of a simulation. Null: threads.</param>
internal sealed class EngineWork(Action<Action>? post)
{
    private readonly ActivityThreads _threads = new();

    /// <summary>Whether the work is a simulation's, so that nothing may start a thread.</summary>
    public bool IsSimulated => post is not null;

    /// <summary>Something short.</summary>
    public void Queue<T>(Action<T> work, T state)
    {
        if (post is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal: false);
        }
        else
        {
            post(() => work(state));
        }
    }

    /// <summary>The code of an activity, which may take any time.</summary>
    public void RunActivity(Action work) => (post ?? _threads.Run)(work);

    /// <summary>Something of the engine's own that may take long and block.</summary>
    public Task RunLong(Action work)
    {
        var task = new Task(work, TaskCreationOptions.LongRunning);
        if (post is null)
        {
            task.Start(TaskScheduler.Default);
        }
        else
        {
            post(task.RunSynchronously);
        }

        return task;
    }

    /// <summary>Something that mostly waits.</summary>
    public Task RunAsync(Func<Task> work) => post is null ? Task.Run(work) : work();

    /// <summary>Cancels: callbacks of an activity's code must not run inside the engine's gate.</summary>
    public void Cancel(CancellationTokenSource source)
    {
        if (post is null)
        {
            _ = source.CancelAsync();
        }
        else
        {
            post(source.Cancel);
        }
    }

    /// <summary>Ends threads that are idle, and the others as soon as they are.</summary>
    public void Close() => _threads.Close();
}
