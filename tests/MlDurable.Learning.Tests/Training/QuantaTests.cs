using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Training;

public sealed class QuantaTests
{
    [Theory]
    [InlineData(0.0123, 0.25)]
    [InlineData(-0.9999, 1e-7)]
    [InlineData(0, 0)]
    public void Of_ManyRows_SumsAreRightOnAverage(double gradient, double hessian)
    {
        const int Rows = 1 << 16;
        double[] gradients = [.. Enumerable.Repeat(gradient, Rows - 1), 1];
        double[] hessians = [.. Enumerable.Repeat(hessian, Rows - 1), 0.25];
        var quanta = Quanta.For(gradients, hessians, 7);
        var sums = 0L;
        for (var row = 0; row < Rows; row++)
        {
            sums += quanta.Of(row, gradients[row], hessians[row]);
        }

        // A unit is 2^-14 of gradient and 2^-17 of hessian here; of so many roundings the standard error is at most 128 units.
        Assert.Equal(gradients.Sum(), quanta.GradientOf(sums), 5 * 128 / 16384.0);
        Assert.Equal(hessians.Sum(), quanta.HessianOf(sums), 5 * 128 / 131072.0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1 << 20)]
    public void Of_RowsOfTheGreatestMagnitude_DoNotOverflowTheirHalf(int rows)
    {
        foreach (var sign in new[] { 1, -1 })
        {
            double[] gradients = [.. Enumerable.Repeat(sign * 0.99, rows)];
            double[] hessians = [.. Enumerable.Repeat(0.2499, rows)];
            var quanta = Quanta.For(gradients, hessians, 1);
            var sums = 0L;
            for (var row = 0; row < rows; row++)
            {
                var one = quanta.Of(row, gradients[row], hessians[row]);
                Assert.True(quanta.HessianOf(one) <= quanta.MostHessian);
                sums += one;
            }

            Assert.Equal(sign * 0.99 * rows, quanta.GradientOf(sums), 1e-3 * rows);
            Assert.Equal(0.2499 * rows, quanta.HessianOf(sums), 1e-3 * rows);
        }
    }

    [Fact]
    public void Of_SameRowAndSeed_IsTheSame_AndOtherSeedsRoundOtherwise()
    {
        double[] numbers = [0.3, 0.7, 0.11];
        var rounded = Enumerable.Range(0, 50).Select(seed => Quanta.For([.. Enumerable.Repeat(numbers, 1 << 14).SelectMany(n => n)], [.. Enumerable.Repeat(0.2, 3 << 14)], (ulong)seed).Of(1, 0.7001, 0.2)).ToList();
        Assert.InRange(rounded.Distinct().Count(), 2, 4);
    }
}
