using System.Collections.Immutable;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>All candidates among which a search chooses. Immutable, and so safe to share between threads.</summary>
/// <param name="candidates">The candidates of each trainer; no trainer twice.</param>
public sealed class SearchSpace(ImmutableArray<CandidateSpace> candidates)
{
    /// <summary>The candidates of each trainer, in the order in which they were given.</summary>
    public ImmutableArray<CandidateSpace> Candidates => candidates;

    /// <summary>How many different candidates there are, at least.</summary>
    public double Count => Candidates.Sum(static candidate => candidate.Count);

    /// <summary>Draws the candidates of a random search: each trainer is as likely as any other, and so is each value of a hyperparameter.</summary>
    /// <param name="count">How many, at most <see cref="Count"/> with those that are taken.</param>
    /// <param name="seed">The seed of the search. The same seed draws the same, and a shorter search the beginning of a longer one.</param>
    /// <param name="taken">The candidates that come before them in the search.</param>
    /// <returns>The candidates, none twice and none that is taken.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    public ImmutableArray<SearchPoint> Draw(int count, ulong seed, params IReadOnlyList<SearchPoint> taken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count + taken.Count, Count, nameof(count));
        var all = taken.ToHashSet();
        var drawn = ImmutableArray.CreateBuilder<SearchPoint>(count);
        for (var trial = taken.Count; trial < taken.Count + count; trial++)
        {
            drawn.Add(Draw(Generator(seed, trial), all));
            all.Add(drawn[^1]);
        }

        return drawn.MoveToImmutable();
    }

    /// <summary>The source of all that is random about one trial, so that it does not depend on how the others came to be.</summary>
    private static SplitMix64 Generator(ulong seed, int trial) => new(new SplitMix64(seed).Next() ^ (ulong)trial);

    private SearchPoint Draw(SplitMix64 random, HashSet<SearchPoint> taken)
    {
        var open = Candidates.Where(candidate => taken.Count(point => point.Trainer == candidate.Trainer) < candidate.Count).ToArray();
        while (true)
        {
            var candidate = open[random.NextInt(open.Length)];
            var point = new SearchPoint(
                candidate.Trainer,
                candidate.Hyperparameters.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.Draw(random), StringComparer.Ordinal));
            if (!taken.Contains(point))
            {
                return point;
            }
        }
    }
}
