using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class SelectionTests
{
    [Fact]
    public void Greatest_AnyRank_IsThatOfTheSortedNumbers()
    {
        // Few different numbers, so that many are equal.
        var cases =
            from values in Gen.NonEmptyListOf(Gen.Choose(-6, 6))
            from place in Gen.Choose(0, values.Count - 1)
            select (values, place);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            double[] values = [.. item.values];
            Assert.Equal(values.OrderDescending().ElementAt(item.place), Selection.Greatest([.. values], item.place + 1));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Greatest_ManyOrderedNumbers_IsFound(bool descending)
    {
        double[] values = [.. Enumerable.Range(0, 100_000).Select(value => (double)(descending ? -value : value))];
        Assert.Equal(values.Max() - 999, Selection.Greatest(values, 1000));
    }
}
