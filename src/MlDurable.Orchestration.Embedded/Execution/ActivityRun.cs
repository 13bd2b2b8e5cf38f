using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>One attempt of an activity that runs in this process. The engine's gate guards what may change.</summary>
#pragma warning disable CA1001 // a token source without a timer or a wait handle holds nothing, and late callers may still look at its token
internal sealed class ActivityRun(
    SlotLease lease, int generation, ActivityRegistration registration, Action<double, string?> progress)
    : ActivityContext
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _ended = new();
    private bool _isAbandoned;

    public SlotLease Lease { get; } = lease;

    public Instance Instance => Lease.Instance;

    public ActivityScheduled Call => Lease.Call;

    public Step Step => Lease.Step;

    public override string InstanceId => Instance.Id;

    public override string Name => Call.Name;

    public override int Generation { get; } = generation;

    public override int Sequence => Call.Sequence;

    public override int Attempt { get; } = lease.Step.Starts;

    public override CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>Whether whatever comes of it is to be ignored; its code does not begin any more.</summary>
    public bool IsAbandoned
    {
        get => Volatile.Read(ref _isAbandoned);
        set => Volatile.Write(ref _isAbandoned, value);
    }

    public ScheduledTimer? Timeout { get; set; }

    public ScheduledTimer? Heartbeat { get; set; }

    /// <summary>The ticks of the last sign of life.</summary>
    public long LastHeartbeat;

    /// <summary>Ends when the activity's code has ended.</summary>
    public Task Ended => _ended.Task;

    public override void ReportProgress(double fraction, string? message = null) => progress(fraction, message);

    public void Cancel(EngineWork work) => work.Cancel(_cancellation);

    /// <summary>Instead of <see cref="RunAsync"/>, when its start could not be recorded.</summary>
    public void NeverBegin() => _ended.SetResult();

    public async Task RunAsync(Action<ActivityRun, string?, Exception?> ended)
    {
        string? output = null;
        Exception? failure = null;
        try
        {
            // Its token may hear of it later: it is cancelled on another thread.
            output = IsAbandoned || CancellationToken.IsCancellationRequested
                ? throw new OperationCanceledException("It was given up before it began.", CancellationToken)
                : await registration.RunAsync(this, Call.Input);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        ended(this, output, failure);
        _ended.SetResult();
    }
}
