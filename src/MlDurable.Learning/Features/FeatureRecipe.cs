using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MlDurable.Learning.Features;

/// <summary>What stands in for a missing number.</summary>
public enum NumberImputation
{
    /// <summary>The median of the training rows.</summary>
    Median,

    /// <summary>The mean of the training rows.</summary>
    Mean,

    /// <summary>Nothing: the number stays missing.</summary>
    None,
}

/// <summary>How a category becomes numbers.</summary>
public enum CategoryEncoding
{
    /// <summary>One feature of 0 and 1 for each level.</summary>
    OneHot,

    /// <summary>One feature: the place of the level among all levels in ordinal order of their texts.</summary>
    Ordinal,
}

/// <summary>How columns become the numbers that a model computes with. What must be learned for it is learned on training rows only. As
/// JSON it names every property.</summary>
public sealed record FeatureRecipe
{
    /// <summary>What stands in for a missing number. Default: the median.</summary>
    [JsonRequired]
    public NumberImputation Imputation { get; init; } = NumberImputation.Median;

    /// <summary>Whether numbers get the mean 0 and the standard deviation 1 (of the training rows). Default
    /// <see langword="true"/>.</summary>
    [JsonRequired]
    public bool Standardize { get; init; } = true;

    /// <summary>How categories become numbers. Default: one-hot.</summary>
    [JsonRequired]
    public CategoryEncoding Encoding { get; init; } = CategoryEncoding.OneHot;

    /// <summary>Categories with fewer training rows than this share one level. 0 and 1 fold nothing. Default 20.</summary>
    [JsonRequired]
    public int FoldRarerThan { get; init; } = 20;

    /// <summary>Category columns with an encoding of their own, which every trainer follows. Default: none.</summary>
    [JsonRequired]
    public ImmutableSortedDictionary<string, ColumnEncoding> Encodings { get; init; } = ImmutableSortedDictionary<string, ColumnEncoding>.Empty;

    /// <summary>Pairs of number columns whose products are features too, each the product of the two features (so with standardised numbers of the
    /// distances from their means). Default: none.</summary>
    [JsonRequired]
    public ImmutableArray<Interaction> Interactions { get => field.IsDefault ? [] : field; init; }
}
