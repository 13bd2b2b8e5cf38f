namespace MlDurable.Learning.Metrics;

/// <summary>The checks that every metric makes before it counts.</summary>
internal static class ScoredRows
{
    public static void Check(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        if (labels.Length != scores.Length)
        {
            throw new LearningException(
                "length-mismatch",
                $"A metric needs one score per label, but there are {labels.Length} labels and {scores.Length} scores.");
        }

        if (labels.IsEmpty)
        {
            throw new LearningException("no-rows", "A metric needs at least one row with a label, but there is none.");
        }

        for (var row = 0; row < labels.Length; row++)
        {
            if (labels[row] is not (0 or 1))
            {
                throw new LearningException(
                    "invalid-label",
                    $"Row {row} has the label {labels[row]}; a label is 0 or 1. Leave rows without a label out before evaluating.");
            }

            if (double.IsNaN(scores[row]))
            {
                throw new LearningException("invalid-score", $"Row {row} has no score (NaN); a model must score every row.");
            }
        }
    }

    /// <summary>As <see cref="Check"/>, and the scores must be probabilities.</summary>
    public static void CheckProbabilities(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        Check(labels, scores);
        for (var row = 0; row < scores.Length; row++)
        {
            if (scores[row] is < 0 or > 1)
            {
                throw new LearningException(
                    "invalid-score", $"Row {row} has the score {scores[row]}; a probability is between 0 and 1.");
            }
        }
    }

    /// <summary>The row numbers from the highest score to the lowest.</summary>
    public static int[] DescendingOrder(ReadOnlySpan<double> scores)
    {
        var keys = new double[scores.Length];
        var order = new int[scores.Length];
        for (var row = 0; row < order.Length; row++)
        {
            keys[row] = -scores[row];
            order[row] = row;
        }

        Array.Sort(keys, order);
        return order;
    }
}
