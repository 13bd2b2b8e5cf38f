using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Searching;

namespace MlDurable.Learning.Tests.Searching;

public sealed class SearchSpaceTests
{
    private static readonly SearchSpace Space = new(
    [
        new CandidateSpace("logistic-regression", Of(("l2", new ValueRange(0.001, 1000, IsLogarithmic: true, IsWhole: false)))),
        new CandidateSpace(
            "gradient-boosting",
            Of(("trees", new ValueList([50, 100, 200])), ("leaves", new ValueRange(2, 64, IsLogarithmic: true, IsWhole: true)))),
    ]);

    [Fact]
    public void Draw_SameSeed_DrawsTheSameAndAShorterSearchTheBeginning()
    {
        var drawn = Space.Draw(30, 7);

        Assert.Equal(drawn.AsEnumerable(), Space.Draw(30, 7));
        Assert.Equal(drawn.Take(8), Space.Draw(8, 7));
        Assert.NotEqual(drawn.AsEnumerable(), Space.Draw(30, 8));
        Assert.Equal(30, drawn.Distinct().Count());
    }

    /// <summary>So that the order of the keys in a file changes nothing.</summary>
    [Fact]
    public void Draw_HyperparametersInAnotherOrder_DrawsTheSame()
    {
        (string, HyperparameterDomain)[] hyperparameters = [("a", new ValueRange(0, 1, false, false)), ("b", new ValueList([1, 2, 3]))];

        Assert.Equal(
            new SearchSpace([new CandidateSpace("t", Of(hyperparameters))]).Draw(9, 3).AsEnumerable(),
            new SearchSpace([new CandidateSpace("t", Of([.. hyperparameters.Reverse()]))]).Draw(9, 3));
    }

    [Fact]
    public void Draw_AllThatThereAre_DrawsEachOnce()
    {
        var small = new SearchSpace(
        [
            new CandidateSpace("a", Of(("x", new ValueRange(1, 50, IsLogarithmic: true, IsWhole: true)), ("y", new ValueList([0.5, 7])))),
            new CandidateSpace("b", Of()),
        ]);

        Assert.Equal(101, small.Count);
        Assert.Equal(101, small.Draw(101, 1).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => small.Draw(102, 1));
    }

    [Fact]
    public void Draw_SomeTaken_DrawsTheOthersOfTheSequence()
    {
        var drawn = Space.Draw(10, 7);

        Assert.Equal(drawn.Skip(4), Space.Draw(6, 7, [.. drawn.Take(4)]));
        Assert.Equal(drawn.Except([drawn[5]]), Space.Draw(9, 7, [drawn[5]]));
    }

    [Fact]
    public void Find_CandidateOfTheSpace_IsItsPoint()
    {
        var drawn = Space.Draw(20, 7);

        Assert.All(drawn, point => Assert.Equal(point, Space.Find(point.Trainer, point.Hyperparameters)));
    }

    [Theory]
    [InlineData("l2", 1001)]
    [InlineData("l2", 0)]
    [InlineData("max-iterations", 499)]
    public void Find_CandidateOutsideTheSpace_IsNone(string name, double value) =>
        Assert.Null(Space.Find("logistic-regression", new Dictionary<string, double> { ["l2"] = 1, ["max-iterations"] = 500, [name] = value }));

    [Fact]
    public void Find_AnotherTrainer_IsNone() => Assert.Null(Space.Find("baseline", new Dictionary<string, double>()));

    [Fact]
    public void Draw_LogarithmicRange_GivesEachOrderOfMagnitudeItsShare()
    {
        var random = new SplitMix64(11);
        var range = new ValueRange(0.001, 1000, IsLogarithmic: true, IsWhole: false);
        var orders = Enumerable.Range(0, 6_000).Select(_ => Math.Floor(Math.Log10(range.Draw(random)))).CountBy(order => order).ToDictionary();

        // 1,000 each; 28.9 is a standard deviation.
        Assert.All(Enumerable.Range(-3, 6), order => Assert.InRange(orders[order], 880, 1120));
    }

    [Fact]
    public void Draw_WholeRange_GivesEachNumberItsShareAlsoAtTheEnds()
    {
        var random = new SplitMix64(12);
        var range = new ValueRange(4, 8, IsLogarithmic: false, IsWhole: true);
        var values = Enumerable.Range(0, 5_000).Select(_ => range.Draw(random)).CountBy(value => value).ToDictionary();

        Assert.Equal([4, 5, 6, 7, 8], values.Keys.Order());
        Assert.All(values.Values, count => Assert.InRange(count, 880, 1120));
    }

    [Fact]
    public void Draw_TwoTrainers_DrawsEachAsOften() =>
        Assert.InRange(Space.Draw(180, 5).Count(point => point.Trainer == "gradient-boosting"), 65, 115);

    /// <summary>What is drawn is in the range and has the digits that are shown.</summary>
    [Fact]
    public void Draw_AnyRange_IsOneOfItsValues()
    {
        var ends = from isWhole in Gen.Elements(true, false)
                   from isLogarithmic in Gen.Elements(true, false)
                   from low in Gen.Choose(isLogarithmic ? 1 : -2_000, 2_000)
                   from width in Gen.Choose(1, 3_000)
                   let scale = isWhole ? 1 : 0.0037
                   select new ValueRange(low * scale, (low + width) * scale, isLogarithmic, isWhole);
        Prop.ForAll(ends.ToArbitrary(), range =>
        {
            var random = new SplitMix64(1);
            var drawn = Enumerable.Range(0, 50).Select(_ => range.Draw(random)).ToList();
            Assert.All(drawn, value => Assert.True(range.Contains(value), $"{value} of {range}"));
            Assert.All(
                drawn.Where(value => value != range.From && value != range.To), value => Assert.Equal(value, double.Parse(value.ToString("G6"))));
            Assert.DoesNotContain(drawn, value => value == 0 && double.IsNegative(value));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1, 1.000001, 1)]
    [InlineData(1, 1.00025, 26)]
    [InlineData(0.5, 0.75, 250_001)]
    [InlineData(-5, 5, 1_000_001)]
    public void Count_RangeOfFractions_CountsThoseOfSixDigits(double from, double to, double count) =>
        Assert.InRange(new ValueRange(from, to, IsLogarithmic: false, IsWhole: false).Count, Math.Max(1, count - 1), count);

    private static ImmutableSortedDictionary<string, HyperparameterDomain> Of(params (string Name, HyperparameterDomain Domain)[] domains) =>
        domains.ToImmutableSortedDictionary(domain => domain.Name, domain => domain.Domain, StringComparer.Ordinal);
}
