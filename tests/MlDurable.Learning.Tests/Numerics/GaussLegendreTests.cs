using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class GaussLegendreTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(400)]
    public void Points_AnyCount_IntegratePowersExactly(int count)
    {
        var rule = new GaussLegendre(count);
        Assert.Equal(rule.Points.Order(), rule.Points);
        Assert.All(rule.Points, point => Assert.InRange(point, double.Epsilon, 1 - 1e-16));
        for (var power = 0; power < 2 * count; power++)
        {
            Assert.Equal(1.0 / (power + 1), rule.Points.Zip(rule.Weights, (point, weight) => weight * Math.Pow(point, power)).Sum(), 1e-13);
        }
    }

    [Fact]
    public void Points_OfTwo_AreTheTextbooks()
    {
        var rule = new GaussLegendre(2);
        Assert.Equal((1 - (1 / Math.Sqrt(3))) / 2, rule.Points[0], 1e-15);
        Assert.Equal([0.5, 0.5], rule.Weights, new Within(1e-15));
    }
}
