using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>The slots of one attempt of an activity: waited for, then held, then given back. Guarded by the engine's gate.</summary>
internal sealed class SlotLease(Instance instance, ActivityScheduled call, Step step, DateTimeOffset since)
{
    public Instance Instance { get; } = instance;

    public ActivityScheduled Call { get; } = call;

    public Step Step { get; } = step;

    /// <summary>Since when it waits.</summary>
    public DateTimeOffset Since { get; } = since;

    /// <summary>Whether the slots are taken.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Whether the step still waits for this lease: it is over when its instance has ended, or its time.</summary>
    public bool IsWanted => Step.Live == this;

    /// <summary>The next one of the same run that waits.</summary>
    public SlotLease? Next { get; set; }
}
