using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Pipelines.Definition;

/// <summary>How columns become numbers.</summary>
public sealed record FeaturesDefinition
{
    /// <summary>For number columns the names of their transforms; none by default.</summary>
    public ImmutableSortedDictionary<string, string> Transforms { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What stands in for a missing number; the median of the training rows by default.</summary>
    public NumberImputation Imputation { get; init; } = NumberImputation.Median;

    /// <summary>Whether numbers are centred on the training rows' mean and divided by their standard deviation; yes by default.</summary>
    public bool Standardize { get; init; } = true;

    /// <summary>How a category becomes numbers; one-hot by default.</summary>
    public CategoryEncoding Encoding { get; init; } = CategoryEncoding.OneHot;

    /// <summary>Categories with fewer training rows than this are treated as one; 20 by default, 0 for none.</summary>
    public int FoldRarerThan { get; init; } = 20;

    /// <summary>Category columns with an encoding of their own; none by default.</summary>
    public ImmutableSortedDictionary<string, ColumnEncoding> Encodings { get; init; } = ImmutableSortedDictionary<string, ColumnEncoding>.Empty;

    /// <summary>Pairs of number columns whose products are features too; none by default.</summary>
    public ImmutableArray<Interaction> Interactions { get; init; } = [];

    /// <summary>The parts of a time that become features, in the order of the file; month and weekday by default.</summary>
    public ImmutableArray<DatePart> Dates { get; init; } = [DatePart.Month, DatePart.Weekday];
}
