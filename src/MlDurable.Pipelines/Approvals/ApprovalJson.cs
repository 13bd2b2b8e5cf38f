using System.Text.Json.Serialization;

namespace MlDurable.Pipelines.Approvals;

/// <summary>Serializers of what leaves the workspace: links and webhooks.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ApprovalLink))]
[JsonSerializable(typeof(ApprovalNotice))]
internal sealed partial class ApprovalJson : JsonSerializerContext;
