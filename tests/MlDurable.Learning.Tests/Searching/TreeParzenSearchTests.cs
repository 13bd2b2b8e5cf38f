using System.Collections.Immutable;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Searching;

namespace MlDurable.Learning.Tests.Searching;

public sealed class TreeParzenSearchTests
{
    private static readonly SearchSpace Space = new(
    [
        new CandidateSpace(
            "trees",
            Of(
                ("rate", new ValueRange(0.001, 1, IsLogarithmic: true, IsWhole: false)),
                ("leaves", new ValueRange(2, 256, IsLogarithmic: true, IsWhole: true)),
                ("share", new ValueRange(0, 1, IsLogarithmic: false, IsWhole: false)),
                ("kind", new ValueList([1, 2, 3])))),
        new CandidateSpace("linear", Of(("l2", new ValueRange(0.001, 1000, IsLogarithmic: true, IsWhole: false)))),
    ]);

    /// <summary>Optuna 4.8: <c>np.exp(_ParzenEstimator({"x": observations}, {"x": FloatDistribution(from, to, log=log)}, parameters).log_pdf({"x": values}))</c>
    /// with the parameters of <c>TPESampler()</c>; <c>IntDistribution</c> for whole numbers.</summary>
    public static TheoryData<ValueRange, double[], double[], double[]> OfOptuna => new()
    {
        { new ValueRange(0, 10, false, false), [], [0, 5], [0.09194108453991884, 0.10418289771969533] },
        {
            new ValueRange(0, 10, false, false), [1, 2.5, 7], [0, 1.7, 5, 10],
            [0.1155537773070294, 0.13921932103667564, 0.09703202835269892, 0.040868809493522076]
        },
        {
            new ValueRange(0.001, 1000, true, false), [0.01, 0.02, 50], [0.001, 0.015, 1, 1000],
            [0.07386040652357999, 0.09939677006115687, 0.07002825825298654, 0.04189087185666044]
        },
        {
            new ValueRange(2, 64, false, true), [8, 8, 31], [2, 8, 40, 64],
            [0.023102096652794734, 0.025528362760354383, 0.012140729720647116, 0.005906048727084316]
        },
        {
            new ValueRange(1, 1000, true, true), [3, 10, 200], [1, 5, 200, 1000],
            [0.11660182315204286, 0.035910515498866126, 0.0005181543465618017, 7.637035344341797e-05]
        },
        {
            new ValueRange(0, 10.1, false, false), [.. Enumerable.Range(0, 40).Select(index => index * 37 % 101 / 10.0)], [0.05, 3.3, 9],
            [0.03918970614671385, 0.10494266765581346, 0.10767588456050864]
        },
    };

    [Theory]
    [MemberData(nameof(OfOptuna))]
    public void Estimate_Range_IsThatOfOptuna(ValueRange range, double[] observations, double[] values, double[] expected)
    {
        var density = range.Estimate(observations);

        Assert.All(values.Zip(expected), pair => Assert.Equal(pair.Second, density.At(pair.First), pair.Second * 1e-9));
    }

    /// <summary>Optuna 4.8: the same with <c>CategoricalDistribution([0, 1, 2])</c>.</summary>
    [Fact]
    public void Estimate_List_IsThatOfOptuna()
    {
        var list = new ValueList([0, 1, 2]);
        double[][] expected =
        [
            [0.3333333333333333, 0.19047619047619047, 0.4761904761904762], [0.3204853369919396, 0.6394700737437833, 0.04004458926427714], [1 / 3.0, 1 / 3.0, 1 / 3.0],
        ];
        Density[] densities = [list.Estimate([0, 2, 2]), list.Estimate([.. Enumerable.Range(0, 30).Select(index => (double)(index * index % 3))]), list.Estimate([])];

        Assert.All(densities.Zip(expected), pair => Assert.All(
            list.Values, value => Assert.Equal(pair.Second[(int)value], pair.First.At(value), 1e-12)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_WholeRange_DrawsByTheDensity(bool isLogarithmic)
    {
        var density = new ValueRange(1, 12, isLogarithmic, IsWhole: true).Estimate([2, 2, 3, 9]);
        var random = new SplitMix64(4);
        const int Draws = 20_000;
        var counts = Enumerable.Range(0, Draws).Select(_ => density.Draw(random)).CountBy(value => value).ToDictionary();

        Assert.Equal(1, Enumerable.Range(1, 12).Sum(value => density.At(value)), 1e-12);
        Assert.All(
            Enumerable.Range(1, 12),
            value => Assert.Equal(density.At(value), counts[value] / (double)Draws, 5 * Math.Sqrt(density.At(value) / Draws)));
    }

    [Fact]
    public void Propose_FewTrialsFinished_IsARandomSearch()
    {
        var random = Space.Draw(20, 3);
        Trial[] trials = [.. random.Take(14).Select((point, index) => new Trial(point, index < 9 ? index : null))];

        Assert.Equal(random.Skip(14).Take(4), TreeParzenSearch.Propose(Space, trials, 4, 3));
    }

    [Fact]
    public void Propose_SameTrialsAndSeed_ProposesTheSame()
    {
        Trial[] trials = [.. Space.Draw(30, 3).Select(point => new Trial(point, Loss(point)))];

        var proposed = TreeParzenSearch.Propose(Space, trials, 6, 3);

        Assert.Equal(proposed.AsEnumerable(), TreeParzenSearch.Propose(Space, trials, 6, 3));
        Assert.Equal(proposed.Take(2), TreeParzenSearch.Propose(Space, trials, 2, 3));
        Assert.NotEqual(proposed.AsEnumerable(), TreeParzenSearch.Propose(Space, trials, 6, 4));
        Assert.Equal(6, proposed.Distinct().Count());
    }

    /// <summary>A trial without a figure must neither guide the search nor end it.</summary>
    [Fact]
    public void Propose_UndefinedLosses_CountAsTheWorst()
    {
        var points = Space.Draw(30, 3);
        Trial[] undefined = [.. points.Select((point, index) => new Trial(point, index < 10 ? Loss(point) : double.NaN))];
        Trial[] worst = [.. points.Select((point, index) => new Trial(point, index < 10 ? Loss(point) : double.MaxValue))];

        Assert.Equal(TreeParzenSearch.Propose(Space, worst, 5, 1).AsEnumerable(), TreeParzenSearch.Propose(Space, undefined, 5, 1));
        Assert.Equal(5, TreeParzenSearch.Propose(Space, [.. points.Select(point => new Trial(point, double.NaN))], 5, 1).Length);
    }

    [Fact]
    public void Propose_ToTheEndOfASmallSpace_TriesEachOnce()
    {
        var small = new SearchSpace(
        [
            new CandidateSpace("a", Of(("x", new ValueRange(1, 9, IsLogarithmic: true, IsWhole: true)), ("y", new ValueList([1, 2, 3])))),
            new CandidateSpace("b", Of(("z", new ValueList([0])))),
        ]);
        var trials = new List<Trial>();
        while (trials.Count < small.Count)
        {
            trials.AddRange(TreeParzenSearch.Propose(small, trials, Math.Min(5, 28 - trials.Count), 2)
                .Select(point => new Trial(point, point.Hyperparameters.Values.Sum())));
        }

        Assert.Equal(28, trials.Select(trial => trial.Point).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => TreeParzenSearch.Propose(small, trials, 1, 2));
    }

    /// <summary>
    /// With the same budget and seeds, so that nothing about it is left to chance. A random search comes to 0.49 with both trainers, of which one looks better at
    /// first, and to 0.37 with the better one alone; 20 seeds of Optuna 4.8's <c>TPESampler()</c> to 0.25 with both, stuck at 1 in three of them.
    /// </summary>
    [Theory]
    [InlineData(2, 1, 0.75)]
    [InlineData(2, 4, 0.75)]
    [InlineData(1, 1, 0.4)]
    [InlineData(1, 4, 0.4)]
    public void Propose_KnownFunction_ComesNearerThanARandomSearch(int trainers, int parallel, double share)
    {
        const int Trials = 60;
        var space = new SearchSpace([.. Space.Candidates.Take(trainers)]);
        var (random, guided) = (new List<double>(), new List<double>());
        for (var seed = 0UL; seed < 20; seed++)
        {
            random.Add(space.Draw(Trials, seed).Min(Loss));
            var trials = new List<Trial>();
            while (trials.Count < Trials)
            {
                trials.AddRange(TreeParzenSearch.Propose(space, trials, parallel, seed).Select(point => new Trial(point, Loss(point))));
            }

            guided.Add(trials.Min(trial => trial.Loss!.Value));
        }

        Assert.True(guided.Average() < share * random.Average(), $"{guided.Average()} against {random.Average()}");
    }

    /// <summary>Least, and 0, for trees of rate 0.05, 16 leaves, share 0.7 and kind 2; linear candidates reach 1.</summary>
    private static double Loss(SearchPoint point)
    {
        var values = point.Hyperparameters;
        return point.Trainer == "linear"
            ? 1 + Square(Math.Log10(values["l2"]))
            : Square(Math.Log10(values["rate"] / 0.05)) + Square(Math.Log2(values["leaves"] / 16) / 2) + Square((values["share"] - 0.7) * 2)
                + (values["kind"] == 2 ? 0 : 0.5);

        static double Square(double value) => value * value;
    }

    private static ImmutableSortedDictionary<string, HyperparameterDomain> Of(params (string Name, HyperparameterDomain Domain)[] domains) =>
        domains.ToImmutableSortedDictionary(domain => domain.Name, domain => domain.Domain, StringComparer.Ordinal);
}
