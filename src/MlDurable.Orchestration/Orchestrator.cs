namespace MlDurable.Orchestration;

/// <summary>
/// The code of an orchestration. It is replayed after a restart, so it must be deterministic: time, identities and delays come from the
/// <see cref="OrchestrationContext"/>, all input and output happens in activities, and only tasks of the context (or combinations of
/// them) are awaited, without <c>ConfigureAwait(false)</c>.
/// </summary>
/// <typeparam name="TInput">The input of an instance.</typeparam>
/// <typeparam name="TOutput">The result of an instance.</typeparam>
public abstract class Orchestrator<TInput, TOutput>
{
    /// <summary>Runs one generation of an instance. One object serves one execution; it is never called from two threads at once.</summary>
    /// <param name="context">The durable operations, valid only inside this call.</param>
    /// <param name="input">The input of the instance, or the one given to <see cref="OrchestrationContext.ContinueAsNew{TInput}"/>.</param>
    /// <returns>The result of the instance; ignored when the instance continues as new.</returns>
    public abstract Task<TOutput> RunAsync(OrchestrationContext context, TInput input);
}
