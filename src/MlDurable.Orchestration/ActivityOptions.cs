using System.Runtime.CompilerServices;

namespace MlDurable.Orchestration;

/// <summary>How one activity call is run.</summary>
public sealed record ActivityOptions
{
    /// <summary>When a failed attempt is repeated. Default: never.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>
    /// The longest time from the start of an attempt to its end (start-to-close); then its token is cancelled and the attempt fails with
    /// <see cref="OrchestrationErrorCodes.ActivityTimeout"/>, whether or not the code obeys. Zero or more. Default: no limit.
    /// </summary>
    public TimeSpan? Timeout
    {
        get;
        init => field = NotNegative(value);
    }

    /// <summary>
    /// The longest time from the call to its final answer (schedule-to-close), over all attempts, the waits between them and those for slots,
    /// restarts of the engine included, on the instance's clock. Then the attempt that runs is cancelled and left behind, and the call fails with
    /// <see cref="OrchestrationErrorCodes.ActivityScheduleToCloseTimeout"/>. A retry that could not begin before is not waited for: the call fails
    /// at once with the failure of the last attempt. Zero or more. Default: no limit.
    /// </summary>
    public TimeSpan? ScheduleToCloseTimeout
    {
        get;
        init => field = NotNegative(value);
    }

    /// <summary>
    /// The longest silence between two <see cref="ActivityContext.ReportProgress"/> calls; then the attempt fails with
    /// <see cref="OrchestrationErrorCodes.ActivityHeartbeatTimeout"/>. Zero or more. Default: no limit.
    /// </summary>
    public TimeSpan? HeartbeatTimeout
    {
        get;
        init => field = NotNegative(value);
    }

    /// <summary>The named pool whose slots limit this call beside the engine's own limit. Default: no pool.</summary>
    public string? Pool { get; init; }

    /// <summary>
    /// How many slots of <see cref="Pool"/> the call takes. A call for more than the pool has fails with
    /// <see cref="OrchestrationErrorCodes.PoolTooSmall"/>, one for several without a pool with <see cref="OrchestrationErrorCodes.PoolUnknown"/>.
    /// A call that waits for several slots is not passed by lighter ones of the same priority. At least 1. Default: 1.
    /// </summary>
    public int PoolWeight
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "PoolWeight must be at least 1.");
    } = 1;

    private static TimeSpan? NotNegative(TimeSpan? timeout, [CallerMemberName] string name = "") => timeout < TimeSpan.Zero
        ? throw new ArgumentOutOfRangeException(name, timeout, $"{name} must not be negative.")
        : timeout;
}
