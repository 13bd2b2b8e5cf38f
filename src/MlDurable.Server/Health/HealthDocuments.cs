using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Server.Health;

/// <summary>Whether the server can do its work.</summary>
/// <param name="Ready">Whether every check holds.</param>
/// <param name="Checks">The checks.</param>
public sealed record HealthDocument(bool Ready, ImmutableArray<HealthCheck> Checks);

/// <summary>A check of the server's health.</summary>
/// <param name="Name">What is checked.</param>
/// <param name="Holds">Whether it is as it should be.</param>
/// <param name="Detail">What is wrong; null when nothing is.</param>
public sealed record HealthCheck(string Name, bool Holds, string? Detail = null);

/// <summary>Serializers of what the server alone answers with.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(RunStep))]
internal sealed partial class ServerJson : JsonSerializerContext;
