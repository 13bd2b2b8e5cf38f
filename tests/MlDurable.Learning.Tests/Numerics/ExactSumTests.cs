using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class ExactSumTests
{
    [Fact]
    public void Mean_AnyOrder_IsTheSameToTheLastBit()
    {
        var values = Gen.NonEmptyListOf(ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite)).Select(list => list.ToArray());
        Prop.ForAll(values.ToArbitrary(), some => Assert.Equal(MeanOf(some), MeanOf([.. some.Reverse()]))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 4 }, 7.0 / 3)]
    [InlineData(new[] { 1e100, 1, -1e100 }, 1.0 / 3)]
    [InlineData(new[] { double.MaxValue, double.MaxValue }, double.MaxValue)]
    [InlineData(new[] { double.Epsilon, double.Epsilon }, double.Epsilon)]
    [InlineData(new[] { -1.5, 1.5 }, 0)]
    public void Mean_ExactlyKnown_IsThat(double[] values, double expected) => Assert.Equal(expected, MeanOf(values), Math.Abs(expected) * 1e-15);

    [Fact]
    public void Add_SeveralTimes_IsAsOften()
    {
        var sum = new ExactSum();
        sum.Add(3, 5);
        sum.Add(-1);

        Assert.Equal(14.0 / 6, sum.Mean(), 1e-15);
    }

    private static double MeanOf(double[] values)
    {
        var sum = new ExactSum();
        foreach (var value in values)
        {
            sum.Add(value);
        }

        return sum.Mean();
    }
}
