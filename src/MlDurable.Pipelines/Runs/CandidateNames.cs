using System.Collections.Immutable;
using System.Globalization;

namespace MlDurable.Pipelines.Runs;

/// <summary>Short names for the candidates of a run, by what tells them apart: <c>gradient-boosting leaves=8 trees=100</c>.</summary>
public static class CandidateNames
{
    /// <summary>Names the candidates of a plan.</summary>
    /// <param name="candidates">All candidates of the run that are known.</param>
    /// <param name="search">The search that proposes more of them; null when there are no more.</param>
    /// <returns>
    /// A name for each, in the same order: the trainer, and the hyperparameters that vary among the candidates of that trainer, or that the search varies.
    /// </returns>
    public static ImmutableArray<string> Of(IReadOnlyList<CandidatePlan> candidates, OpenSearch? search = null) =>
        Of([.. candidates.Select(candidate => (candidate.Trainer, candidate.Hyperparameters))], search);

    /// <summary>Names the candidates of a leaderboard.</summary>
    /// <param name="candidates">All candidates of the run.</param>
    /// <returns>A name for each, in the same order.</returns>
    public static ImmutableArray<string> Of(IReadOnlyList<CandidateResult> candidates) =>
        Of([.. candidates.Select(candidate => (candidate.Trainer, candidate.Hyperparameters))]);

    private static ImmutableArray<string> Of(
        IReadOnlyList<(string Trainer, ImmutableSortedDictionary<string, double> Hyperparameters)> candidates, OpenSearch? search = null)
    {
        var varying = candidates
            .GroupBy(candidate => candidate.Trainer)
            .ToDictionary(
                group => group.Key,
                group => group
                    .SelectMany(candidate => candidate.Hyperparameters)
                    .GroupBy(pair => pair.Key)
                    .Where(values => values.Select(pair => pair.Value).Distinct().Skip(1).Any())
                    .Select(values => values.Key)
                    .Concat(search?.Varied.GetValueOrDefault(group.Key, []) ?? [])
                    .ToHashSet());
        return
        [
            .. candidates.Select(candidate => string.Join(
                ' ',
                candidate.Hyperparameters
                    .Where(pair => varying[candidate.Trainer].Contains(pair.Key))
                    .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value:G6}"))
                    .Prepend(candidate.Trainer))),
        ];
    }
}
