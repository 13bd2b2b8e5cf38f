using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>What the code of an instance decided in a turn. A replay must decide the same in the same order.</summary>
internal abstract record Decision
{
    private const int ShownPayload = 160;

    /// <summary>For the error that shows both sides of a mismatch.</summary>
    public abstract string Describe();

    /// <summary>Whether a replay that decides <paramref name="found"/> follows this history.</summary>
    public virtual bool IsFollowedBy(Decision found) => Equals(found);

    private protected static string Shown(string payload) =>
        payload.Length <= ShownPayload ? payload : string.Concat(payload.AsSpan(0, ShownPayload), "…");
}

internal sealed record ActivityScheduled(
    int Sequence, string Name, string Input, TimeSpan? Timeout, TimeSpan? HeartbeatTimeout, string? Pool, int PoolWeight = 1,
    TimeSpan? ScheduleToCloseTimeout = null) : Decision
{
    /// <summary>When the call must have its final answer, when it was made at an instant.</summary>
    public DateTimeOffset? Deadline(DateTimeOffset at) => ScheduleToCloseTimeout is { } timeout ? at.AddSaturating(timeout) : null;

    public override string Describe() => $"step {Sequence}: activity '{Name}' with input {Shown(Input)}";

    // Time-outs and pools may be tuned under a running instance; what was recorded goes on as recorded.
    public override bool IsFollowedBy(Decision found) =>
        found is ActivityScheduled other && other.Sequence == Sequence && other.Name == Name && other.Input == Input;
}

internal sealed record ChildScheduled(
    int Sequence, string Name, string Version, string Input, string ChildId, ParentClosePolicy ParentClosePolicy = ParentClosePolicy.Terminate) : Decision
{
    public override string Describe() => $"step {Sequence}: sub-orchestration '{Name}' as '{ChildId}' with input {Shown(Input)}";

    // A child keeps the version and the policy that it was started with, whatever the parent's code would say today.
    public override bool IsFollowedBy(Decision found) =>
        found is ChildScheduled other && other.Sequence == Sequence && other.Name == Name && other.Input == Input
        && other.ChildId == ChildId;
}

/// <summary>A failed activity, or (with <paramref name="ChildId"/>) a failed child, is to be started again.</summary>
internal sealed record StepRetried(int Sequence, DateTimeOffset Due, string? ChildId) : Decision
{
    public override string Describe() => $"step {Sequence}: another attempt at {Due:O}";

    public override bool IsFollowedBy(Decision found) => found is StepRetried other && other.Sequence == Sequence;
}

internal sealed record TimerCreated(int Sequence, DateTimeOffset Due) : Decision
{
    public override string Describe() => $"step {Sequence}: timer until {Due:O}";
}

internal sealed record TimerCancelled(int Sequence) : Decision
{
    public override string Describe() => $"step {Sequence}: timer cancelled";
}

internal sealed record EventWaited(int Sequence, string Name) : Decision
{
    public override string Describe() => $"step {Sequence}: wait for event '{Name}'";
}

internal sealed record EventTaken(int Sequence, long Number) : Decision
{
    public override string Describe() => $"step {Sequence}: event number {Number} taken";
}

internal sealed record CustomStatusSet(string Status) : Decision
{
    public override string Describe() => $"custom status {Shown(Status)}";
}

/// <summary>A decision that ends the generation, after which there is nothing to replay.</summary>
internal abstract record EndDecision : Decision;

internal sealed record InstanceCompleted(string Output) : EndDecision
{
    public override string Describe() => "the end of the orchestrator";
}

internal sealed record InstanceFailed(TaskFailureDetails Failure) : EndDecision
{
    public override string Describe() => $"the failure of the orchestrator: {Shown(Failure.ErrorMessage)}";
}

internal sealed record ContinuedAsNew(string Input, bool PreserveEvents) : EndDecision
{
    public override string Describe() => $"continue-as-new with input {Shown(Input)}";
}
