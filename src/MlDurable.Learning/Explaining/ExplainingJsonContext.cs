using System.Text.Json.Serialization;

namespace MlDurable.Learning.Explaining;

/// <summary>JSON of the explaining records: camelCase names, enums as text, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(ModelExplanation))]
public sealed partial class ExplainingJsonContext : JsonSerializerContext;
