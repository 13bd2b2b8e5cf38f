namespace MlDurable.Learning.Metrics;

/// <summary>Metrics of several classes: labels are the places of classes, scores a probability for each row and class, row by row. Thread-safe.</summary>
public static class MulticlassMetrics
{
    // Probabilities are kept this far from 0, as scikit-learn's log_loss does.
    private const double LeastProbability = 1e-15;

    /// <summary>The mean of minus the logarithm of the probability of the right class, which counts as at least 1e-15.</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static double LogLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += RowLogLoss(labels[row], probabilities.Slice(row * classes, classes));
        }

        return sum / labels.Length;
    }

    /// <summary>The share of rows whose most probable class is the right one.</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <exception cref="LearningException">Code <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c> or <c>invalid-score</c>.</exception>
    public static double Accuracy(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var right = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            right += Decision(probabilities.Slice(row * classes, classes)) == labels[row] ? 1 : 0;
        }

        return (double)right / labels.Length;
    }

    /// <summary>The most probable class; of equally probable ones the first.</summary>
    /// <param name="probabilities">The probability of each class.</param>
    public static int Decision(ReadOnlySpan<double> probabilities)
    {
        var best = 0;
        for (var i = 1; i < probabilities.Length; i++)
        {
            best = probabilities[i] > probabilities[best] ? i : best;
        }

        return best;
    }

    internal static double RowLogLoss(double label, ReadOnlySpan<double> probabilities) => -Math.Log(Math.Max(probabilities[(int)label], LeastProbability));
}
