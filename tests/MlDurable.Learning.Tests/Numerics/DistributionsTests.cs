using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Tests.Numerics;

/// <summary>The expected values are SciPy 1.10.1's.</summary>
public sealed class DistributionsTests
{
    [Theory]
    [InlineData(0.5, 1, 0.47950012218695337)]
    [InlineData(3.84, 1, 0.05004352124870519)]
    [InlineData(100, 1, 1.5239706048320995e-23)]
    [InlineData(20, 12, 0.06708596287903189)]
    [InlineData(178.6463772772776, 5, 1.0411532272623137e-36)]
    [InlineData(5, 60, 1.0)]
    [InlineData(300, 60, 1.2835090407158944e-33)]
    [InlineData(0, 3, 1.0)]
    public void ChiSquareSurvival_AnyTail_EqualsScipy(double statistic, int degreesOfFreedom, double expected) =>
        ReferenceVectors.AssertClose(expected, Distributions.ChiSquareSurvival(statistic, degreesOfFreedom), 1e-11, "sf");

    [Theory]
    [InlineData(0.99, 1, 6.6348966010212145)]
    [InlineData(0.99, 9, 21.665994333461924)]
    [InlineData(0.99, 12, 26.216967305535853)]
    [InlineData(0.99, 52, 78.6157557150025)]
    [InlineData(0.95, 9, 16.918977604620448)]
    public void ChiSquareQuantile_AnyFreedom_EqualsScipy(double probability, int degreesOfFreedom, double expected) =>
        ReferenceVectors.AssertClose(expected, Distributions.ChiSquareQuantile(probability, degreesOfFreedom), 1e-9, "quantile");

    [Theory]
    [InlineData(-37, 5.7255712225239266e-300)]
    [InlineData(-8, 6.22096057427174e-16)]
    [InlineData(-1.96, 0.024997895148220435)]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0.6914624612740131)]
    [InlineData(3, 0.9986501019683699)]
    public void NormalCdf_AnyPoint_EqualsScipy(double z, double expected) =>
        ReferenceVectors.AssertClose(expected, Distributions.NormalCdf(z), 1e-11, "cdf");

    [Theory]
    [InlineData(1e-10, -6.361340902404056)]
    [InlineData(0.025, -1.9599639845400545)]
    [InlineData(0.5, 0.0)]
    [InlineData(0.8, 0.8416212335729143)]
    [InlineData(0.95, 1.6448536269514722)]
    [InlineData(0.999, 3.090232306167813)]
    public void NormalQuantile_AnyProbability_EqualsScipy(double probability, double expected) =>
        ReferenceVectors.AssertClose(expected, Distributions.NormalQuantile(probability), 1e-11, "quantile");

    [Theory]
    [InlineData(0, 1, 0.5)]
    [InlineData(4, 17, 0.0245208740234375)]
    [InlineData(50, 100, 0.5397946186935892)]
    [InlineData(86, 236, 1.8579680697856936e-05)]
    [InlineData(400, 1000, 1.364232078032988e-10)]
    [InlineData(4900, 10000, 0.023292763852473617)]
    [InlineData(49000, 100000, 1.2943580191734474e-10)]
    [InlineData(-1, 10, 0)]
    [InlineData(10, 10, 1)]
    public void FairCoinCdf_AnyCount_EqualsScipy(int successes, int trials, double expected) =>
        ReferenceVectors.AssertClose(expected, Distributions.FairCoinCdf(successes, trials), 1e-9, "cdf");
}
