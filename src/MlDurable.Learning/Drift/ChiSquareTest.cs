using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Drift;

/// <summary>The chi-square test of two rows of counts, with expectations from their sum.</summary>
/// <param name="Statistic">Pearson's statistic.</param>
/// <param name="DegreesOfFreedom">The bins with a count, less 1.</param>
/// <param name="PValue">The chance of as large a statistic without a difference; 1 with fewer than two bins.</param>
/// <param name="CramersV">sqrt(statistic without correction / rows), 0 to 1.</param>
internal sealed record ChiSquareTest(double Statistic, int DegreesOfFreedom, double PValue, double CramersV)
{
    /// <summary>The smallest expected count for which the statistic follows its distribution well enough: W. Cochran's rule, 1954.</summary>
    public const double SmallestExpected = 5;

    /// <summary>Tests the counts as they are; bins that are empty in both rows do not count.</summary>
    /// <param name="reference">The counts of the reference.</param>
    /// <param name="current">The current counts, of the same bins.</param>
    /// <param name="continuityCorrection">Whether to apply Yates's correction when there are only two bins.</param>
    public static ChiSquareTest Of(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool continuityCorrection)
    {
        double referenceRows = 0, currentRows = 0;
        var bins = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            referenceRows += reference[bin];
            currentRows += current[bin];
            bins += reference[bin] + current[bin] > 0 ? 1 : 0;
        }

        if (bins < 2 || referenceRows == 0 || currentRows == 0)
        {
            return new ChiSquareTest(0, Math.Max(0, bins - 1), 1, 0);
        }

        double statistic = 0, uncorrected = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            double total = reference[bin] + current[bin];
            if (total > 0)
            {
                var expected = total * referenceRows / (referenceRows + currentRows);

                // Both rows of a bin miss their expectation by the same distance.
                var distance = Math.Abs(reference[bin] - expected);
                var corrected = continuityCorrection && bins == 2 ? distance - Math.Min(0.5, distance) : distance;
                var inverse = (1 / expected) + (1 / (total - expected));
                statistic += corrected * corrected * inverse;
                uncorrected += distance * distance * inverse;
            }
        }

        return new ChiSquareTest(
            statistic,
            bins - 1,
            Distributions.ChiSquareSurvival(statistic, bins - 1),
            Math.Sqrt(uncorrected / (referenceRows + currentRows)));
    }

    /// <summary>
    /// Tests the counts after merging every bin whose expectation is below <see cref="SmallestExpected"/> in either row, so that one
    /// row of a value that the reference never had proves nothing.
    /// </summary>
    public static ChiSquareTest OfMergedBins(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        long referenceRows = 0, currentRows = 0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            referenceRows += reference[bin];
            currentRows += current[bin];
        }

        var smallerShare = Math.Min(referenceRows, currentRows) / Math.Max(1.0, referenceRows + currentRows);
        var order = Enumerable.Range(0, reference.Length).ToArray();
        var totals = new long[reference.Length];
        for (var bin = 0; bin < totals.Length; bin++)
        {
            totals[bin] = reference[bin] + current[bin];
        }

        Array.Sort(totals, order);
        var mergedReference = new List<long> { 0 };
        var mergedCurrent = new List<long> { 0 };
        for (var rank = 0; rank < order.Length; rank++)
        {
            // The first bin collects the small ones, and more until it is large enough itself.
            var collected = mergedReference[0] + mergedCurrent[0];
            if (totals[rank] * smallerShare < SmallestExpected || (collected > 0 && collected * smallerShare < SmallestExpected))
            {
                mergedReference[0] += reference[order[rank]];
                mergedCurrent[0] += current[order[rank]];
            }
            else
            {
                mergedReference.Add(reference[order[rank]]);
                mergedCurrent.Add(current[order[rank]]);
            }
        }

        return Of(mergedReference.ToArray(), mergedCurrent.ToArray(), continuityCorrection: false);
    }
}
