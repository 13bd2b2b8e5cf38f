using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace MlDurable.Learning.Numerics;

/// <summary>The probability distributions of the statistical tests. Tail probabilities are computed as such, never as 1 - p of the other tail.</summary>
internal static class Distributions
{
    public static double NormalCdf(double z) => Normal.CDF(0, 1, z);

    public static double NormalDensity(double z) => Normal.PDF(0, 1, z);

    /// <summary>The inverse of <see cref="NormalCdf"/>; infinite at 0 and 1.</summary>
    public static double NormalQuantile(double probability) => Normal.InvCDF(0, 1, probability);

    /// <summary>P[X >= statistic] for a chi-square variable.</summary>
    public static double ChiSquareSurvival(double statistic, int degreesOfFreedom) =>
        statistic <= 0 ? 1 : SpecialFunctions.GammaUpperRegularized(degreesOfFreedom / 2.0, statistic / 2);

    /// <summary>The value below which a variable of Student's t lies with the given probability.</summary>
    public static double StudentTQuantile(double probability, int degreesOfFreedom) => StudentT.InvCDF(0, 1, degreesOfFreedom, probability);

    public static double ChiSquareQuantile(double probability, int degreesOfFreedom) =>
        ChiSquared.InvCDF(degreesOfFreedom, probability);

    /// <summary>P[X &lt;= successes] for a fair coin thrown <paramref name="trials"/> times.</summary>
    public static double FairCoinCdf(int successes, int trials) => successes < 0
        ? 0
        : successes >= trials ? 1 : SpecialFunctions.BetaRegularized(trials - successes, successes + 1.0, 0.5);
}
