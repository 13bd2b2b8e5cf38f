using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>What a model file holds, as JSON.</summary>
internal sealed record ModelContent(
    string Trainer,
    string TrainerVersion,
    double Threshold,
    ImmutableArray<FittedNumber> Numbers,
    ImmutableArray<FittedCategory> Categories,
    Scorer Scorer)
{
    /// <summary>Whether predictions with this content cannot go wrong, whoever wrote it.</summary>
    public bool IsSound()
    {
        if (Threshold is not (>= 0 and <= 1) || Numbers.IsDefault || Categories.IsDefault)
        {
            return false;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var number in Numbers)
        {
            if (number is null || string.IsNullOrEmpty(number.Name) || !names.Add(number.Name) || !(number.Scale > 0) || number.Transform is { IsSound: false })
            {
                return false;
            }
        }

        foreach (var category in Categories)
        {
            if (category is null
                || string.IsNullOrEmpty(category.Name)
                || !names.Add(category.Name)
                || category.Levels.IsDefault
                || category.Levels.Contains(null!)
                || category.Levels.Distinct(StringComparer.Ordinal).Count() != category.Levels.Length
                || (category.Ordinal && category.HasMissing))
            {
                return false;
            }
        }

        var dense = Numbers.Length + Categories.Count(category => category.Ordinal);
        var hot = Categories.Where(category => !category.Ordinal).Sum(category => (long)category.LevelCount);
        return Scorer switch
        {
            CustomScorer => dense + hot <= int.MaxValue && Scorer.IsSound((int)(dense + hot)),
            // Trees read dense features only; a missing value would make a sum missing, but a tree routes it.
            TreeScorer or ForestScorer => hot == 0 && Scorer.IsSound(dense),
            LinearScorer => Categories.All(category => !category.Ordinal)
                && Numbers.All(number => number.Fill is not null)
                && dense + hot <= int.MaxValue
                && Scorer.IsSound((int)(dense + hot)),
            _ => Scorer.IsSound(dense),
        };
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ModelContent))]
internal sealed partial class ModelJson : JsonSerializerContext;
