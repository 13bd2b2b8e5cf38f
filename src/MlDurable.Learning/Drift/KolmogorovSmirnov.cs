using MathNet.Numerics;

namespace MlDurable.Learning.Drift;

/// <summary>The two-sample Kolmogorov–Smirnov test, two-sided.</summary>
internal static class KolmogorovSmirnov
{
    /// <summary>The most steps of <see cref="ExactPValue"/>: a few milliseconds.</summary>
    private const long ExactSteps = 1_000_000;

    /// <summary>D: the largest distance between the two empirical distribution functions.</summary>
    public static double Statistic(ReadOnlySpan<double> sortedFirst, ReadOnlySpan<double> sortedSecond)
    {
        double largest = 0;
        int first = 0, second = 0;
        while (first < sortedFirst.Length && second < sortedSecond.Length)
        {
            var value = Math.Min(sortedFirst[first], sortedSecond[second]);
            while (first < sortedFirst.Length && sortedFirst[first] == value)
            {
                first++;
            }

            while (second < sortedSecond.Length && sortedSecond[second] == value)
            {
                second++;
            }

            largest = Math.Max(largest, Math.Abs(((double)first / sortedFirst.Length) - ((double)second / sortedSecond.Length)));
        }

        return largest;
    }

    /// <summary>The chance of a distance of at least D when both samples come from one continuous distribution; with ties it is lower.</summary>
    public static double PValue(int firstCount, int secondCount, double statistic) => (long)firstCount * secondCount <= ExactSteps
        ? ExactPValue(firstCount, secondCount, statistic)
        : AsymptoticPValue(firstCount, secondCount, statistic);

    /// <summary>
    /// The exact p-value without ties, in n * m steps: the chance that a random lattice path from (0, 0) to (n, m) reaches the
    /// distance D. Given that it passes (i, j), its last step came from (i - 1, j) with probability i / (i + j), so the chance of
    /// having reached D follows row by row from sums of positive numbers, without cancellation.
    /// </summary>
    public static double ExactPValue(int firstCount, int secondCount, double statistic)
    {
        var divisor = (int)Euclid.GreatestCommonDivisor(firstCount, secondCount);
        long firstStep = secondCount / divisor, secondStep = firstCount / divisor;
        var reach = (long)Math.Round(statistic * firstStep * firstCount);
        if (reach == 0)
        {
            return 1;
        }

        var reached = new double[secondCount + 1];
        for (var i = 0; i <= firstCount; i++)
        {
            for (var j = 0; j <= secondCount; j++)
            {
                reached[j] = Math.Abs((i * firstStep) - (j * secondStep)) >= reach ? 1
                    : i + j == 0 ? 0
                    : ((i * reached[j]) + (j > 0 ? j * reached[j - 1] : 0)) / (i + j);
            }
        }

        return reached[secondCount];
    }

    /// <summary>
    /// The p-value of samples too large for <see cref="ExactPValue"/>: the one-sample distribution at n m / (n + m) rows, rounded, as
    /// <c>scipy.stats.ks_2samp(method='asymp')</c>.
    /// </summary>
    public static double AsymptoticPValue(long firstCount, long secondCount, double statistic) =>
        KolmogorovDistribution.Survival(Math.Round((double)firstCount * secondCount / (firstCount + secondCount)), statistic);
}
