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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Scorer? Scorer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Calibrator? Calibration = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<FittedEncoding> Encodings = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<Interaction> Interactions = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Link Link = Link.Logistic,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<string> Classes = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<Scorer> ClassScorers = default)
{
    /// <summary>The version of the file: of the first programs that understand this content.</summary>
    [JsonIgnore]
    public int FileVersion => Link != Link.Logistic ? 4 : !Encodings.IsDefaultOrEmpty || !Interactions.IsDefaultOrEmpty ? 3 : Calibration is not null ? 2 : 1;

    /// <summary>Whether predictions with this content cannot go wrong, whoever wrote it.</summary>
    public bool IsSound()
    {
        if (Threshold is not (>= 0 and <= 1) || Numbers.IsDefault || Categories.IsDefault || Calibration?.IsSound() == false)
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

        if (!Encodings.IsDefault && !Encodings.All(encoding => encoding is not null && encoding.IsSound() && names.Add(encoding.Name)))
        {
            return false;
        }

        var interactions = Interactions.IsDefault ? [] : Interactions;
        if (!interactions.All(pair => pair is not null && Numbers.Any(number => number.Name == pair.First) && Numbers.Any(number => number.Name == pair.Second)))
        {
            return false;
        }

        var encodings = Encodings.IsDefault ? [] : Encodings;
        var coded = Categories.Concat(encodings.OfType<ICodedColumn>()).ToList();
        var dense = Numbers.Length + coded.Count(column => column.Ordinal) + encodings.OfType<FittedTarget>().Count() + interactions.Length;
        var hot = coded.Where(column => !column.Ordinal).Sum(column => (long)column.LevelCount);
        var texts = encodings.OfType<FittedText>().Sum(text => (long)text.Terms.Length);
        return IsTargetSound() && (Scorer is { } only ? IsScorerSound(only) : ClassScorers.All(scorer => scorer is not null && IsScorerSound(scorer)));

        bool IsScorerSound(Scorer scorer) => (texts == 0 || scorer is LinearScorer) && scorer switch
        {
            CustomScorer => Link == Link.Logistic && dense + hot <= int.MaxValue && scorer.IsSound((int)(dense + hot)),
            // Trees read dense features only; a missing value would make a sum missing, but a tree routes it.
            TreeScorer or ForestScorer => hot == 0 && scorer.IsSound(dense),
            NaiveBayesScorer bayes => coded.TrueForAll(column => !column.Ordinal)
                && !bayes.Numbers.IsDefault
                && bayes.Numbers.Length == dense
                && dense + hot <= int.MaxValue
                && scorer.IsSound((int)(dense + hot)),
            LinearScorer => coded.TrueForAll(column => !column.Ordinal)
                && Numbers.All(number => number.Fill is not null)
                && dense + hot + texts <= int.MaxValue
                && scorer.IsSound((int)(dense + hot + texts)),
            _ => scorer.IsSound(dense),
        };
    }

    /// <summary>Several classes have a scorer each; everything else has one, and only probabilities are calibrated.</summary>
    private bool IsTargetSound() => Link switch
    {
        Link.Logistic => Scorer is not null && Classes.IsDefault && ClassScorers.IsDefault,
        Link.Softmax => Scorer is null
            && Calibration is null
            && !Classes.IsDefault
            && Classes.Length is >= 2 and <= Target.MaxClasses
            && !Classes.Contains(null!)
            && Classes.Distinct(StringComparer.Ordinal).Count() == Classes.Length
            && !ClassScorers.IsDefault
            && ClassScorers.Length == Classes.Length,
        Link.Identity or Link.Exponential => Scorer is not null && Calibration is null && Classes.IsDefault && ClassScorers.IsDefault,
        _ => false,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ModelContent))]
internal sealed partial class ModelJson : JsonSerializerContext;
