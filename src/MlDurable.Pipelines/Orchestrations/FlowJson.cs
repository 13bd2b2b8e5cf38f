using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlDurable.Pipelines.Orchestrations;

/// <summary>Serializers of what passes between the orchestrator and its activities.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunRef))]
[JsonSerializable(typeof(PlanSize))]
[JsonSerializable(typeof(PartitionRef))]
[JsonSerializable(typeof(PartitionResult))]
[JsonSerializable(typeof(AssembleInput))]
[JsonSerializable(typeof(DatasetSize))]
[JsonSerializable(typeof(ProposeInput))]
[JsonSerializable(typeof(CandidateRef))]
[JsonSerializable(typeof(CandidateScore))]
[JsonSerializable(typeof(SelectedRef))]
[JsonSerializable(typeof(EvaluationResult))]
[JsonSerializable(typeof(RequestApprovalInput))]
[JsonSerializable(typeof(RequestApprovalResult))]
[JsonSerializable(typeof(NotifyApprovalInput))]
[JsonSerializable(typeof(SettleApprovalInput))]
[JsonSerializable(typeof(SettleApprovalResult))]
[JsonSerializable(typeof(ApprovalSignal))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(DecideInput))]
[JsonSerializable(typeof(DecisionResult))]
[JsonSerializable(typeof(FinishInput))]
[JsonSerializable(typeof(FailInput))]
[JsonSerializable(typeof(RunEnd))]
[JsonSerializable(typeof(FlowStatus))]
[JsonSerializable(typeof(BackfillRef))]
[JsonSerializable(typeof(BackfillSize))]
[JsonSerializable(typeof(BackfillItemRef))]
[JsonSerializable(typeof(BackfillStatus))]
[JsonSerializable(typeof(ScoringSize))]
[JsonSerializable(typeof(PartitionScore))]
[JsonSerializable(typeof(FinishScoringInput))]
internal sealed partial class FlowJson : JsonSerializerContext;
