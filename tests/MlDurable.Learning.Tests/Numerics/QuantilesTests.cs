using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class QuantilesTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 1.75)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.9, 3.7)]
    [InlineData(1, 4)]
    public void Linear_FourValues_InterpolatesAsNumpyDoes(double probability, double expected) =>
        Assert.Equal(expected, Quantiles.Linear([1, 2, 3, 4], probability), 15);

    [Fact]
    public void Linear_OneValue_IsThatValue() => Assert.Equal(7, Quantiles.Linear([7], 0.3));

    [Fact]
    public void Select_AnyValuesAndPlace_GivesWhatSortingPutsThere()
    {
        var cases = from values in Gen.NonEmptyListOf(Gen.OneOf(Gen.Choose(0, 5).Select(value => (double)value), Gen.Choose(-1_000_000, 1_000_000).Select(value => value / 7.0)))
                    from place in Gen.Choose(0, values.Count - 1)
                    select (values: values.ToArray(), place);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var (values, place) = item;
            var found = Quantiles.Select(values, place);
            Assert.Equal(values.Order().ElementAt(place), found);
            Assert.All(values[..place], value => Assert.True(value <= found));
            Assert.All(values[place..], value => Assert.True(value >= found));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(100_000, 1)]
    [InlineData(100_001, 3)]
    [InlineData(100_000, 100_000)]
    public void Median_ManyValues_IsThatOfTheSortedOnes(int count, int different)
    {
        var random = new SplitMix64(5);
        var values = Enumerable.Range(0, count).Select(_ => (double)random.NextInt(different)).ToArray();
        var sorted = values.Order().ToArray();

        Assert.Equal((sorted[(count - 1) / 2] + sorted[count / 2]) / 2, Quantiles.Median(values));
    }
}
