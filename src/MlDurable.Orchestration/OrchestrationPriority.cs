namespace MlDurable.Orchestration;

/// <summary>
/// Whose activities get a free slot first, on an engine that has priorities. Nothing that runs is interrupted, and orchestrators do not wait for
/// slots: only the starts of activities are ordered.
/// </summary>
public enum OrchestrationPriority
{
    /// <summary>After all others: a call waits for as long as there is one of a higher priority for which there is a slot.</summary>
    Low,

    /// <summary>The usual.</summary>
    Normal,

    /// <summary>Before all others.</summary>
    High,
}
