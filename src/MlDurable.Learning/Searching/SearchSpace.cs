using System.Collections.Immutable;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Searching;

/// <summary>All candidates among which a search chooses. Immutable, and so safe to share between threads.</summary>
/// <param name="candidates">The candidates of each trainer; no trainer twice.</param>
public sealed class SearchSpace(ImmutableArray<CandidateSpace> candidates)
{
    /// <summary>The candidates of each trainer, in the order in which they were given.</summary>
    public ImmutableArray<CandidateSpace> Candidates => candidates;

    /// <summary>How many different candidates there are, at least.</summary>
    public double Count => Candidates.Sum(static candidate => candidate.Count);

    /// <summary>The candidate of the space that a trainer makes with some hyperparameters; null when the space does not have it.</summary>
    /// <param name="trainer">The trainer's name.</param>
    /// <param name="hyperparameters">The values that differ from the trainer's defaults, or all of them.</param>
    /// <exception cref="LearningException"><c>trainer-not-registered</c>.</exception>
    public SearchPoint? Find(string trainer, IReadOnlyDictionary<string, double> hyperparameters)
    {
        if (Candidates.FirstOrDefault(candidate => candidate.Trainer == trainer) is not { Hyperparameters: var domains })
        {
            return null;
        }

        var values = Trainers.Get(trainer).Hyperparameters.Select(spec => (Spec: spec, Value: hyperparameters.GetValueOrDefault(spec.Name, spec.Default))).ToList();
        return values.All(pair => domains.TryGetValue(pair.Spec.Name, out var domain) ? domain.Contains(pair.Value) : pair.Value == pair.Spec.Default)
            ? new SearchPoint(
                trainer,
                values.Where(pair => domains.ContainsKey(pair.Spec.Name)).ToImmutableSortedDictionary(pair => pair.Spec.Name, pair => pair.Value, StringComparer.Ordinal))
            : null;
    }

    /// <summary>
    /// Draws candidates at random, each trainer as likely as any other, and so each value of a hyperparameter: of the one sequence that the seed and the space
    /// have, the first that are not taken.
    /// </summary>
    /// <param name="count">How many, at most <see cref="Count"/> with those that are taken.</param>
    /// <param name="seed">The seed of the search.</param>
    /// <param name="taken">Candidates that are not drawn, as they are tried already.</param>
    /// <returns>The candidates, none twice.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    public ImmutableArray<SearchPoint> Draw(int count, ulong seed, params IReadOnlyCollection<SearchPoint> taken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count + taken.Count, Count, nameof(count));
        var tried = taken.ToHashSet();
        var drawn = ImmutableArray.CreateBuilder<SearchPoint>(count);
        for (var place = 0; drawn.Count < count; place++)
        {
            if (Draw(Generator(seed, place), tried) is var point && tried.Add(point))
            {
                drawn.Add(point);
            }
        }

        return drawn.MoveToImmutable();
    }

    /// <summary>The source of all that is random about one candidate, so that it does not depend on how those before came to be.</summary>
    internal static SplitMix64 Generator(ulong seed, int place) => new(new SplitMix64(seed).Next() ^ (ulong)place);

    /// <summary>One of the trainers that have candidates which were not tried; there must be one.</summary>
    internal CandidateSpace DrawTrainer(SplitMix64 random, HashSet<SearchPoint> tried)
    {
        var open = Candidates.Where(candidate => tried.Count(point => point.Trainer == candidate.Trainer) < candidate.Count).ToArray();
        return open[random.NextInt(open.Length)];
    }

    /// <summary>A candidate of such a trainer, which may have been tried itself.</summary>
    private SearchPoint Draw(SplitMix64 random, HashSet<SearchPoint> tried)
    {
        var candidate = DrawTrainer(random, tried);
        return new SearchPoint(
            candidate.Trainer,
            candidate.Hyperparameters.ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.Draw(random), StringComparer.Ordinal));
    }
}
