using System.Text.Json.Serialization;
using MlDurable.Learning.Drift;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines;

/// <summary>Serializers of the records in the store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ActivityStartRecord))]
[JsonSerializable(typeof(ApprovalAnswer))]
[JsonSerializable(typeof(ApprovalDecision))]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(Backfill))]
[JsonSerializable(typeof(CandidateResult))]
[JsonSerializable(typeof(Claim))]
[JsonSerializable(typeof(DatasetLineage))]
[JsonSerializable(typeof(EndedRun))]
[JsonSerializable(typeof(Evaluation))]
[JsonSerializable(typeof(FoldResult))]
[JsonSerializable(typeof(HalvingRecord))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ModelExplanation))]
[JsonSerializable(typeof(PartitionQuality))]
[JsonSerializable(typeof(PipelineDeployment))]
[JsonSerializable(typeof(PredictionLineage))]
[JsonSerializable(typeof(ReferenceProfile))]
[JsonSerializable(typeof(RegistryDocument))]
[JsonSerializable(typeof(ReproductionResult))]
[JsonSerializable(typeof(RowFeatures))]
[JsonSerializable(typeof(RunPlan))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(ScheduleState))]
[JsonSerializable(typeof(ScoringFinding))]
[JsonSerializable(typeof(ScoringPlan))]
[JsonSerializable(typeof(SearchRecord))]
[JsonSerializable(typeof(SplitLineage))]
[JsonSerializable(typeof(TableSchema))]
public sealed partial class PipelinesJson : JsonSerializerContext;
