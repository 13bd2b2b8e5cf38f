namespace MlDurable.Orchestration.Engines;

/// <summary>
/// The only place where the code of one execution runs: in turns, one at a time, with the continuations of its awaits in the order in which
/// they became ready. Code that runs, or wants to run, anywhere else has awaited something that is not durable.
/// </summary>
/// <param name="stray">Called, on whatever thread it is, when the code left its turns.</param>
internal sealed class OrchestratorTurns(Action stray) : SynchronizationContext
{
    [ThreadStatic]
    private static OrchestratorTurns? t_current;

    private readonly Action _stray = stray;
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    /// <summary>Whether the calling thread is in a turn of this execution.</summary>
    public bool IsInTurn => t_current == this;

    /// <summary>Runs one turn; inside a turn of the same execution it is a part of that.</summary>
    public void Run(Action turn)
    {
        if (IsInTurn)
        {
            turn();
            return;
        }

        var formerContext = Current;
        var formerTurns = t_current;
        SetSynchronizationContext(this);
        t_current = this;
        try
        {
            turn();
            RunPosted();
        }
        finally
        {
            t_current = formerTurns;
            SetSynchronizationContext(formerContext);
        }
    }

    /// <summary>Runs what has become ready, inside a turn.</summary>
    public void RunPosted()
    {
        while (_posted.TryDequeue(out var posted))
        {
            posted.Callback(posted.State);
        }
    }

    /// <summary>Takes note when the code ends on a thread that is not in a turn.</summary>
    public void Watch(Task main) => _ = main.ContinueWith(
        static (_, turns) =>
        {
            if (!((OrchestratorTurns)turns!).IsInTurn)
            {
                ((OrchestratorTurns)turns)._stray();
            }
        },
        this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Refuses a call of the context from outside its turns.</summary>
    /// <exception cref="OrchestrationException"><see cref="OrchestrationErrorCodes.NonDurableAwait"/>.</exception>
    public void EnsureInTurn(string instanceId)
    {
        if (IsInTurn)
        {
            return;
        }

        _stray();
        throw new OrchestrationException(
            OrchestrationErrorCodes.NonDurableAwait,
            $"The context of instance '{instanceId}' was used outside its orchestrator's thread. Await only tasks of the context, without " +
            "ConfigureAwait(false), and move everything else into an activity.");
    }

    /// <summary>Why an instance fails whose code has left its turns, or waits for nothing that a turn could bring.</summary>
    public static OrchestrationException NonDurable(OrchestrationContext context, bool strayed) => new(
        OrchestrationErrorCodes.NonDurableAwait,
        $"Orchestrator '{context.Name}' version '{context.Version}', instance '{context.InstanceId}', awaited something that cannot be replayed: " +
        (strayed ? "it ran on a thread that is not the engine's" : "it waits, but for nothing durable") + ". Await only tasks of its context, " +
        "without ConfigureAwait(false), and move everything else into an activity.");

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsInTurn)
        {
            _posted.Enqueue((d, state));
        }
        else
        {
            _stray();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("An orchestrator must not be called from another thread.");

    public override SynchronizationContext CreateCopy() => this;
}
