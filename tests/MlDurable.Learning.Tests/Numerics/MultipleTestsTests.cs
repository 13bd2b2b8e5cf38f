using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

public sealed class MultipleTestsTests
{
    private static readonly double[] PValues = [0.01, 0.04, 0.03, 0.005, 0.5];

    [Fact]
    public void Holm_Example_IsTheStepDownMaximum() =>
        Assert.Equal([0.04, 0.09, 0.09, 0.025, 0.5], MultipleTests.Holm(PValues).Select(p => Math.Round(p, 12)));

    [Fact]
    public void BenjaminiHochberg_Example_IsTheStepUpMinimum() =>
        Assert.Equal([0.025, 0.05, 0.05, 0.025, 0.5], MultipleTests.BenjaminiHochberg(PValues).Select(p => Math.Round(p, 12)));

    [Fact]
    public void Corrections_NoTests_AreEmpty()
    {
        Assert.Empty(MultipleTests.Holm([]));
        Assert.Empty(MultipleTests.BenjaminiHochberg([]));
    }

    [Fact]
    public void Holm_ManyEqualModels_RejectsInAtMostAlphaOfFamilies()
    {
        var random = new SplitMix64(3);
        var falseAlarms = Enumerable.Range(0, 4000).Count(_ =>
            MultipleTests.Holm(Enumerable.Range(0, 20).Select(_ => random.NextUniform()).ToArray()).Min() <= 0.05);

        // 5 % of 4,000 is 200, with a standard deviation of 14; uncorrected it would be 64 %.
        Assert.InRange(falseAlarms, 150, 245);
    }
}
