using MlDurable.Orchestration;

namespace MlDurable.Api;

/// <summary>The engine that carries out the runs of a host.</summary>
/// <param name="Name">A lasting name of its journal or task hub, which tells its runs from those of other engines on the same store.</param>
/// <param name="Client">Starts, watches and steers its instances.</param>
public sealed record RunEngine(string Name, IOrchestrationClient Client)
{
    /// <summary>Ends when the engine is closed, and faults when it had to stop. By default it never ends.</summary>
    public Task Completion { get; init; } = new TaskCompletionSource().Task;

    /// <summary>Gives how long the step that has waited longest for a slot waits; null when none does. By default the engine does not say.</summary>
    public Func<TimeSpan?>? LongestWait { get; init; }
}
