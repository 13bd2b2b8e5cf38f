using System.Collections.Immutable;
using MlDurable.Learning.Models;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Training;

namespace MlDurable.Pipelines.Definition;

/// <summary>How the space of candidates is searched.</summary>
public enum SearchStrategy
{
    /// <summary>Every combination of the listed hyperparameters.</summary>
    Grid,

    /// <summary>Candidates drawn at random, all before the first is trained.</summary>
    Random,

    /// <summary>Candidates proposed in rounds by what those before reached: tree-structured Parzen estimators.</summary>
    Tpe,

    /// <summary>Candidates drawn at random begin on few rows, and the best of them go on with more: asynchronous successive halving.</summary>
    Asha,
}

/// <summary>How candidates are searched.</summary>
public sealed record SearchDefinition
{
    /// <summary>The reduction of a successive halving that does not say: a third goes on.</summary>
    public const int DefaultReduction = 3;

    /// <summary>The most rungs of a successive halving that does not say.</summary>
    public const int MostDefaultRungs = 4;

    /// <summary>The strategy; grid by default.</summary>
    public SearchStrategy Strategy { get; init; }

    /// <summary>How many candidates are trained at a time, from 1 to 256; 2 by default.</summary>
    public int Parallel { get; init; } = 2;

    /// <summary>How many candidates are drawn, from 1 to <see cref="TrainDefinition.MaxCandidates"/>; null for a grid, which has them all.</summary>
    public int? Trials { get; init; }

    /// <summary>How long after the training began the last round may begin, from a second to 366 days; null without a limit.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>The rungs of a successive halving; null for every other strategy.</summary>
    public SuccessiveHalving? Halving { get; init; }

    /// <summary>Whether the first candidate has the champion's hyperparameters, where the space has them; by default it has. A grid has no such candidate.</summary>
    public bool WarmStart { get; init; } = true;
}

/// <summary>One candidate: a trainer and one value for each hyperparameter that the file sets.</summary>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="Hyperparameters">The values that the file sets, by name; the trainer's defaults hold for the others.</param>
public sealed record CandidateDefinition(string Trainer, ImmutableSortedDictionary<string, double> Hyperparameters)
{
    /// <summary>The candidate in one line, unique in its pipeline: <c>gradient-boosting leaves=8 trees=100</c>.</summary>
    public string DisplayName => Hyperparameters.Aggregate(Trainer, static (text, pair) => $"{text} {pair.Key}={pair.Value}");
}

/// <summary>Which candidates are trained.</summary>
public sealed record TrainDefinition
{
    /// <summary>The most candidates that one pipeline may expand to or draw.</summary>
    public const int MaxCandidates = 1_000;

    /// <summary>How they are searched.</summary>
    public SearchDefinition Search { get; init; } = new();

    /// <summary>How candidates are cross-validated; null when they are selected by their figures on the validation rows.</summary>
    public CrossValidationDefinition? CrossValidation { get; init; }

    /// <summary>How the candidates' scores become probabilities; by no more than the logistic function by default.</summary>
    public CalibrationMethod Calibrate { get; init; }

    /// <summary>What the decision thresholds are chosen by; the greatest F1 by default.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.GreatestF1;

    /// <summary>
    /// The expanded candidates of a grid, at least 1 and at most <see cref="MaxCandidates"/>, none twice: in the order of the file, the
    /// hyperparameter
    /// that is written last varying fastest. Empty for every other strategy.
    /// </summary>
    public ImmutableArray<CandidateDefinition> Candidates { get; init; } = [];

    /// <summary>What the candidates are drawn from; null for a grid.</summary>
    public SearchSpace? Space { get; init; }

    /// <summary>How many candidates are trained at most, the baseline not among them.</summary>
    public int Most => Search.Trials ?? Candidates.Length;
}
