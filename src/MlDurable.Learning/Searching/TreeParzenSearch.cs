using System.Collections.Immutable;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>Proposes candidates by what earlier ones reached: tree-structured Parzen estimators (TPE).</summary>
/// <remarks>
/// <para>Each trainer is as likely as any other, so that none is given up because another was lucky at first. Its finished trials are divided into the best tenth
/// and the rest. Of each hyperparameter, some values are drawn from the <see cref="Density"/> of the best, and the one is taken that is the most likelier there
/// than among the rest. Until ten trials have finished, candidates are drawn at random.</para>
/// <para>Source: Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011; within a trainer with the defaults of Optuna 4.8's
/// <c>TPESampler</c> and its <c>constant_liar</c>: a trial that has not finished counts among the rest, so that those of one round differ.</para>
/// </remarks>
public static class TreeParzenSearch
{
    /// <summary>How many trials must have finished before they guide the search.</summary>
    public const int StartupTrials = 10;

    private const double BestShare = 0.1;
    private const int MostBest = 25;

    /// <summary>How many values are drawn for one to be taken.</summary>
    private const int Draws = 24;

    /// <summary>How often a candidate that was tried already is proposed in a row before one is drawn at random.</summary>
    private const int MostRepeats = 20;

    /// <summary>The next candidates of a search. The same trials and seed give the same.</summary>
    /// <param name="space">What is searched.</param>
    /// <param name="trials">The trials before, in their order.</param>
    /// <param name="count">How many, at most what <see cref="SearchSpace.Count"/> leaves.</param>
    /// <param name="seed">The seed of the search.</param>
    /// <returns>The candidates, none twice and none that was tried.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The space has not as many that were not tried.</exception>
    public static ImmutableArray<SearchPoint> Propose(SearchSpace space, IReadOnlyList<Trial> trials, int count, ulong seed)
    {
        var isGuided = trials.Count(trial => trial.Loss is not null) >= StartupTrials;
        var known = trials.ToList();
        var tried = trials.Select(trial => trial.Point).ToHashSet();
        while (known.Count < trials.Count + count)
        {
            var point = (isGuided ? Untried(space, known, tried, SearchSpace.Generator(seed, known.Count)) : null) ?? space.Draw(1, seed, tried)[0];
            known.Add(new Trial(point, null));
            tried.Add(point);
        }

        return [.. known.Skip(trials.Count).Select(trial => trial.Point)];
    }

    private static SearchPoint? Untried(SearchSpace space, IReadOnlyList<Trial> trials, HashSet<SearchPoint> tried, SplitMix64 random)
    {
        for (var attempt = 0; attempt < MostRepeats && tried.Count < space.Count; attempt++)
        {
            var candidate = space.DrawTrainer(random, tried);
            var own = trials.Where(trial => trial.Point.Trainer == candidate.Trainer).ToList();
            var finished = own.Where(trial => trial.Loss is not null).ToList();
            var best = finished
                .OrderBy(trial => double.IsNaN(trial.Loss!.Value) ? double.PositiveInfinity : trial.Loss.Value)
                .Take(Math.Min((int)Math.Ceiling(BestShare * finished.Count), MostBest))
                .ToHashSet();
            var point = new SearchPoint(
                candidate.Trainer,
                candidate.Hyperparameters.ToImmutableSortedDictionary(
                    pair => pair.Key,
                    pair => Choose(
                        pair.Value.Estimate(Values(own.Where(best.Contains), pair.Key)),
                        pair.Value.Estimate(Values(own.Where(trial => !best.Contains(trial)), pair.Key)),
                        random),
                    StringComparer.Ordinal));
            if (!tried.Contains(point))
            {
                return point;
            }
        }

        return null;
    }

    private static List<double> Values(IEnumerable<Trial> trials, string name) => [.. trials.Select(trial => trial.Point.Hyperparameters[name])];

    /// <summary>Of some values that are likely among the best, the one that is the most likelier there than among the rest.</summary>
    private static double Choose(Density best, Density rest, SplitMix64 random)
    {
        var (chosen, greatest) = (double.NaN, double.NegativeInfinity);
        for (var draw = 0; draw < Draws; draw++)
        {
            var value = best.Draw(random);
            var ratio = best.At(value) / rest.At(value);
            if (ratio > greatest)
            {
                (chosen, greatest) = (value, ratio);
            }
        }

        return chosen;
    }
}
