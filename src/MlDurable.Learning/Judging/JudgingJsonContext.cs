using System.Text.Json.Serialization;

namespace MlDurable.Learning.Judging;

/// <summary>JSON of the judging records: camelCase names, enums as text, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Verdict))]
[JsonSerializable(typeof(MetricEstimate))]
[JsonSerializable(typeof(PairedDifference))]
[JsonSerializable(typeof(SliceResult))]
[JsonSerializable(typeof(McNemarResult))]
public sealed partial class JudgingJsonContext : JsonSerializerContext;
