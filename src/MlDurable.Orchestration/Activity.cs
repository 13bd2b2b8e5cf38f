namespace MlDurable.Orchestration;

/// <summary>
/// A step that does real work. It runs at least once: after a crash it may run again with the same
/// <see cref="ActivityContext.IdempotencyKey"/>, so its effects must be such that a repeat changes nothing.
/// </summary>
/// <typeparam name="TInput">The input.</typeparam>
/// <typeparam name="TOutput">The result.</typeparam>
public abstract class Activity<TInput, TOutput>
{
    /// <summary>Does the work. One object serves all calls, so this must be safe to call from several threads at once.</summary>
    /// <param name="context">The identity of this call, its cancellation and its progress.</param>
    /// <param name="input">The input that the orchestrator passed.</param>
    /// <returns>The result. Any exception fails the attempt; one that is an <see cref="ICodedFailure"/> keeps its code.</returns>
    public abstract Task<TOutput> RunAsync(ActivityContext context, TInput input);
}
