using MlDurable.Cli.Running;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Cli;

/// <summary>The exit codes, which scripts depend on, and what leads to each.</summary>
internal static class ExitCodes
{
    /// <summary>Done; also when the best candidate is the champion already.</summary>
    public const int Done = 0;

    /// <summary>The run, or the command itself, failed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage, an invalid pipeline, or an input file that cannot be used.</summary>
    public const int Usage = 2;

    /// <summary>Refused by a gate, a quality check or an approval: the champion stays. Of scoring: some partitions could not be scored.</summary>
    public const int Refused = 3;

    /// <summary>What was named is not there.</summary>
    public const int NotFound = 4;

    /// <summary>Another process, run or decision is in the way.</summary>
    public const int Conflict = 5;

    /// <summary>Interrupted by the user; the same command continues.</summary>
    public const int Interrupted = 130;

    /// <summary>The stable code of an exception; null when it has none and so is not foreseen.</summary>
    public static string? CodeOf(Exception exception) => exception switch
    {
        CliException cli => cli.Code,
        ControlFailedException control => control.Code,
        BlobStoreException store => store.Code,
        Learning.LearningException learning => learning.Code,
        ICodedFailure coded => coded.Code,
        InvalidPipelineException => CliErrorCodes.PipelineInvalid,
        IOException or UnauthorizedAccessException => CliErrorCodes.FileUnusable,
        _ => null,
    };

    /// <summary>The exit code of an error code.</summary>
    public static int OfError(string? code) => code switch
    {
        CliErrorCodes.Usage or CliErrorCodes.PipelineInvalid or "unknown-column" or "no-features" or "no-label-column" or "column-kind" or "time-column-kind" or "reserved-column" or "run-ambiguous" or "signature-mismatch" or "onnx-unsupported"
            or "approval-invalid" or "data-name" or "no-score" or "score-as-of" or "as-of-needs-time" or "backfill-invalid" or "backfill-empty" or "backfill-future" or "backfill-too-large" or "invalid-blob-name" or "invalid-store" or "instance-id-invalid"
            or "request-invalid" or "payload-invalid" or "payload-too-large" or "listen-invalid" or "keys-required" or "keys-unreadable" => Usage,
        not null when code.StartsWith("csv-", StringComparison.Ordinal) => Usage,
        "no-readable-partition" or "approval-not-allowed" => Refused,
        CliErrorCodes.FileNotFound
            or "no-partitions" or "no-champion" or "backfill-not-found" or "run-not-found" or "run-incomplete" or "model-not-found" or "version-not-found" or "version-incomplete" or "data-gone"
            or "blob-not-found" or "approval-not-found" or "instance-not-found" or "not-found" or "pipeline-not-deployed" or "schedule-not-found" => NotFound,
        CliErrorCodes.FileExists or CliErrorCodes.RunUnfinished
            or "superseded" or "workspace-owned" or "owner-unreachable" or "run-ended" or "run-conflict" or "champion-contended" or "nothing-to-roll-back" or "precondition-failed"
            or "blob-changed" or "run-not-failed" or "step-not-quarantined" or "approval-late" or "approval-answered" or "approval-stale" or "instance-conflict" or "instance-status" or "listen-failed" => Conflict,
        _ => Failed,
    };

    /// <summary>The exit code of a backfill that has ended: a champion that was kept is what many of its runs come to, and no refusal of the backfill.</summary>
    public static int OfBackfill(BackfillProgress progress) => progress switch
    {
        _ when progress.Failed > 0 || progress.Open > 0 => Failed,
        _ when progress.Runs.Any(run => run?.Outcome is RunOutcome.Quarantined or RunOutcome.Incomplete) => Refused,
        _ => Done,
    };

    /// <summary>The error code of an answer that changes nothing.</summary>
    public static string AnswerCodeOf(AnswerStatus status) => status switch
    {
        AnswerStatus.Late => "approval-late",
        AnswerStatus.Second => "approval-answered",
        AnswerStatus.StaleEvidence => "approval-stale",
        _ => "approval-not-allowed",
    };

    /// <summary>The exit code of an answer.</summary>
    public static int OfAnswer(AnswerStatus status) => status == AnswerStatus.Counts ? Done : OfError(AnswerCodeOf(status));

    /// <summary>The exit code of a run that has ended.</summary>
    public static int OfRun(RunRecord run) => run switch
    {
        { Status: RunStatus.Completed, Outcome: RunOutcome.Promoted or RunOutcome.Unchanged or RunOutcome.Featurized or RunOutcome.Scored } => Done,
        { Status: RunStatus.Completed } => Refused,
        { Failure: { } failure } => OfError(failure.Code),
        _ => Failed,
    };
}
