using MlDurable.Orchestration.Embedded.Execution;

namespace MlDurable.Orchestration.Embedded.History;

internal enum StepPhase
{
    /// <summary>An activity that waits for a slot, a timer or a child that is under way.</summary>
    Open,

    /// <summary>An activity that has begun.</summary>
    Running,

    /// <summary>A failed step that is to be tried again at <see cref="Step.Due"/>.</summary>
    WaitingToRetry,

    /// <summary>A step whose failure waits for the orchestrator to say what comes of it.</summary>
    Failed,
}

/// <summary>A step that an instance waits for.</summary>
internal sealed class Step(Decision decision)
{
    /// <summary>The decision that made it: activity, timer or child.</summary>
    public Decision Decision { get; } = decision;

    public StepPhase Phase { get; set; }

    /// <summary>When the timer fires, or the next attempt begins.</summary>
    public DateTimeOffset Due { get; set; }

    /// <summary>When an activity must have its final answer.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary>How often an activity has begun.</summary>
    public int Starts { get; set; }

    /// <summary>How often in a row it has begun and neither ended nor been interrupted by an orderly close.</summary>
    public int Crashes { get; set; }

    /// <summary>Whether the engine starts the activity no more, for its crashes. Not part of the history: another limit judges anew.</summary>
    public bool IsQuarantined { get; set; }

    /// <summary>Whether its activity began so many times and ended with the process each time.</summary>
    public bool HasCrashed(int times) => Phase == StepPhase.Running && Crashes >= times;

    /// <summary>The present id of a child: a retry has an id of its own.</summary>
    public string? ChildId { get; set; }

    /// <summary>What the engine runs for the step at the moment: a timer, the slots that it waits for, or an activity. Not part of the history.</summary>
    public object? Live { get; set; }

    /// <summary>The timer of <see cref="Deadline"/>, while the step has no answer. Not part of the history.</summary>
    public ScheduledTimer? Expiry { get; set; }
}
