using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>What a <see cref="CustomTrainer"/> learns from.</summary>
public sealed record CustomTraining
{
    /// <summary>The features of the training rows.</summary>
    public required FeatureMatrix Rows { get; init; }

    /// <summary>1 (positive) or 0 (negative) for each training row; both occur.</summary>
    public required double[] Labels { get; init; }

    /// <summary>The features of the validation rows, to stop early by; may have no rows.</summary>
    public required FeatureMatrix ValidationRows { get; init; }

    /// <summary>1 or 0 for each validation row.</summary>
    public required double[] ValidationLabels { get; init; }

    /// <summary>The names of the features, in order: the dense ones, then those of each block of one-hot features.</summary>
    public required ImmutableArray<string> FeatureNames { get; init; }

    /// <summary>A value for each of <see cref="CustomTrainer.Hyperparameters"/>.</summary>
    public required ImmutableSortedDictionary<string, double> Hyperparameters { get; init; }

    /// <summary>The seed of all randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Told the share of the work that is done, from 0 to 1, or <see langword="null"/>.</summary>
    public IProgress<double>? Progress { get; init; }
}
