namespace MlDurable.Pipelines.Runs;

/// <summary>
/// Whose steps get a free slot first, on an engine that has priorities (the embedded one). Nothing that runs is interrupted, and runs of one priority take turns.
/// </summary>
public enum RunPriority
{
    /// <summary>The usual; first, so that a record from before there were priorities has it.</summary>
    Normal,

    /// <summary>After all others: a step waits for as long as one of a higher priority does.</summary>
    Low,

    /// <summary>Before all others.</summary>
    High,
}
