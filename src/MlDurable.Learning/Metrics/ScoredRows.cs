using MlDurable.Learning.Features;

namespace MlDurable.Learning.Metrics;

/// <summary>The checks that every metric makes before it counts.</summary>
internal static class ScoredRows
{
    public static void Check(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        CheckLengths(labels, scores, scores.Length == labels.Length);
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

    /// <summary>Checks labels and scores of a task.</summary>
    public static void CheckFor(LearningTask task, ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        switch (task)
        {
            case LearningTask.Multiclass:
                CheckClasses(labels, scores);
                break;
            case LearningTask.Regression:
                CheckNumbers(labels, scores);
                break;
            default:
                Check(labels, scores);
                break;
        }
    }

    /// <summary>Checks labels that are places of classes and scores that are a probability for each row and class.</summary>
    /// <returns>The number of classes.</returns>
    public static int CheckClasses(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        CheckLengths(labels, scores, !labels.IsEmpty && scores.Length % labels.Length == 0 && scores.Length >= 2 * labels.Length);
        var classes = scores.Length / labels.Length;
        for (var row = 0; row < labels.Length; row++)
        {
            if (!(labels[row] >= 0 && labels[row] < classes && labels[row] == Math.Floor(labels[row])))
            {
                throw new LearningException(
                    "invalid-label",
                    $"Row {row} has the label {labels[row]}; a label is the place of one of {classes} classes. Leave rows without a label out before evaluating.");
            }
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (!(scores[i] is >= 0 and <= 1))
            {
                throw new LearningException("invalid-score", $"Row {i / classes} has the score {scores[i]}; a probability is between 0 and 1.");
            }
        }

        return classes;
    }

    /// <summary>Checks labels and predictions that are numbers.</summary>
    public static void CheckNumbers(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        CheckLengths(labels, predictions, predictions.Length == labels.Length);
        for (var row = 0; row < labels.Length; row++)
        {
            if (!double.IsFinite(labels[row]))
            {
                throw new LearningException(
                    "invalid-label", $"Row {row} has the label {labels[row]}; a label is a finite number. Leave rows without a label out before evaluating.");
            }

            if (!double.IsFinite(predictions[row]))
            {
                throw new LearningException("invalid-score", $"Row {row} is predicted as {predictions[row]}; a model must predict a finite number for every row.");
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

    private static void CheckLengths(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, bool match)
    {
        if (labels.IsEmpty && scores.IsEmpty)
        {
            throw new LearningException("no-rows", "A metric needs at least one row with a label, but there is none.");
        }

        if (!match)
        {
            throw new LearningException(
                "length-mismatch",
                $"A metric needs one score per label, or one per label and class, but there are {labels.Length} labels and {scores.Length} scores.");
        }
    }
}
