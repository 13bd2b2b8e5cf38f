namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>Runs the continuations of an orchestrator's awaits inside its turns, in the order in which they became ready.</summary>
internal sealed class TurnSynchronizationContext(OrchestratorExecution execution) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (execution.IsInTurn)
        {
            _posted.Enqueue((d, state));
        }
        else
        {
            execution.Stray();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("An orchestrator must not be called from another thread.");

    public override SynchronizationContext CreateCopy() => this;

    public void RunPosted()
    {
        while (_posted.TryDequeue(out var posted))
        {
            posted.Callback(posted.State);
        }
    }
}
