namespace MlDurable.Learning.Metrics;

/// <summary>How the decisions of a binary model meet the truth: counts of rows. A row is predicted positive when its score is at or above the threshold.</summary>
/// <param name="TruePositives">Positive rows predicted positive.</param>
/// <param name="FalsePositives">Negative rows predicted positive.</param>
/// <param name="TrueNegatives">Negative rows predicted negative.</param>
/// <param name="FalseNegatives">Positive rows predicted negative.</param>
public sealed record ConfusionMatrix(int TruePositives, int FalsePositives, int TrueNegatives, int FalseNegatives)
{
    /// <summary>Counts the decisions at one threshold.</summary>
    /// <param name="labels">The truth per row: 0 or 1.</param>
    /// <param name="scores">The score per row; higher means more likely positive. Never NaN.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>The four counts; they add up to the number of rows.</returns>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static ConfusionMatrix Count(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold)
    {
        ScoredRows.Check(labels, scores);
        Span<int> cells = stackalloc int[4];
        for (var row = 0; row < labels.Length; row++)
        {
            cells[Cell(labels[row], scores[row], threshold)]++;
        }

        return new ConfusionMatrix(cells[3], cells[1], cells[0], cells[2]);
    }

    /// <summary>The cell of one row: 0 true negative, 1 false positive, 2 false negative, 3 true positive.</summary>
    internal static byte Cell(double label, double score, double threshold) =>
        (byte)((label == 1 ? 2 : 0) + (score >= threshold ? 1 : 0));
}
