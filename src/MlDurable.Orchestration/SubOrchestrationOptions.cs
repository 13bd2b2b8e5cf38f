namespace MlDurable.Orchestration;

/// <summary>How one sub-orchestration is run.</summary>
public sealed record SubOrchestrationOptions
{
    /// <summary>
    /// The id of the child. Default: <c>parent:sequence</c>, with <c>generation.sequence</c> after the parent has continued as new.
    /// A retry adds <c>#2</c>, <c>#3</c>, … to either.
    /// </summary>
    public string? InstanceId { get; init; }

    /// <summary>When a failed child is started anew. Default: never.</summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>
    /// What becomes of the child when its parent ends first. Recorded with the call: changing it in the code does not reach a child that is under
    /// way. Default: <see cref="Orchestration.ParentClosePolicy.Terminate"/>.
    /// </summary>
    public ParentClosePolicy ParentClosePolicy { get; init; }
}
