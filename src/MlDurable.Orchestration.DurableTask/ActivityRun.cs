namespace MlDurable.Orchestration.DurableTask;

/// <summary>One attempt of an activity in this process.</summary>
internal sealed class ActivityRun : ActivityContext, IAsyncDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(49);

    private readonly ActivityInput _call;
    private readonly CancellationTokenSource _cancellation;
    private readonly TaskCompletionSource<OrchestrationException> _expired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer? _timeout;
    private readonly ITimer? _heartbeat;
    private readonly ITimer? _deadline;

    public ActivityRun(string name, ActivityInput call, TimeProvider timeProvider, CancellationToken stopping)
    {
        Name = name;
        _call = call;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _timeout = call.Timeout is { } timeout ? CreateTimer(OrchestrationErrorCodes.ActivityTimeout, $"did not end within {timeout}", timeout) : null;
        _heartbeat = call.HeartbeatTimeout is { } silence
            ? CreateTimer(OrchestrationErrorCodes.ActivityHeartbeatTimeout, $"reported no progress for {silence}", silence)
            : null;
        _deadline = call.Deadline is { } deadline
            ? timeProvider.CreateTimer(
                _ => Expire(Expiry(name, call)), null, Bounded(deadline - timeProvider.GetUtcNow()), Timeout.InfiniteTimeSpan)
            : null;

        ITimer CreateTimer(string code, string what, TimeSpan due) => timeProvider.CreateTimer(
            _ => Expire(new(code, $"Step {Sequence} '{Name}' of instance '{InstanceId}' {what}.")), null, Bounded(due), Timeout.InfiniteTimeSpan);
    }

    public override string InstanceId => _call.InstanceId;

    public override string Name { get; }

    public override int Generation => _call.Generation;

    public override int Sequence => _call.Sequence;

    public override int Attempt => _call.Attempt;

    public override CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>Ends when the attempt has used up its time, with the failure.</summary>
    public Task<OrchestrationException> Expired => _expired.Task;

    /// <summary>The failure of a call that had no final answer before its deadline.</summary>
    public static OrchestrationException Expiry(string name, ActivityInput call) => new(
        OrchestrationErrorCodes.ActivityScheduleToCloseTimeout,
        $"Step {call.Sequence} '{name}' of instance '{call.InstanceId}' had no final answer until {call.Deadline:O}, over all attempts.");

    /// <summary>How long a timer for some instant runs. The system has none over 49 days, and no host runs or holds one attempt for so long.</summary>
    public static TimeSpan Bounded(TimeSpan due) => due >= s_longest ? Timeout.InfiniteTimeSpan : due > TimeSpan.Zero ? due : TimeSpan.Zero;

    // Progress is for those who watch live; on Durable Task nobody can, so it only shows that the attempt is alive.
    public override void ReportProgress(double fraction, string? message = null)
    {
        if (_call.HeartbeatTimeout is { } silence)
        {
            _heartbeat!.Change(Bounded(silence), Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timeout is not null)
        {
            await _timeout.DisposeAsync();
        }

        if (_heartbeat is not null)
        {
            await _heartbeat.DisposeAsync();
        }

        if (_deadline is not null)
        {
            await _deadline.DisposeAsync();
        }

        // An activity that was given up may still look at its token, so the source is only cut off from the host's.
        if (!_expired.Task.IsCompleted)
        {
            _cancellation.Dispose();
        }
    }

    private void Expire(OrchestrationException failure)
    {
        if (_expired.TrySetResult(failure))
        {
            _ = _cancellation.CancelAsync();
        }
    }
}
