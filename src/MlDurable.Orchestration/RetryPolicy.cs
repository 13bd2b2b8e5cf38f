namespace MlDurable.Orchestration;

/// <summary>
/// When a failed step is tried again. The waits are durable timers computed from the instance's own clock, so a replay and a restart
/// come to the same instants. Failures that no repeat can cure (<see cref="OrchestrationErrorCodes.ActivityPoisoned"/>,
/// <see cref="OrchestrationErrorCodes.ActivityScheduleToCloseTimeout"/>,
/// <see cref="OrchestrationErrorCodes.ActivityNotRegistered"/>, <see cref="OrchestrationErrorCodes.OrchestratorNotRegistered"/>,
/// <see cref="OrchestrationErrorCodes.PoolUnknown"/>, <see cref="OrchestrationErrorCodes.PoolTooSmall"/>, <see cref="OrchestrationErrorCodes.PayloadTooLarge"/>,
/// <see cref="OrchestrationErrorCodes.Terminated"/>) are never retried.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>How often the step may fail before its failure reaches the orchestrator. At least 1; 1 means no retry.</summary>
    public required int MaxAttempts
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxAttempts must be at least 1.");
    }

    /// <summary>The wait before the second attempt. Zero or more.</summary>
    public required TimeSpan FirstRetryInterval
    {
        get;
        init => field = value >= TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "FirstRetryInterval must not be negative.");
    }

    /// <summary>Each wait is the one before times this. At least 1. Default: 1.</summary>
    public double BackoffCoefficient
    {
        get;
        init => field = value >= 1 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "BackoffCoefficient must be a number of at least 1.");
    } = 1;

    /// <summary>The longest wait. Default: no limit.</summary>
    public TimeSpan? MaxRetryInterval { get; init; }

    /// <summary>No attempt is started later than this after the step was first scheduled. Default: no limit.</summary>
    public TimeSpan? RetryTimeout { get; init; }

    /// <summary>
    /// Says whether a failure is worth another attempt; <see langword="null"/> (the default) means every failure. It runs inside the
    /// orchestrator and must be as deterministic as the orchestrator itself.
    /// </summary>
    public Func<TaskFailureDetails, bool>? HandleFailure { get; init; }

    /// <summary>The instant of the next attempt, by this policy's arithmetic.</summary>
    /// <param name="failure">The failure of the last attempt.</param>
    /// <param name="failedAttempts">How many attempts have failed, the last one included. At least 1.</param>
    /// <param name="firstScheduled">When the step was first scheduled, on the instance's clock.</param>
    /// <param name="now">The instance's clock.</param>
    /// <returns>When to try again, or <see langword="null"/> when the failure is final.</returns>
    public DateTimeOffset? NextAttempt(TaskFailureDetails failure, int failedAttempts, DateTimeOffset firstScheduled, DateTimeOffset now)
    {
        if (failedAttempts >= MaxAttempts || IsFinal(failure.Code) || HandleFailure?.Invoke(failure) == false)
        {
            return null;
        }

        var ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, failedAttempts - 1);
        var limit = Math.Min((MaxRetryInterval ?? TimeSpan.MaxValue).Ticks, (DateTimeOffset.MaxValue - now).Ticks);
        var due = now + TimeSpan.FromTicks(ticks < limit ? (long)ticks : limit);
        return RetryTimeout is { } timeout && due - firstScheduled > timeout ? null : due;
    }

    private static bool IsFinal(string? code) => code is OrchestrationErrorCodes.ActivityPoisoned or OrchestrationErrorCodes.ActivityScheduleToCloseTimeout
        or OrchestrationErrorCodes.ActivityNotRegistered or OrchestrationErrorCodes.OrchestratorNotRegistered
        or OrchestrationErrorCodes.PoolUnknown or OrchestrationErrorCodes.PoolTooSmall
        or OrchestrationErrorCodes.PayloadTooLarge or OrchestrationErrorCodes.Terminated;
}
