using System.Threading.Channels;
using MlDurable.Orchestration.Embedded.Execution;

namespace MlDurable.Orchestration.Embedded;

/// <summary>Hands events to those who watch, in order, on a thread of their own: a slow one holds up only other watchers.</summary>
internal sealed class EngineObservers
{
    private readonly Channel<EngineEvent> _events = Channel.CreateUnbounded<EngineEvent>(new() { SingleReader = true });
    private readonly Task _delivery;

    public EngineObservers(EngineWork work, Action<Exception> failed) => _delivery = work.RunAsync(() => DeliverAsync(failed));

    public event Action<EngineEvent>? Observed;

    public void Post(EngineEvent happened)
    {
        if (Observed is not null)
        {
            _events.Writer.TryWrite(happened);
        }
    }

    /// <summary>Delivers what is there and ends.</summary>
    public Task CloseAsync()
    {
        _events.Writer.TryComplete();
        return _delivery;
    }

    private async Task DeliverAsync(Action<Exception> failed)
    {
        // Not ReadAllAsync, which goes on wherever it likes, also in a simulation.
        while (await _events.Reader.WaitToReadAsync())
        {
            while (_events.Reader.TryRead(out var happened))
            {
                try
                {
                    Observed?.Invoke(happened);
                }
                catch (Exception exception)
                {
                    failed(new OrchestrationException(
                        EmbeddedErrorCodes.ObserverFailed,
                        $"A handler of Observed threw at {happened.Kind} of instance '{happened.InstanceId}': {exception.Message} " +
                        "The engine has stopped; nothing is lost. A handler must not throw.",
                        exception));
                    return;
                }
            }
        }
    }
}
