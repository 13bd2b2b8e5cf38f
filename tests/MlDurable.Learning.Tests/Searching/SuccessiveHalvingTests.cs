using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Searching;

namespace MlDurable.Learning.Tests.Searching;

public sealed class SuccessiveHalvingTests
{
    private static readonly SuccessiveHalving Nine = new(Trials: 9, Rungs: 3, Reduction: 3);

    // The trials of algorithm 2 of Li and others (2020) with one worker, written down in Python for these losses of each trial on each rung.
    [Fact]
    public void Next_OneAtATime_IsThatOfThePaper()
    {
        double[][] losses = [[5, 5, 5], [3, 3.5, 2], [8, 8, 8], [1, 4, 4], [2, 1, 3], [9, 9, 9], [4, 2, 1], [7, 7, 7], [6, 6, 6]];

        var fits = Play(Nine, 1, (trial, rung) => losses[trial][rung]).SelectMany(round => round);

        Assert.Equal([(0, 0), (1, 0), (2, 0), (1, 1), (3, 0), (3, 1), (4, 0), (5, 0), (4, 1), (4, 2), (6, 0), (7, 0), (8, 0)], fits.Select(fit => (fit.Trial, fit.Rung)));
    }

    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(26, 3, 3)]
    [InlineData(27, 3, 4)]
    [InlineData(1000, 2, 10)]
    public void MostRungs_GivesTheHighestOneTrial(int trials, int reduction, int rungs) => Assert.Equal(rungs, SuccessiveHalving.MostRungs(trials, reduction));

    [Fact]
    public void Divisor_OfTheHighestRung_IsOne() => Assert.Equal([9, 3, 1], Enumerable.Range(0, 3).Select(Nine.Divisor));

    [Fact]
    public void Next_AnyLossesAndRounds_PromotesOnlyTheBestShareOfEachRung() => Prop.ForAll(Cases(), played =>
    {
        var (halving, count, losses) = played;
        var finished = new List<RungFit>();
        foreach (var round in Play(halving, count, (trial, rung) => losses[trial + rung]))
        {
            Assert.InRange(round.Count, 1, count);
            foreach (var fit in round.Where(fit => fit.Rung > 0))
            {
                var below = finished.Where(other => other.Rung == fit.Rung - 1).OrderBy(other => other.Loss).ThenBy(other => other.Trial).ToList();
                Assert.Contains(fit.Trial, below.Take(below.Count / halving.Reduction).Select(other => other.Trial));
            }

            finished.AddRange(round);
        }

        Assert.Equal(finished.Count, finished.DistinctBy(fit => (fit.Trial, fit.Rung)).Count());
        Assert.Equal(Enumerable.Range(0, halving.Trials), finished.Where(fit => fit.Rung == 0).Select(fit => fit.Trial));
        Assert.Contains(finished, fit => fit.Rung == halving.Rungs - 1);
        return true;
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Next_FitsInAnotherOrder_AreFollowedByTheSame() => Prop.ForAll(Cases(), Gen.Choose(0, 1000).ToArbitrary(), (played, seed) =>
    {
        var (halving, count, losses) = played;
        var rounds = Play(halving, count, (trial, rung) => losses[trial + rung]).ToList();
        var before = rounds.Take(rounds.Count / 2).SelectMany(round => round).ToArray();
        var shuffled = before.ToArray();
        new Random(seed).Shuffle(shuffled);
        return halving.Next(before, count).SequenceEqual(halving.Next(shuffled, count));
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Next_UndefinedLosses_AreTheWorst()
    {
        var next = Nine.Next([new(0, 0, double.NaN), new(1, 0, 7), new(2, 0, double.NaN)], 2);

        Assert.Equal([new RungFit(1, 1), new RungFit(3, 0)], next.AsEnumerable());
    }

    [Fact]
    public void Next_FitsUnderWay_CountOnlyWhereTheyAre()
    {
        var next = Nine.Next([new(0, 0, 3), new(1, 0, 1), new(2, 0, 2), new(1, 1), new(3, 0)], 2);

        Assert.Equal([new RungFit(4, 0), new RungFit(5, 0)], next.AsEnumerable());
    }

    [Fact]
    public void Last_NoneOnAllRowsYet_IsTheBestOfTheHighestRung()
    {
        Assert.Equal(new RungFit(2, 2), Nine.Last([new(0, 0, 1), new(1, 0, 2), new(2, 0, 3), new(1, 1, 5), new(2, 1, 4)]));
        Assert.Equal(new RungFit(0, 2), Nine.Last([new(0, 0, 1), new(1, 0, 2)]));
        Assert.Null(Nine.Last([new(0, 0, 1), new(0, 1, 1), new(0, 2, 1)]));
    }

    private static IEnumerable<List<RungFit>> Play(SuccessiveHalving halving, int count, Func<int, int, double> loss)
    {
        var known = new List<RungFit>();
        while (halving.Next(known, count) is { IsEmpty: false } next)
        {
            var finished = next.Select(fit => fit with { Loss = loss(fit.Trial, fit.Rung) }).ToList();
            known.AddRange(finished);
            yield return finished;
        }
    }

    private static Arbitrary<(SuccessiveHalving Halving, int Count, double[] Losses)> Cases() => (
        from reduction in Gen.Choose(2, 4)
        from trials in Gen.Choose(reduction, 40)
        from rungs in Gen.Choose(2, SuccessiveHalving.MostRungs(trials, reduction))
        from count in Gen.Choose(1, 6)
        from losses in Gen.Choose(0, 20).Select(loss => (double)loss).ArrayOf(60)
        select (new SuccessiveHalving(trials, rungs, reduction), count, losses)).ToArbitrary();
}
