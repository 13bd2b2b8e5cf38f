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
}
