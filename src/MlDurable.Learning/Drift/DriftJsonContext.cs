using System.Text.Json.Serialization;

namespace MlDurable.Learning.Drift;

/// <summary>JSON of the drift records: camelCase names, enums as text, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReferenceProfile))]
[JsonSerializable(typeof(DriftReport))]
[JsonSerializable(typeof(DriftOptions))]
public sealed partial class DriftJsonContext : JsonSerializerContext;
