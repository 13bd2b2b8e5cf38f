using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Cli.Running;
using MlDurable.Cli.Serving;
using MlDurable.Learning.Explaining;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Output;

/// <summary>An error, as JSON.</summary>
internal sealed record ErrorDocument(ErrorBody Error);

/// <summary>What went wrong.</summary>
internal sealed record ErrorBody(string Code, string Message)
{
    /// <summary>The problems of a pipeline file; null for other errors.</summary>
    public ImmutableArray<PipelineProblem>? Problems { get; init; }
}

/// <summary>A run begins or continues.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Pipeline">The pipeline's name.</param>
/// <param name="Continued">Whether it was begun before.</param>
internal sealed record RunStarted(string RunId, string Pipeline, bool Continued)
{
    /// <summary>Files that were brought in after a continued run had fixed its data, and so wait for the next run; null for none.</summary>
    public ImmutableArray<string>? Waiting { get; init; }

    /// <summary>Whether a server that owns the workspace carries it out; null when this process does.</summary>
    public bool? Server { get; init; }
}

/// <summary>A line of progress: exactly one of the properties is set, as <paramref name="Event"/> says.</summary>
/// <param name="Event"><c>uploaded</c>, <c>run</c>, <c>step</c> or <c>result</c>; of a backfill <c>backfill</c>, <c>ended</c> and <c>backfilled</c>.</param>
internal sealed record ProgressLine(string Event)
{
    public UploadedFile? File { get; init; }

    public RunStarted? Run { get; init; }

    public RunStep? Step { get; init; }

    public RunResult? Result { get; init; }

    /// <summary>A backfill that begins or continues.</summary>
    public BackfillDocument? Backfill { get; init; }

    /// <summary>A run of a backfill that has ended.</summary>
    public RunRecord? Ended { get; init; }

    /// <summary>What came of a backfill.</summary>
    public BackfillDocument? Backfilled { get; init; }
}

/// <summary>Where a backfill stands.</summary>
/// <param name="Backfill">The backfill.</param>
/// <param name="Completed">Runs that have completed.</param>
/// <param name="Failed">Runs that failed or were cancelled.</param>
/// <param name="Open">Runs that have not ended.</param>
/// <param name="Runs">The runs; null in a list of backfills.</param>
/// <param name="ExitCode">The exit code that it leads to; null while it is going on.</param>
internal sealed record BackfillDocument(
    Backfill Backfill, int Completed, int Failed, int Open, ImmutableArray<BackfillRunDocument>? Runs, int? ExitCode)
{
    public static BackfillDocument Of(BackfillProgress progress, bool withRuns) => new(
        progress.Backfill with { Items = [] },
        progress.Completed,
        progress.Failed,
        progress.Open,
        withRuns ? [.. progress.Backfill.Items.Zip(progress.Runs, (item, run) => new BackfillRunDocument(item.RunId, item.AsOf, item.Through, run))] : null,
        progress.Backfill.FinishedAt is null ? null : ExitCodes.OfBackfill(progress));
}

/// <summary>One run of a backfill.</summary>
/// <param name="RunId">The run.</param>
/// <param name="AsOf">The instant that it is made as of; null when it is of a partition.</param>
/// <param name="Through">The last partition that it uses; null when it is of an instant.</param>
/// <param name="Run">Its record; null until it begins.</param>
internal sealed record BackfillRunDocument(string RunId, DateTimeOffset? AsOf, string? Through, RunRecord? Run);

/// <summary>Backfills, by identity.</summary>
internal sealed record BackfillsDocument(ImmutableArray<BackfillDocument> Backfills);

/// <summary>What came of a run.</summary>
/// <param name="ExitCode">The exit code that it leads to.</param>
/// <param name="Run">Its record.</param>
/// <param name="Report">Where its report lies; null when it has none.</param>
/// <param name="Evaluation">The evidence; null when none was reached.</param>
internal sealed record RunResult(int ExitCode, RunRecord Run, string? Report, Evaluation? Evaluation);

/// <summary>What <c>validate</c> found.</summary>
internal sealed record ValidationDocument(string Pipeline, bool Valid, ImmutableArray<PipelineProblem> Problems, DataInspectionResult? Data);

/// <summary>What <c>init</c> made.</summary>
internal sealed record InitDocument(string Pipeline, string? Data);

/// <summary>Everything known of a run.</summary>
internal sealed record RunDocument(RunRecord Run, RunPlan? Plan, DatasetLineage? Dataset, Evaluation? Evaluation, Manifest? Manifest, string? Report)
{
    /// <summary>The files written by <c>--export</c>; null without it.</summary>
    public ImmutableArray<string>? Exported { get; init; }
}

/// <summary>A list of runs, newest first.</summary>
internal sealed record RunsDocument(ImmutableArray<RunRecord> Runs);

/// <summary>The requests for approval that wait.</summary>
internal sealed record ApprovalsDocument(ImmutableArray<ApprovalView> Approvals);

/// <summary>A list of models.</summary>
internal sealed record ModelsDocument(ImmutableArray<RegistryDocument> Models);

/// <summary>What <c>export</c> did.</summary>
internal sealed record ExportDocument(string Model, int Version, string Output, long Bytes);

/// <summary>What <c>predict</c> did.</summary>
internal sealed record PredictDocument(string Model, int Version, string? Output, ScoredFile Scored);

/// <summary>What <c>demo</c> did.</summary>
internal sealed record DemoDocument(
    string Directory, ImmutableArray<DemoAct> Acts, DemoKill Kill, RegistryDocument Registry, string Report, double Seconds);

/// <summary>One act of the demo.</summary>
internal sealed record DemoAct(string Headline, int ExitCode, RunRecord Run, double Seconds);

/// <summary>The demo's kill and resume.</summary>
/// <param name="FinishedBefore">Candidates that had finished when the process was killed.</param>
/// <param name="InFlight">Candidates that were being trained.</param>
/// <param name="StartedAfter">Candidates that the resumed process trained.</param>
/// <param name="Repeated">Candidates that had finished and were trained again: none.</param>
/// <param name="ModelHash">SHA-256 of the model of the undisturbed run.</param>
/// <param name="ResumedModelHash">SHA-256 of the model of the run that was killed and resumed.</param>
/// <param name="SameEvaluation">Whether evidence, verdict and predictions are equal, byte for byte.</param>
internal sealed record DemoKill(
    ImmutableArray<int> FinishedBefore,
    ImmutableArray<int> InFlight,
    ImmutableArray<int> StartedAfter,
    ImmutableArray<int> Repeated,
    string ModelHash,
    string ResumedModelHash,
    bool SameEvaluation)
{
    /// <summary>Whether nothing was repeated and everything is equal.</summary>
    public bool Holds => Repeated.IsEmpty && ModelHash == ResumedModelHash && SameEvaluation;
}

/// <summary>Serializers of what the tool writes with <c>--json</c> and sends over the control channel.</summary>
/// <summary>The result of <c>doctor --json</c>.</summary>
internal sealed record HealthDocument(ImmutableArray<HealthFinding> Findings);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(AnswerRequest))]
[JsonSerializable(typeof(ApprovalReceipt))]
[JsonSerializable(typeof(ApprovalsDocument))]
[JsonSerializable(typeof(Backfill))]
[JsonSerializable(typeof(BackfillDocument))]
[JsonSerializable(typeof(BackfillsDocument))]
[JsonSerializable(typeof(CancelRequest))]
[JsonSerializable(typeof(RestartRequest))]
[JsonSerializable(typeof(RewindRequest))]
[JsonSerializable(typeof(PurgePolicy))]
[JsonSerializable(typeof(PurgeProgress))]
[JsonSerializable(typeof(StepRequest))]
[JsonSerializable(typeof(ChampionChange))]
[JsonSerializable(typeof(DemoDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(InitDocument))]
[JsonSerializable(typeof(KeyCreated))]
[JsonSerializable(typeof(KeysDocument))]
[JsonSerializable(typeof(LeakWarning))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(ModelsDocument))]
[JsonSerializable(typeof(PipelineDeployment))]
[JsonSerializable(typeof(ExportDocument))]
[JsonSerializable(typeof(PredictDocument))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(PromoteRequest))]
[JsonSerializable(typeof(ReproductionResult))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(RunComparison))]
[JsonSerializable(typeof(RunDocument))]
[JsonSerializable(typeof(RunForecast))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(InstanceHistory))]
[JsonSerializable(typeof(RunsDocument))]
[JsonSerializable(typeof(ScheduleOverview))]
[JsonSerializable(typeof(ServingDocument))]
[JsonSerializable(typeof(StartRequest))]
[JsonSerializable(typeof(ValidationDocument))]
internal sealed partial class CliJson : JsonSerializerContext;
