using System.Collections.Immutable;

namespace MlDurable.Learning.Searching;

/// <summary>Which candidates are fitted on how many rows, so that few rows tell which of many deserve more: asynchronous successive halving (ASHA).</summary>
/// <remarks>
/// <para>Every trial begins on the lowest rung, a small share of the rows. Of those that have finished on a rung, the best <c>1/reduction</c> are promoted to the
/// next, with <c>reduction</c> times the rows; the others are stopped. A promotion does not wait for the rung to be full: whenever there is room for a fit, the
/// highest rung that has a trial to promote gives it, and if none has, the next trial begins. So a trial may be promoted that would not be among the best of all.</para>
/// <para>Source: Li and others, "A system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2. Here the fits are given in rounds, so that what
/// is promoted depends on results alone and not on which of them came first.</para>
/// <para>Immutable, and so safe to share between threads.</para>
/// </remarks>
/// <param name="Trials">How many candidates begin, at least <c>Reduction^(Rungs - 1)</c>, so that one comes to the highest rung.</param>
/// <param name="Rungs">How many rungs, at least 2; the highest has all rows.</param>
/// <param name="Reduction">How many times the rows of the rung below each rung has, at least 2.</param>
public sealed record SuccessiveHalving(int Trials, int Rungs, int Reduction)
{
    /// <summary>The most rungs that a number of trials can fill: the highest gets one of them at least.</summary>
    /// <param name="trials">How many candidates begin.</param>
    /// <param name="reduction">How many times the rows of the rung below each rung has, at least 2.</param>
    public static int MostRungs(int trials, int reduction)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reduction, 2);
        var rungs = 1;
        for (var left = trials / reduction; left > 0; left /= reduction)
        {
            rungs++;
        }

        return rungs;
    }

    /// <summary>Of how many rows each gives one to the fits of a rung: <c>Reduction^(Rungs - 1 - rung)</c>, 1 for the highest.</summary>
    /// <param name="rung">The rung, from 0.</param>
    public int Divisor(int rung)
    {
        var divisor = 1;
        for (var above = rung + 1; above < Rungs; above++)
        {
            divisor *= Reduction;
        }

        return divisor;
    }

    /// <summary>The next fits. The same ones before give the same.</summary>
    /// <param name="fits">The fits before, in their order.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>The fits, whose losses are not known; fewer than <paramref name="count"/> when nothing more is to be begun, and none at the end.</returns>
    public ImmutableArray<RungFit> Next(IReadOnlyList<RungFit> fits, int count)
    {
        var known = fits.ToList();
        while (known.Count < fits.Count + count && (Promotion(known) ?? Beginning(known)) is { } next)
        {
            known.Add(next);
        }

        return [.. known.Skip(fits.Count)];
    }

    /// <summary>
    /// The fit that ends a search which has no time for more: on all rows, of the best trial of the highest rung; null when one was on all rows already.
    /// </summary>
    /// <param name="fits">The fits before, at least one with a loss.</param>
    public RungFit? Last(IReadOnlyList<RungFit> fits)
    {
        var highest = fits.Where(fit => fit.Loss is not null).Max(fit => fit.Rung);
        return highest == Rungs - 1 ? null : new RungFit(BestFirst(fits, highest)[0].Trial, Rungs - 1);
    }

    private RungFit? Promotion(IReadOnlyList<RungFit> fits) =>
        Enumerable.Range(0, Rungs - 1)
            .Reverse()
            .Select(rung => BestFirst(fits, rung))
            .SelectMany(finished => finished.Take(finished.Count / Reduction))
            .Where(fit => !fits.Any(other => other.Trial == fit.Trial && other.Rung > fit.Rung))
            .Select(fit => new RungFit(fit.Trial, fit.Rung + 1))
            .FirstOrDefault();

    private RungFit? Beginning(IReadOnlyList<RungFit> fits) =>
        fits.Count(fit => fit.Rung == 0) is var begun && begun < Trials ? new RungFit(begun, 0) : null;

    /// <summary>The finished fits of a rung; of equals, the earlier trial first.</summary>
    private static List<RungFit> BestFirst(IEnumerable<RungFit> fits, int rung) =>
    [
        .. fits
            .Where(fit => fit.Rung == rung && fit.Loss is not null)
            .OrderBy(fit => double.IsNaN(fit.Loss!.Value) ? double.PositiveInfinity : fit.Loss.Value)
            .ThenBy(fit => fit.Trial),
    ];
}
