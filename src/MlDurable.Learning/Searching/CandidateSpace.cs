using System.Collections.Immutable;

namespace MlDurable.Learning.Searching;

/// <summary>The candidates of one trainer among which a search chooses.</summary>
/// <param name="Trainer">The trainer's name.</param>
/// <param name="Hyperparameters">What each hyperparameter may be; one that is not here has its default.</param>
public sealed record CandidateSpace(string Trainer, ImmutableSortedDictionary<string, HyperparameterDomain> Hyperparameters)
{
    /// <summary>How many different candidates there are, at least.</summary>
    public double Count => Hyperparameters.Values.Aggregate(1.0, static (product, domain) => product * domain.Count);

    /// <summary>The space in one line: <c>gradient-boosting leaves=4 to 64 trees=[100, 200]</c>.</summary>
    public string DisplayName => Hyperparameters.Aggregate(Trainer, static (text, pair) => $"{text} {pair.Key}={pair.Value}");
}
