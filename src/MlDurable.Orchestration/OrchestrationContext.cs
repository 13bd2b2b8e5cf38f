using System.Text.Json.Serialization.Metadata;
using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration;

/// <summary>
/// The durable operations of a running orchestrator. An engine gives one to each execution; it is valid only inside
/// <see cref="Orchestrator{TInput, TOutput}.RunAsync"/> and only on the thread that runs it at the time.
/// </summary>
public abstract class OrchestrationContext
{
    /// <summary>The id of this instance.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The name of this orchestrator.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// The version that this instance was started with. It is older than the running code's where <see cref="VersionMatchStrategy.CurrentOrOlder"/>
    /// lets newer code run it.
    /// </summary>
    public abstract string Version { get; }

    /// <summary>How often this instance has continued as new. Starts at 0.</summary>
    public abstract int Generation { get; }

    /// <summary>The id of the instance that started this one as a sub-orchestration, or <see langword="null"/>.</summary>
    public abstract string? ParentInstanceId { get; }

    /// <summary>The instance's clock, UTC: the same on every replay, standing still between two awaits, never going back.</summary>
    public abstract DateTimeOffset CurrentUtcDateTime { get; }

    /// <summary>Whether the code now runs only to rebuild its state. For suppressing logs; never for deciding.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>Runs an activity, at least once.</summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="activity">Which activity.</param>
    /// <param name="input">Its input, at most 32 KiB as JSON by default.</param>
    /// <param name="options">Retry, time-outs, pool. Default: none.</param>
    /// <returns>
    /// Its result. Throws <see cref="TaskFailedException"/> when it fails for good, and <see cref="OrchestrationException"/> with
    /// <see cref="OrchestrationErrorCodes.PayloadTooLarge"/> when the input is too large.
    /// </returns>
    public abstract Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDefinition<TInput, TOutput> activity, TInput input, ActivityOptions? options = null);

    /// <summary>
    /// Runs an activity for every input, never more than <paramref name="parallel"/> at once. After a failure no further input is begun;
    /// those under way are awaited, and the failure of the earliest input is thrown.
    /// </summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="activity">Which activity.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="parallel">How many may be under way at once. At least 1.</param>
    /// <param name="options">Retry, time-outs, pool of each call. Default: none.</param>
    /// <returns>The results, in the order of the inputs.</returns>
    public async Task<IReadOnlyList<TOutput>> FanOutAsync<TInput, TOutput>(
        ActivityDefinition<TInput, TOutput> activity, IReadOnlyList<TInput> inputs, int parallel, ActivityOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallel, 1);
        var calls = new Task<TOutput>?[inputs.Count];
        var next = 0;
        var failed = false;
        var lanes = new Task[Math.Min(parallel, inputs.Count)];
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            lanes[lane] = RunLaneAsync();
        }

        await Task.WhenAll(lanes);
        var results = new TOutput[inputs.Count];
        for (var index = 0; index < calls.Length; index++)
        {
            // Without a failure every call was made; with one, the earliest throws here before a call that was never made is reached.
            results[index] = await calls[index]!;
        }

        return results;

        async Task RunLaneAsync()
        {
            while (!failed && next < inputs.Count)
            {
                var call = CallActivityAsync(activity, inputs[next], options);
                calls[next++] = call;
                await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                failed |= !call.IsCompletedSuccessfully;
            }
        }
    }

    /// <summary>
    /// Runs another orchestrator as a child and waits for its result. A child that is still under way when this generation ends is terminated
    /// with it, unless its <see cref="SubOrchestrationOptions.ParentClosePolicy"/> says otherwise.
    /// </summary>
    /// <typeparam name="TInput">Its input.</typeparam>
    /// <typeparam name="TOutput">Its result.</typeparam>
    /// <param name="orchestrator">Which orchestrator and version.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">Id, retry, what the parent's end means. Default: a deterministic id, no retry, it ends the child.</param>
    /// <returns>
    /// Its result. Throws <see cref="TaskFailedException"/> when it fails for good or is terminated, or when its id is taken
    /// (<see cref="OrchestrationErrorCodes.InstanceConflict"/>).
    /// </returns>
    public abstract Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> orchestrator, TInput input, SubOrchestrationOptions? options = null);

    /// <summary>Waits durably until an instant; one in the past is due at once, and there is no latest one.</summary>
    /// <param name="dueTime">When.</param>
    /// <param name="cancellationToken">Removes the timer durably; the task is then cancelled.</param>
    /// <returns>A task that ends when the time has come.</returns>
    public abstract Task CreateTimerAsync(DateTimeOffset dueTime, CancellationToken cancellationToken);

    /// <summary>Waits durably for a time, on the instance's clock.</summary>
    /// <param name="delay">How long. Zero or less is due at once.</param>
    /// <param name="cancellationToken">Removes the timer durably; the task is then cancelled.</param>
    /// <returns>A task that ends when the time has passed.</returns>
    public Task CreateTimerAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var now = CurrentUtcDateTime;
        return CreateTimerAsync(delay <= TimeSpan.Zero ? now : now.AddSaturating(delay), cancellationToken);
    }

    /// <summary>
    /// Waits for an external event. Events are kept from the moment they are accepted until a wait takes them, also across
    /// continue-as-new; each is taken once, in the order of acceptance, and several waits of one name are served in the order of the calls.
    /// </summary>
    /// <typeparam name="T">Its payload.</typeparam>
    /// <param name="definition">Which event.</param>
    /// <param name="cancellationToken">Gives up the wait; the task is then cancelled and takes no event.</param>
    /// <returns>The payload.</returns>
    public abstract Task<T> WaitForExternalEventAsync<T>(EventDefinition<T> definition, CancellationToken cancellationToken = default);

    /// <summary>Waits for an external event, at most for a time.</summary>
    /// <typeparam name="T">Its payload.</typeparam>
    /// <param name="definition">Which event.</param>
    /// <param name="timeout">How long, on the instance's clock.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    /// <returns>The payload. Throws <see cref="TaskCanceledException"/> when the time has passed or the token is cancelled.</returns>
    public async Task<T> WaitForExternalEventAsync<T>(
        EventDefinition<T> definition, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopTimer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var received = WaitForExternalEventAsync(definition, stopWaiting.Token);
        if (received.IsCompleted)
        {
            return await received;
        }

        var timer = CreateTimerAsync(timeout, stopTimer.Token);
        await Task.WhenAny(received, timer);

        // Whichever is over already ignores its cancellation, so an event that came with the time-out is still received.
        // CancelAsync would run the callbacks on another thread, which an orchestrator must never do.
        stopTimer.Cancel();
        stopWaiting.Cancel();
        return await received;
    }

    /// <summary>Shows a status to those who query the instance. It lasts until the next call, also across continue-as-new.</summary>
    /// <typeparam name="T">The status.</typeparam>
    /// <param name="status">The status, at most 32 KiB as JSON by default.</param>
    /// <param name="typeInfo">How it is written.</param>
    public abstract void SetCustomStatus<T>(T status, JsonTypeInfo<T> typeInfo);

    /// <summary>Makes an identity that is the same on every replay (a name-based version 5 GUID, RFC 9562).</summary>
    /// <returns>The identity, unique per instance, generation and call.</returns>
    public abstract Guid NewGuid();

    /// <summary>
    /// Starts the instance over with a new input and an empty history, once the orchestrator returns. Steps still under way are given up; of
    /// children, see <see cref="SubOrchestrationOptions.ParentClosePolicy"/>.
    /// </summary>
    /// <typeparam name="TInput">The input of the orchestrator.</typeparam>
    /// <param name="input">The new input.</param>
    /// <param name="typeInfo">How it is written.</param>
    /// <param name="preserveUnprocessedEvents">
    /// Whether events that were delivered to this generation and taken by no wait go to the next. Those accepted but not yet delivered
    /// always do. Default: <see langword="true"/>.
    /// </param>
    public abstract void ContinueAsNew<TInput>(TInput input, JsonTypeInfo<TInput> typeInfo, bool preserveUnprocessedEvents = true);
}
