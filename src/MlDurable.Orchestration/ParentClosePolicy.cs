namespace MlDurable.Orchestration;

/// <summary>
/// What becomes of a sub-orchestration that is under way when the generation of the parent that called it ends: completes, fails, is
/// terminated or continues as new.
/// </summary>
public enum ParentClosePolicy
{
    /// <summary>It is terminated, in the same record as the end of its parent, and so are its own children, each by its own policy.</summary>
    Terminate,

    /// <summary>
    /// It goes on, and its result is dropped. One that was called in the turn in which the parent ends is begun all the same.
    /// </summary>
    Abandon,
}
