using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlDurable.Learning.Explaining;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Api;

/// <summary>The body of a request that starts a run; empty for the defaults.</summary>
/// <remarks>Settable, because generated serializers give an absent init-only property its type's default and not the one that is written here.</remarks>
public sealed record StartRunBody
{
    /// <summary>How much of the pipeline is carried out; all of it by default.</summary>
    public RunStage Stage { get; set; }

    /// <summary>Whose steps get a free slot first; by default what the pipeline says.</summary>
    public RunPriority? Priority { get; set; }

    /// <summary>Values for the pipeline's parameters: numbers, texts or booleans; the others have their defaults.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get; set; } = ImmutableSortedDictionary<string, JsonElement>.Empty;
}

/// <summary>The body of a request that restarts a run; empty for the same parameters.</summary>
/// <remarks>Settable, as <see cref="StartRunBody"/> is.</remarks>
public sealed record RestartRunBody
{
    /// <summary>Parameters that get another value: numbers, texts or booleans; the others keep theirs.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get; set; } = ImmutableSortedDictionary<string, JsonElement>.Empty;
}

/// <summary>The body of a request that ends a step in quarantine.</summary>
/// <remarks>Settable, as <see cref="StartRunBody"/> is.</remarks>
public sealed record SkipStepBody
{
    /// <summary>The result that the step gets, as its activity would give it.</summary>
    public JsonElement? Output { get; set; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; set; }
}

/// <summary>The body of a request that starts a backfill.</summary>
/// <remarks>Settable, as <see cref="StartRunBody"/> is.</remarks>
public sealed record StartBackfillBody
{
    /// <inheritdoc cref="BackfillSelection.From"/>
    public string? From { get; set; }

    /// <inheritdoc cref="BackfillSelection.To"/>
    public string? To { get; set; }

    /// <inheritdoc cref="BackfillSelection.Schedule"/>
    public string? Schedule { get; set; }

    /// <inheritdoc cref="BackfillSelection.Every"/>
    public string? Every { get; set; }

    /// <inheritdoc cref="BackfillSelection.Partitions"/>
    public bool Partitions { get; set; }

    /// <summary>How much of the pipeline each run carries out; by default what the schedule says, and all of it without one.</summary>
    public RunStage? Stage { get; set; }

    /// <summary>How many runs are under way at once: 1 to 64, by default 1.</summary>
    public int Parallel { get; set; } = 1;

    /// <summary>Whether no further run is begun after one that failed.</summary>
    public bool StopOnFailure { get; set; }

    /// <summary>Whether, of a backfill that has ended, those runs are made once more that failed or were not begun.</summary>
    public bool Again { get; set; }

    /// <summary>Whether the answer only says what would run; nothing is written.</summary>
    public bool DryRun { get; set; }

    /// <summary>Values for the pipeline's parameters: numbers, texts or booleans; the others have the schedule's or their defaults.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Parameters { get; set; } = ImmutableSortedDictionary<string, JsonElement>.Empty;
}

/// <summary>A run that was accepted, and the addresses that manage it, as Durable Functions name them.</summary>
/// <param name="Id">The run, which is also the orchestration's instance.</param>
/// <param name="StatusQueryGetUri">GET: where it stands.</param>
/// <param name="SendEventPostUri">POST: an external event; <c>{eventName}</c> is to be replaced.</param>
/// <param name="SuspendPostUri">POST: stops it until it is resumed; <c>{text}</c> is the reason.</param>
/// <param name="ResumePostUri">POST: lets it go on.</param>
/// <param name="TerminatePostUri">POST: ends it.</param>
/// <param name="PurgeHistoryDeleteUri">DELETE: forgets the finished instance; the records of the run stay.</param>
public sealed record RunAccepted(
    string Id,
    string StatusQueryGetUri,
    string SendEventPostUri,
    string SuspendPostUri,
    string ResumePostUri,
    string TerminatePostUri,
    string PurgeHistoryDeleteUri)
{
    /// <summary>POST: lets it go on after it has failed; <c>{text}</c> is the reason.</summary>
    public required string RewindPostUri { get; init; }

    /// <summary>POST: starts another run like it, when it has ended.</summary>
    public required string RestartPostUri { get; init; }
}

/// <summary>Where a run stands: the status of its orchestration, as Durable Functions show it, and the run's own record.</summary>
/// <param name="Name">The orchestrator; null when the instance is purged or on another engine.</param>
/// <param name="InstanceId">The run.</param>
/// <param name="RuntimeStatus">The orchestration's status; what the record says when the instance is purged or on another engine.</param>
/// <param name="CustomStatus">The stage that it is in; null when it has set none.</param>
/// <param name="CreatedTime">When the run was started, in UTC.</param>
/// <param name="LastUpdatedTime">When its history last grew, in UTC.</param>
/// <param name="Run">The record.</param>
public sealed record RunStatusDocument(
    string? Name,
    string InstanceId,
    OrchestrationRuntimeStatus RuntimeStatus,
    JsonElement? CustomStatus,
    DateTimeOffset CreatedTime,
    DateTimeOffset LastUpdatedTime,
    RunRecord Run)
{
    /// <summary>
    /// Why the run cannot go on for now, with a stable code in front: the code of this host does not have its orchestrator, or does not follow its
    /// history, and it waits for a version that does; or a step is in quarantine, and it waits for a person. Absent when nothing hinders it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hindrance { get; init; }

    /// <summary>The steps in quarantine, which a person retries or skips. Absent when there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<QuarantinedStep>? QuarantinedSteps { get; init; }
}

/// <summary>A page of a list.</summary>
/// <param name="Runs">The runs, newest first. A page may have fewer than asked for, also none, and still not be the last.</param>
/// <param name="ContinuationToken">Give it as <c>continuationToken</c> for the next page; null on the last one.</param>
public sealed record RunsPage(ImmutableArray<RunRecord> Runs, string? ContinuationToken);

/// <summary>Where the parts of a run stand.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Partitions">The partitions of its plan; empty until it is planned.</param>
/// <param name="Candidates">The candidates that are known: of a search that proposes them in rounds, those so far; empty until the run is planned.</param>
public sealed record RunStepsDocument(string RunId, ImmutableArray<PartitionStep> Partitions, ImmutableArray<CandidateStep> Candidates);

/// <summary>A partition of a run.</summary>
/// <param name="Index">Its place in the plan, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Passed">Whether it passed its checks; null until it is judged.</param>
public sealed record PartitionStep(int Index, string Name, bool? Passed);

/// <summary>A candidate of a run.</summary>
/// <param name="Index">Its place in the search, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Finished">Whether it is trained.</param>
public sealed record CandidateStep(int Index, string Name, bool Finished);

/// <summary>The answer to a purge.</summary>
/// <param name="InstancesDeleted">1 when the instance was there, else 0.</param>
public sealed record PurgeResult(int InstancesDeleted);

/// <summary>The models of a workspace.</summary>
public sealed record ModelsDocument(ImmutableArray<ModelSummary> Models);

/// <summary>A model in a list.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Versions">How many versions it has.</param>
/// <param name="Champion">The version in production; null when there is none.</param>
public sealed record ModelSummary(string Model, int Versions, ModelVersion? Champion);

/// <summary>The versions of a model.</summary>
public sealed record VersionsDocument(string Model, ImmutableArray<ModelVersion> Versions);

/// <summary>A version of a model and what it was made from.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version.</param>
/// <param name="Aliases">The aliases that name it.</param>
/// <param name="Manifest">What it was made from; null for one that is not complete.</param>
public sealed record VersionDocument(string Model, ModelVersion Version, ImmutableArray<string> Aliases, Manifest? Manifest);

/// <summary>The body of a promotion by hand.</summary>
public sealed record PromoteBody
{
    /// <summary>The version that becomes the champion.</summary>
    public required int Version { get; init; }

    /// <summary>Only if this version is the champion now, 0 for none; null for whichever it is.</summary>
    public int? Expect { get; init; }

    /// <summary>Why, for the history.</summary>
    public required string Reason { get; init; }
}

/// <summary>The body of a rollback.</summary>
public sealed record RollbackBody
{
    /// <summary>The version to return to; null for the one before the present champion.</summary>
    public int? To { get; init; }

    /// <summary>Only if this version is the champion now; null for whichever it is.</summary>
    public int? Expect { get; init; }

    /// <summary>Why, for the history.</summary>
    public required string Reason { get; init; }
}

/// <summary>The deployed pipelines.</summary>
public sealed record PipelinesDocument(ImmutableArray<PipelineDeployment> Pipelines);

/// <summary>A deployed pipeline.</summary>
/// <param name="Deployment">Which version, since when, by whom.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Model">The model that it promotes to.</param>
/// <param name="Parameters">The parameters that a run may set.</param>
/// <param name="Triggers">What starts runs of it.</param>
public sealed record PipelineDocument(
    PipelineDeployment Deployment, string Description, string Model, ImmutableSortedDictionary<string, ParameterDefinition> Parameters, TriggersDefinition Triggers);

/// <summary>The answer to a deployment.</summary>
/// <param name="Deployment">The version that is deployed now.</param>
/// <param name="Warnings">What may not be as it was meant; empty when nothing is noticed.</param>
public sealed record DeployedDocument(PipelineDeployment Deployment, ImmutableArray<PipelineProblem> Warnings);

/// <summary>A data file in the store.</summary>
/// <param name="Name">Its name, without the <c>data/</c> container.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ETag">The content's ETag.</param>
public sealed record DataFileDocument(string Name, long Length, string ETag);

/// <summary>The body of a request that pauses or unpauses schedules.</summary>
public sealed record ScheduleChangeBody
{
    /// <summary>The schedule; null for every one of the pipeline.</summary>
    public string? Schedule { get; init; }

    /// <summary>Why; needed to pause.</summary>
    public string? Reason { get; init; }
}

/// <summary>What waits for a person's answer.</summary>
public sealed record ApprovalsDocument(ImmutableArray<ApprovalView> Approvals);

/// <summary>The body of an answer.</summary>
public sealed record ApprovalBody
{
    /// <summary>The answer.</summary>
    public required ApprovalChoice Choice { get; init; }

    /// <summary>Why; needed to reject.</summary>
    public string? Reason { get; init; }

    /// <summary>The evidence that was looked at, as the request names it; null for whichever is asked about now.</summary>
    public string? EvidenceHash { get; init; }
}

/// <summary>The backfills of a workspace.</summary>
public sealed record BackfillsDocument(ImmutableArray<BackfillSummary> Backfills);

/// <summary>A backfill in a list.</summary>
/// <param name="Backfill">What was asked for.</param>
/// <param name="Completed">Runs that completed.</param>
/// <param name="Failed">Runs that failed or were cancelled.</param>
/// <param name="Open">Runs that have not ended or not begun.</param>
public sealed record BackfillSummary(Backfill Backfill, int Completed, int Failed, int Open);

/// <summary>Takes only the names of an enumeration that a body may have; the converter of the others takes any number too.</summary>
internal sealed class NameConverter<T>() : JsonStringEnumConverter<T>(namingPolicy: null, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Serializers of what the API takes and gives. A body with an unknown property is refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    Converters = [typeof(NameConverter<ApprovalChoice>), typeof(NameConverter<RunPriority>), typeof(NameConverter<RunStage>)],
    MaxDepth = 32,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ApprovalBody))]
[JsonSerializable(typeof(ApprovalReceipt))]
[JsonSerializable(typeof(ApprovalView))]
[JsonSerializable(typeof(ApprovalsDocument))]
[JsonSerializable(typeof(Backfill))]
[JsonSerializable(typeof(BackfillProgress))]
[JsonSerializable(typeof(BackfillsDocument))]
[JsonSerializable(typeof(ChampionChange))]
[JsonSerializable(typeof(DataFileDocument))]
[JsonSerializable(typeof(DataWatchState))]
[JsonSerializable(typeof(DeployedDocument))]
[JsonSerializable(typeof(Evaluation))]
[JsonSerializable(typeof(ImmutableArray<PipelineProblem>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ModelExplanation))]
[JsonSerializable(typeof(ModelsDocument))]
[JsonSerializable(typeof(PipelineDocument))]
[JsonSerializable(typeof(PipelinesDocument))]
[JsonSerializable(typeof(PromoteBody))]
[JsonSerializable(typeof(PurgeProgress))]
[JsonSerializable(typeof(PurgeResult))]
[JsonSerializable(typeof(RegistryDocument))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(RunAccepted))]
[JsonSerializable(typeof(RunPlan))]
[JsonSerializable(typeof(RunStatusDocument))]
[JsonSerializable(typeof(RunStepsDocument))]
[JsonSerializable(typeof(RunsPage))]
[JsonSerializable(typeof(ScheduleChangeBody))]
[JsonSerializable(typeof(ScheduleOverview))]
[JsonSerializable(typeof(StartBackfillBody))]
[JsonSerializable(typeof(RestartRunBody))]
[JsonSerializable(typeof(SkipStepBody))]
[JsonSerializable(typeof(StartRunBody))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(VersionDocument))]
[JsonSerializable(typeof(VersionsDocument))]
public sealed partial class ApiJson : JsonSerializerContext;
