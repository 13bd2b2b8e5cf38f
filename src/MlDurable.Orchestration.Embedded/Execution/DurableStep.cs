using System.Text.Json.Serialization.Metadata;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>A task that an orchestrator holds and an input will end.</summary>
internal abstract class DurableStep(int sequence)
{
    private CancellationTokenRegistration _cancellation;

    public int Sequence { get; } = sequence;

    public void OnCancel(Action action, CancellationToken cancellationToken) =>
        _cancellation = cancellationToken.UnsafeRegister(static state => ((Action)state!)(), action);

    public void Succeed(string json)
    {
        // Unregister does not wait for a callback, and there is none under way: it would be on this thread.
        _cancellation.Unregister();
        SetResult(json);
    }

    public abstract void Fail(TaskFailureDetails failure);

    public abstract void Cancel(CancellationToken cancellationToken);

    /// <summary>When the step is to be tried again after a failure, or <see langword="null"/> when the failure is final.</summary>
    public virtual DateTimeOffset? NextAttempt(TaskFailureDetails failure, DateTimeOffset now, out string? childId)
    {
        childId = null;
        return null;
    }

    /// <summary>Lets the step fail as often again as its policy allows.</summary>
    /// <param name="now">When the attempts begin to count again.</param>
    public virtual void ForgetFailures(DateTimeOffset now)
    {
    }

    protected abstract void SetResult(string json);
}

internal abstract class DurableStep<T>(int sequence) : DurableStep(sequence)
{
    // Continuations run where the step ends, inside the turn.
    protected TaskCompletionSource<T> Source { get; } = new();

    public Task<T> Task => Source.Task;

    public override void Cancel(CancellationToken cancellationToken) => Source.SetCanceled(cancellationToken);

    protected void SetPayload(string json, JsonTypeInfo<T> typeInfo, string what)
    {
        T value;
        try
        {
            value = Payload.Read(json, typeInfo, what);
        }
        catch (OrchestrationException exception)
        {
            Source.SetException(exception);
            return;
        }

        Source.SetResult(value);
    }
}

internal sealed class DurableTimer(int sequence) : DurableStep<bool>(sequence)
{
    public override void Fail(TaskFailureDetails failure) => throw new InvalidOperationException("A timer cannot fail.");

    protected override void SetResult(string json) => Source.SetResult(true);
}

internal sealed class DurableCall<TOutput>(
    int sequence, string name, JsonTypeInfo<TOutput> output, RetryPolicy? retry, DateTimeOffset scheduled,
    Func<DateTimeOffset, DateTimeOffset?>? deadline, string? childId)
    : DurableStep<TOutput>(sequence)
{
    private DateTimeOffset _since = scheduled;
    private int _attempts = 1;
    private int _failures;
    private Exception? _policyFailure;

    public override DateTimeOffset? NextAttempt(TaskFailureDetails failure, DateTimeOffset now, out string? nextChildId)
    {
        _failures++;
        _attempts++;
        nextChildId = childId is null ? null : $"{childId}#{_attempts}";
        try
        {
            return retry?.NextAttempt(failure, _failures, _since, now) is { } due && !(due >= deadline?.Invoke(_since)) ? due : null;
        }
        catch (Exception exception)
        {
            // HandleFailure is the orchestrator's code: its error belongs to whoever awaits the call.
            _policyFailure = exception;
            return null;
        }
    }

    public override void ForgetFailures(DateTimeOffset now) => (_failures, _since) = (0, now);

    public override void Fail(TaskFailureDetails failure) =>
        Source.SetException(_policyFailure ?? new TaskFailedException(name, Sequence, failure));

    protected override void SetResult(string json) => SetPayload(json, output, $"the result of step {Sequence} '{name}'");
}

internal sealed class EventWait<T>(int sequence, EventDefinition<T> definition) : DurableStep<T>(sequence)
{
    public override void Fail(TaskFailureDetails failure) => throw new InvalidOperationException("A wait cannot fail.");

    protected override void SetResult(string json) => SetPayload(json, definition.Payload, $"the event '{definition.Name}'");
}
