using System.Text.Json.Serialization;

namespace MlDurable.Orchestration.Embedded;

/// <summary>The process that owns a workspace.</summary>
/// <param name="ProcessId">Its process id.</param>
/// <param name="Host">The name of its machine.</param>
/// <param name="StartedAt">When it took the workspace, UTC.</param>
public sealed record WorkspaceOwner(int ProcessId, string Host, DateTimeOffset StartedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkspaceOwner))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
internal sealed partial class WorkspaceJson : JsonSerializerContext;
