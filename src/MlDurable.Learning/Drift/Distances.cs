namespace MlDurable.Learning.Drift;

/// <summary>How far two distributions are apart.</summary>
internal static class Distances
{
    /// <summary>The population stability index: the sum of (p - q) ln(p / q) over bins whose shares are all above 0.</summary>
    public static double PopulationStability(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        double sum = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            sum += (reference[bin] - current[bin]) * Math.Log(reference[bin] / current[bin]);
        }

        return sum;
    }

    /// <summary>The Jensen–Shannon distance sqrt(KL(p||m)/2 + KL(q||m)/2), m = (p+q)/2, at most 1 with base 2 and 0.8326 with base e.</summary>
    public static double JensenShannon(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, double logarithmBase)
    {
        double sum = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var middle = (reference[bin] + current[bin]) / 2;
            sum += RelativeEntropy(reference[bin], middle) + RelativeEntropy(current[bin], middle);
        }

        return Math.Sqrt(Math.Max(0, sum / 2 / Math.Log(logarithmBase)));
    }

    /// <summary>The Wasserstein distance W1 of two samples: the area between their distribution functions, in their unit.</summary>
    public static double Wasserstein(ReadOnlySpan<double> sortedReference, ReadOnlySpan<double> sortedCurrent)
    {
        double area = 0;
        int first = 0, second = 0;
        var previous = Math.Min(sortedReference[0], sortedCurrent[0]);
        while (first < sortedReference.Length || second < sortedCurrent.Length)
        {
            var fromFirst = second == sortedCurrent.Length || (first < sortedReference.Length && sortedReference[first] <= sortedCurrent[second]);
            var value = fromFirst ? sortedReference[first] : sortedCurrent[second];
            area += (value - previous) * Math.Abs(((double)first / sortedReference.Length) - ((double)second / sortedCurrent.Length));
            previous = value;
            _ = fromFirst ? first++ : second++;
        }

        return area;
    }

    private static double RelativeEntropy(double share, double middle) => share == 0 ? 0 : share * Math.Log(share / middle);
}
