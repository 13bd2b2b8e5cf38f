namespace MlDurable.Orchestration;

/// <summary>An activity or a sub-orchestration failed, after all attempts that its retry policy allows.</summary>
public sealed class TaskFailedException : OrchestrationException
{
    /// <summary>Makes the error that an orchestrator sees.</summary>
    /// <param name="taskName">The name of the activity or orchestrator.</param>
    /// <param name="sequence">The sequence number of the step in its generation.</param>
    /// <param name="failureDetails">Why it failed.</param>
    public TaskFailedException(string taskName, int sequence, TaskFailureDetails failureDetails)
        : base(
            failureDetails.Code ?? OrchestrationErrorCodes.TaskFailed,
            $"Step {sequence} '{taskName}' failed: {failureDetails.ErrorMessage}")
    {
        TaskName = taskName;
        Sequence = sequence;
        FailureDetails = failureDetails;
    }

    /// <summary>The name of the activity or orchestrator that failed.</summary>
    public string TaskName { get; }

    /// <summary>The sequence number of the step in its generation.</summary>
    public int Sequence { get; }

    /// <summary>Why it failed. Its code is this exception's <see cref="OrchestrationException.Code"/> when it has one.</summary>
    public TaskFailureDetails FailureDetails { get; }
}
