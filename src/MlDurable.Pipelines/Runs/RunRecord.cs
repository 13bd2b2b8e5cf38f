using System.Collections.Immutable;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Approvals;

namespace MlDurable.Pipelines.Runs;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>Started and not finished: being worked on, or interrupted and resumable.</summary>
    Running,

    /// <summary>Finished: see <see cref="RunRecord.Outcome"/> for what it decided.</summary>
    Completed,

    /// <summary>Ended by an error; see <see cref="RunRecord.Failure"/>.</summary>
    Failed,

    /// <summary>Ended by a person.</summary>
    Cancelled,
}

/// <summary>What a completed run decided.</summary>
public enum RunOutcome
{
    /// <summary>The candidate became the champion.</summary>
    Promoted,

    /// <summary>
    /// The best candidate is the champion already, bit for bit: there was nothing to decide. Of a run of one stage: no partition was new.
    /// </summary>
    Unchanged,

    /// <summary>The champion stays: the candidate was compared and is not better as the pipeline's rule asks.</summary>
    Kept,

    /// <summary>The champion stays: too few rows to say; <see cref="Verdict.RowsNeeded"/> would settle it.</summary>
    Inconclusive,

    /// <summary>The champion stays: a gate, a slice, a leak or a contract forbids the candidate.</summary>
    Blocked,

    /// <summary>The champion stays: a person rejected the candidate, or nobody approved it in time.</summary>
    Rejected,

    /// <summary>The champion stays: a partition broke an expectation and was quarantined; nothing was trained.</summary>
    Quarantined,

    /// <summary>New partitions were validated and featurized; nothing was to be trained.</summary>
    Featurized,

    /// <summary>Partitions that had no predictions have them now.</summary>
    Scored,

    /// <summary>Some partitions could not be scored; the others have their predictions. See <see cref="ScoringWork.Failed"/>.</summary>
    Incomplete,
}

/// <summary>The request that started a run: all that a later process needs to repeat its plan.</summary>
/// <param name="RunId">The run's identity; sorts by time.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="PipelineFile">The file's name as the user gave it, for messages.</param>
/// <param name="PipelineHash">SHA-256 of the pipeline file's bytes.</param>
/// <param name="Parameters">The values given for the pipeline's parameters; the others have their defaults.</param>
/// <param name="RequestedAt">When, in UTC.</param>
/// <param name="RequestedBy">Who or what asked for the run, for example <c>cli:ada</c>.</param>
public sealed record RunRequest(
    string RunId,
    string Pipeline,
    string PipelineFile,
    string PipelineHash,
    ImmutableSortedDictionary<string, string> Parameters,
    DateTimeOffset RequestedAt,
    string RequestedBy)
{
    /// <summary>How much of the pipeline the run carries out.</summary>
    public RunStage Stage { get; init; }

    /// <summary>Whose steps get a free slot first, as it was asked for; null for what the pipeline says.</summary>
    public RunPriority? Priority { get; init; }

    /// <summary>What started the run.</summary>
    public RunTrigger Trigger { get => field ?? RunTrigger.Manual; init; }

    /// <summary>The blobs that started the run; empty when none did.</summary>
    public ImmutableArray<TriggerBlob> Blobs { get => field.IsDefault ? [] : field; init; }

    /// <summary>Rows at and after this instant are not used; null for all rows.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Partitions whose names come after this one are not used; null for all partitions.</summary>
    public string? Through { get; init; }
}

/// <summary>Why a run failed.</summary>
/// <param name="Code">A stable code.</param>
/// <param name="Step">The step that failed.</param>
/// <param name="Message">What happened and what to do.</param>
public sealed record RunFailure(string Code, string Step, string Message);

/// <summary>The record of a run: one JSON blob, <c>runs/&lt;run id&gt;/run.json</c>.</summary>
public sealed record RunRecord
{
    /// <summary>The run's identity; sorts by time.</summary>
    public required string RunId { get; init; }

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>SHA-256 of the pipeline file's bytes.</summary>
    public required string PipelineHash { get; init; }

    /// <summary>The model that the pipeline promotes to.</summary>
    public required string Model { get; init; }

    /// <summary>The values given for the pipeline's parameters.</summary>
    public required ImmutableSortedDictionary<string, string> Parameters { get; init; }

    /// <summary>The engine whose journal holds the run; another engine on the same store leaves it alone.</summary>
    public required string Engine { get; init; }

    /// <summary>How much of the pipeline the run carries out.</summary>
    public RunStage Stage { get; init; }

    /// <summary>Whose steps get a free slot first.</summary>
    public RunPriority Priority { get; init; }

    /// <summary>What started the run.</summary>
    public RunTrigger Trigger { get => field ?? RunTrigger.Manual; init; }

    /// <summary>Who or what asked for the run, for example <c>cli:ada</c>.</summary>
    public string RequestedBy { get => field ?? ""; init; }

    /// <summary>Where the run stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>What a completed run decided; null until then.</summary>
    public RunOutcome? Outcome { get; init; }

    /// <summary>One sentence that says what came of the run.</summary>
    public string? Summary { get; init; }

    /// <summary>When it started, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, in UTC; null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>What was done and what was reused; null until the plan is made.</summary>
    public RunWork? Work { get; init; }

    /// <summary>The candidates and their validation figures, best first; empty until they are trained.</summary>
    public ImmutableArray<CandidateResult> Leaderboard { get => field.IsDefault ? [] : field; init; }

    /// <summary>The number of the version that the selected candidate was registered as; null when none was.</summary>
    public int? Version { get; init; }

    /// <summary>The champion's version before the decision; null when there was none.</summary>
    public int? ChampionBefore { get; init; }

    /// <summary>The champion's version after the decision; null when there is none.</summary>
    public int? ChampionAfter { get; init; }

    /// <summary>The verdict on the selected candidate; null when none was reached.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>That the run waits for a person; null when it does not.</summary>
    public ApprovalWait? Waiting { get; init; }

    /// <summary>How the newest request for approval ended; null when none has.</summary>
    public ApprovalDecision? Approval { get; init; }

    /// <summary>Partitions that broke an expectation.</summary>
    public ImmutableArray<string> Quarantined { get => field.IsDefault ? [] : field; init; }

    /// <summary>What was scored; null for runs that score nothing.</summary>
    public ScoringWork? Scoring { get; init; }

    /// <summary>Why the run failed; null unless it did.</summary>
    public RunFailure? Failure { get; init; }
}

/// <summary>How much of a run was new and how much was reused.</summary>
/// <param name="Partitions">Partitions in the window.</param>
/// <param name="Validated">Partitions validated by this run.</param>
/// <param name="Featurized">Partitions featurized by this run.</param>
/// <param name="Candidates">Candidates of the search, the baseline among them; where its time was over, those that it came to.</param>
/// <param name="Trained">Candidates trained by this run.</param>
public sealed record RunWork(int Partitions, int Validated, int Featurized, int Candidates, int Trained);
