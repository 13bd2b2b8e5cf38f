using System.Text.Json.Serialization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning;

/// <summary>How the records of this library that others keep are written as JSON: camel case, enums by name.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TableSchema))]
[JsonSerializable(typeof(RowFeatures))]
[JsonSerializable(typeof(FeatureRecipe))]
public sealed partial class LearningJson : JsonSerializerContext;
