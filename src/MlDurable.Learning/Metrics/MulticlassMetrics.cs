namespace MlDurable.Learning.Metrics;

/// <summary>
/// Metrics of several classes, as scikit-learn defines them: labels are the places of classes, scores a probability for each row and class, row by row; a row
/// is decided to be of its most probable class. Thread-safe.
/// </summary>
/// <remarks>
/// Every method throws <see cref="LearningException"/>: <c>no-rows</c>, <c>length-mismatch</c>, <c>invalid-label</c>, <c>invalid-score</c>.
/// </remarks>
public static class MulticlassMetrics
{
    // Probabilities are kept this far from 0, as those of two classes are.
    private const double LeastProbability = 1e-15;

    /// <summary>The mean of minus the logarithm of the probability of the right class, which counts as at least 1e-15.</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <returns>0 or more; at most about 34.5.</returns>
    public static double LogLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities) => Mean(labels, probabilities, RowLogLoss);

    /// <summary>The mean of the sum over the classes of the squared differences of probability and truth (1 for the right class, else 0).</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <returns>0 to 2.</returns>
    public static double Brier(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities) => Mean(labels, probabilities, RowBrier);

    /// <summary>The mean, over the classes that have rows and lack rows, of the ROC AUC of their probabilities against all other classes.</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <returns>0 to 1; NaN when all rows are of one class.</returns>
    public static double RocAuc(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var (isOfClass, scores) = (new double[labels.Length], new double[labels.Length]);
        var (sum, count) = (0.0, 0);
        for (var place = 0; place < classes; place++)
        {
            OneAgainstRest(labels, probabilities, place, isOfClass, scores);
            var auc = BinaryMetrics.RocAuc(isOfClass, scores);
            if (!double.IsNaN(auc))
            {
                sum += auc;
                count++;
            }
        }

        return sum / count;
    }

    /// <summary>The share of rows whose most probable class is the right one.</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <returns>0 to 1.</returns>
    public static double Accuracy(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities) =>
        Mean(labels, probabilities, (label, ofRow) => Decision(ofRow) == label ? 1 : 0);

    /// <summary>The expected calibration error of the most probable class: the mean over rows of the distance between how often it is right and its mean
    /// probability, among the rows of a bin of probability (10 bins of equal width).</summary>
    /// <param name="labels">The place of the class of each row.</param>
    /// <param name="probabilities">A probability for each row and class.</param>
    /// <returns>0 to 1.</returns>
    public static double CalibrationError(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var (right, confidence) = Decided(labels, probabilities);
        return BinaryMetrics.CalibrationError(right, confidence);
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

    internal static double RowBrier(double label, ReadOnlySpan<double> probabilities)
    {
        var sum = 0.0;
        for (var place = 0; place < probabilities.Length; place++)
        {
            var difference = probabilities[place] - (place == label ? 1 : 0);
            sum += difference * difference;
        }

        return sum;
    }

    /// <summary>Whether each row is decided right, 1 or 0, and the probability of the class that is decided.</summary>
    internal static (double[] Right, double[] Confidence) Decided(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var (right, confidence) = (new double[labels.Length], new double[labels.Length]);
        for (var row = 0; row < labels.Length; row++)
        {
            var ofRow = probabilities.Slice(row * classes, classes);
            var decision = Decision(ofRow);
            right[row] = decision == labels[row] ? 1 : 0;
            confidence[row] = ofRow[decision];
        }

        return (right, confidence);
    }

    /// <summary>Fills in whether each row is of a class, 1 or 0, and the probability of that class.</summary>
    internal static void OneAgainstRest(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int place, Span<double> isOfClass, Span<double> scores)
    {
        var classes = probabilities.Length / labels.Length;
        for (var row = 0; row < labels.Length; row++)
        {
            isOfClass[row] = labels[row] == place ? 1 : 0;
            scores[row] = probabilities[(row * classes) + place];
        }
    }

    /// <summary>A metric of decisions; see <see cref="ClassConfusion"/>.</summary>
    /// <param name="formula">Which.</param>
    /// <param name="counts">For each true class and decided class the rows, true class by true class.</param>
    /// <param name="classes">The number of classes.</param>
    internal static double OfDecisions(MetricFormula formula, ReadOnlySpan<int> counts, int classes)
    {
        double rows = 0, right = 0, recalls = 0, f1 = 0, products = 0, truths = 0, decisions = 0;
        var (present, seen) = (0, 0);
        for (var place = 0; place < classes; place++)
        {
            double truth = 0, decided = 0, hits = counts[(place * classes) + place];
            for (var other = 0; other < classes; other++)
            {
                truth += counts[(place * classes) + other];
                decided += counts[(other * classes) + place];
            }

            rows += truth;
            right += hits;
            products += truth * decided;
            truths += truth * truth;
            decisions += decided * decided;
            present += truth > 0 ? 1 : 0;
            recalls += truth > 0 ? hits / truth : 0;
            seen += truth + decided > 0 ? 1 : 0;
            f1 += truth + decided > 0 ? 2 * hits / (truth + decided) : 0;
        }

        return formula switch
        {
            MetricFormula.ClassBalancedAccuracy => recalls / present,
            MetricFormula.ClassF1 => f1 / seen,
            MetricFormula.ClassMcc => Correlation((right * rows) - products, Math.Sqrt(((rows * rows) - truths) * ((rows * rows) - decisions))),
            _ => throw new ArgumentOutOfRangeException(nameof(formula), formula, "Not a metric of decisions."),
        };
    }

    private static double Correlation(double covariance, double scale) => scale == 0 ? 0 : covariance / scale;

    private static double Mean(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, RowMetric ofRow)
    {
        var classes = ScoredRows.CheckClasses(labels, probabilities);
        var sum = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += ofRow(labels[row], probabilities.Slice(row * classes, classes));
        }

        return sum / labels.Length;
    }

    internal delegate double RowMetric(double label, ReadOnlySpan<double> probabilities);
}
