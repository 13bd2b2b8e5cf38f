using System.Collections.Immutable;
using System.Text.Json;
using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Features;

/// <summary>What a pipeline's definition means to the learning library.</summary>
internal static class FeatureSet
{
    /// <summary>Identity of the code that makes features and models: it changes with every change of the learning library.</summary>
    public static string CodeHash { get; } = typeof(Table).Module.ModuleVersionId.ToString("N");

    /// <summary>The row-level work on every partition.</summary>
    public static RowFeatures RowFeatures(PipelineDefinition pipeline) => new()
    {
        Label = pipeline.Data.Label.Column,
        Rule = pipeline.Data.Label.Rule,
        Weight = pipeline.Data.Weight,
        Time = pipeline.Data.Time,
        Drop = pipeline.Data.Drop,
        DateParts = pipeline.Features.Dates,
        Slices = pipeline.Evaluate.Slices,
        Group = pipeline.Train.CrossValidation?.Column,
    };

    /// <summary>What is fitted on the training rows.</summary>
    public static FeatureRecipe Recipe(FeaturesDefinition features) => new()
    {
        Imputation = features.Imputation,
        Standardize = features.Standardize,
        Encoding = features.Encoding,
        FoldRarerThan = features.FoldRarerThan,
        Encodings = features.Encodings,
        Interactions = features.Interactions,
    };

    /// <summary>Identity of the row-level work: what it is, on which columns, by which code.</summary>
    public static string Identity(RowFeatures features, TableSchema schema) =>
        ContentHash.OfParts(
            JsonSerializer.Serialize(features, LearningJson.Default.RowFeatures),
            JsonSerializer.Serialize(schema, LearningJson.Default.TableSchema),
            CodeHash);
}
