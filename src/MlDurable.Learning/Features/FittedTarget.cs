using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one column with a <see cref="TargetEncoding"/>, from all training rows.</summary>
/// <param name="Number">The column, and the scaling of its shares.</param>
/// <param name="Levels">The categories of the training rows, in ordinal order of their texts.</param>
/// <param name="Shares">The smoothed share of positive labels of each level.</param>
/// <param name="Unseen">The share that stands for any other category.</param>
/// <param name="Missing">The share that stands for a missing cell.</param>
internal sealed record FittedTarget(
    FittedNumber Number, ImmutableArray<string> Levels, ImmutableArray<double> Shares, double Unseen, double Missing) : FittedEncoding
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Number.Name;

    /// <summary>The feature of a missing cell.</summary>
    [JsonIgnore]
    public double MissingFeature => Number.Apply(Missing);

    /// <summary>The feature of a category that is not among <see cref="Levels"/>.</summary>
    [JsonIgnore]
    public double UnseenFeature => Number.Apply(Unseen);

    public double[] Apply(CategoryColumn column)
    {
        var lookup = FeatureLookup();
        var (missing, unseen) = (MissingFeature, UnseenFeature);
        double[] featureOf = [.. column.Categories.Select(category => lookup.GetValueOrDefault(category, unseen))];
        var features = new double[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            var code = column.Codes[row];
            features[row] = code == CategoryColumn.MissingCode ? missing : featureOf[code];
        }

        return features;
    }

    /// <summary>The feature of each level.</summary>
    public Dictionary<string, double> FeatureLookup()
    {
        var lookup = new Dictionary<string, double>(Levels.Length, StringComparer.Ordinal);
        for (var level = 0; level < Levels.Length; level++)
        {
            lookup.Add(Levels[level], Number.Apply(Shares[level]));
        }

        return lookup;
    }

    public override bool IsSound() =>
        Number is { Scale: > 0, Transform: null }
        && !string.IsNullOrEmpty(Name)
        && IsSet(Levels)
        && !Shares.IsDefault
        && Shares.Length == Levels.Length
        && Shares.Append(Unseen).Append(Missing).All(share => share is >= 0 and <= 1);
}
