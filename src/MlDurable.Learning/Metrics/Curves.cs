using System.Collections.Immutable;

namespace MlDurable.Learning.Metrics;

/// <summary>The curves of a report. Thread-safe. Errors as for <see cref="BinaryMetrics"/>.</summary>
/// <remarks>
/// A curve has one vertex per distinct score, which may be as many as rows. It is thinned by Ramer's and Douglas and
/// Peucker's method: the first tolerance of 0.0005, 0.001, 0.002, … that leaves at most the wanted points is used, every
/// vertex left out lies within that distance of the thinned line, and the end points stay.
/// </remarks>
public static class Curves
{
    /// <summary>The most points of a thinned curve, unless told otherwise.</summary>
    public const int DefaultPoints = 500;

    /// <summary>The ROC curve: the true positive rate (Y) over the false positive rate (X), from (0, 0) to (1, 1).</summary>
    /// <param name="labels">The truth per row: 0 or 1, both present.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="points">The most points to return, at least 2.</param>
    /// <returns>The points by ascending X, then Y.</returns>
    /// <exception cref="LearningException">Also code <c>one-class</c>: a rate of a class that is not there is undefined.</exception>
    public static ImmutableArray<CurvePoint> RocCurve(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, int points = DefaultPoints)
    {
        var vertices = Vertices(labels, scores);
        var (positives, negatives) = vertices[^1];
        if (positives == 0 || negatives == 0)
        {
            throw new LearningException("one-class", "An ROC curve needs positive and negative rows, but only one class is present.");
        }

        return CurveThinning.Thin(vertices.ConvertAll(v => new CurvePoint((double)v.Negatives / negatives, (double)v.Positives / positives)), points);
    }

    /// <summary>The precision–recall curve: the precision (Y) over the recall (X), by falling threshold, starting at (0, 1) as scikit-learn ends it.</summary>
    /// <param name="labels">The truth per row: 0 or 1, with at least one 1.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="points">The most points to return, at least 2.</param>
    /// <returns>The points by ascending X.</returns>
    /// <exception cref="LearningException">Also code <c>one-class</c>: recall without a positive row is undefined.</exception>
    public static ImmutableArray<CurvePoint> PrecisionRecallCurve(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, int points = DefaultPoints)
    {
        var vertices = Vertices(labels, scores);
        var positives = vertices[^1].Positives;
        if (positives == 0)
        {
            throw new LearningException("one-class", "A precision–recall curve needs positive rows, but there is none.");
        }

        return CurveThinning.Thin(
            vertices.ConvertAll(v => new CurvePoint(
                (double)v.Positives / positives,
                v.Positives + v.Negatives == 0 ? 1 : (double)v.Positives / (v.Positives + v.Negatives))),
            points);
    }

    /// <summary>Mean prediction and observed rate per bin of equal width.</summary>
    /// <param name="labels">The truth per row: 0 or 1.</param>
    /// <param name="probabilities">The predicted probability per row.</param>
    /// <param name="bins">The number of bins over [0, 1], at least 1. Default 10.</param>
    /// <returns>The bins that hold a row, by ascending probability.</returns>
    public static ImmutableArray<CalibrationBin> CalibrationCurve(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int bins = CalibrationBins.Default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ScoredRows.CheckProbabilities(labels, probabilities);
        var counts = new int[bins];
        var predicted = new double[bins];
        var positives = new double[bins];
        for (var row = 0; row < labels.Length; row++)
        {
            var bin = CalibrationBins.Find(probabilities[row], bins);
            counts[bin]++;
            predicted[bin] += probabilities[row];
            positives[bin] += labels[row];
        }

        var curve = ImmutableArray.CreateBuilder<CalibrationBin>();
        for (var bin = 0; bin < bins; bin++)
        {
            if (counts[bin] > 0)
            {
                curve.Add(new CalibrationBin(
                    CalibrationBins.Edge(bin, bins),
                    CalibrationBins.Edge(bin + 1, bins),
                    counts[bin],
                    predicted[bin] / counts[bin],
                    positives[bin] / counts[bin]));
            }
        }

        return curve.ToImmutable();
    }

    /// <summary>The rows of each class at or above each distinct score, from none to all.</summary>
    private static List<(int Positives, int Negatives)> Vertices(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        ScoredRows.Check(labels, scores);
        var order = ScoredRows.DescendingOrder(scores);
        var vertices = new List<(int Positives, int Negatives)> { (0, 0) };
        int positives = 0, negatives = 0;
        for (var i = 0; i < order.Length; i++)
        {
            _ = labels[order[i]] == 1 ? positives++ : negatives++;
            if (i + 1 == order.Length || scores[order[i + 1]] != scores[order[i]])
            {
                vertices.Add((positives, negatives));
            }
        }

        return vertices;
    }
}
