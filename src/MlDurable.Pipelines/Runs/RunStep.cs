using MlDurable.Pipelines.Approvals;

namespace MlDurable.Pipelines.Runs;

/// <summary>What happened to a step of a run.</summary>
public enum RunStepState
{
    /// <summary>An attempt began.</summary>
    Started,

    /// <summary>Some of it is done; see <see cref="RunStep.Fraction"/>.</summary>
    Progress,

    /// <summary>It ended, and its result is durable.</summary>
    Finished,

    /// <summary>An attempt failed; see <see cref="RunStep.Message"/>.</summary>
    Failed,

    /// <summary>The process ended each time that it ran, so it waits for a person; see <see cref="RunStep.Message"/>. Told anew when a process starts.</summary>
    Quarantined,
}

/// <summary>A live event of a run, for those who watch: one partition, one candidate, or a stage that has no parts.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Stage">The stage of the flow: plan, validate, featurize, assemble, propose, train, evaluate, request-approval,
/// notify-approval, settle-approval, decide, finish or fail; plan-scoring, score or finish-scoring.</param>
/// <param name="State">What happened.</param>
public sealed record RunStep(string RunId, string Stage, RunStepState State)
{
    /// <summary>Which partition of the plan or candidate of the search, from 0; null for a stage that has no parts.</summary>
    public int? Index { get; init; }

    /// <summary>How many partitions or candidates the stage has at most; null for a stage that has no parts.</summary>
    public int? Count { get; init; }

    /// <summary>The partition's or the candidate's name; null for a stage that has no parts.</summary>
    public string? Name { get; init; }

    /// <summary>How much is done, 0 to 1; only with <see cref="RunStepState.Progress"/>.</summary>
    public double? Fraction { get; init; }

    /// <summary>Whether earlier work was taken instead of doing it; only with <see cref="RunStepState.Finished"/>.</summary>
    public bool? Reused { get; init; }

    /// <summary>Whether a partition passed its checks, or could be scored; only when a partition is finished.</summary>
    public bool? Passed { get; init; }

    /// <summary>The primary metric on the validation rows; only when a candidate is finished and the metric is defined.</summary>
    public double? Value { get; init; }

    /// <summary>That the run waits for a person now; only when a request for approval is finished.</summary>
    public ApprovalWait? Waiting { get; init; }

    /// <summary>Why; only with <see cref="RunStepState.Failed"/> and <see cref="RunStepState.Quarantined"/>.</summary>
    public string? Message { get; init; }
}
