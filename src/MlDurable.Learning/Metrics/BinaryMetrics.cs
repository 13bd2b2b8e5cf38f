namespace MlDurable.Learning.Metrics;

/// <summary>
/// Metrics of binary classification, as scikit-learn defines them. Labels are 0 or 1; a score is the predicted probability
/// of 1; a row is predicted positive when its score is at or above the threshold. Thread-safe.
/// </summary>
/// <remarks>
/// <para>Every method throws <see cref="LearningException"/>: <c>length-mismatch</c>, <c>no-rows</c> for an empty input,
/// <c>invalid-label</c>, <c>invalid-score</c> for NaN (and outside 0..1 where probabilities are needed).</para>
/// <para>With one class only, ROC AUC is undefined and is NaN. The others are defined as scikit-learn 1.2 does: a ratio with
/// nothing below the line is 0, and balanced accuracy is the mean over the classes that are present.</para>
/// </remarks>
public static class BinaryMetrics
{
    /// <summary>Scikit-learn 1.2 clips probabilities to [1e-15, 1 - 1e-15].</summary>
    internal const double LogLossEpsilon = 1e-15;

    /// <summary>The area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row; any finite scale.</param>
    /// <returns>0 to 1; NaN when only one class is present.</returns>
    public static double RocAuc(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        ScoredRows.Check(labels, scores);
        var order = ScoredRows.DescendingOrder(scores);
        long positives = 0, negatives = 0, twiceWins = 0;
        for (var first = 0; first < order.Length;)
        {
            long tiedPositives = 0, tiedNegatives = 0;
            var score = scores[order[first]];
            for (; first < order.Length && scores[order[first]] == score; first++)
            {
                _ = labels[order[first]] == 1 ? tiedPositives++ : tiedNegatives++;
            }

            twiceWins += tiedNegatives * ((2 * positives) + tiedPositives);
            positives += tiedPositives;
            negatives += tiedNegatives;
        }

        return twiceWins / (2.0 * positives * negatives);
    }

    /// <summary>Average precision: the sum over distinct scores, from the highest, of the gain in recall times the precision; no interpolation.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row; any finite scale.</param>
    /// <returns>0 to 1; 0 without a positive row.</returns>
    public static double PrAuc(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        ScoredRows.Check(labels, scores);
        var order = ScoredRows.DescendingOrder(scores);
        long positives = 0, rows = 0;
        double sum = 0;
        for (var first = 0; first < order.Length;)
        {
            long tiedPositives = 0;
            var score = scores[order[first]];
            for (; first < order.Length && scores[order[first]] == score; first++, rows++)
            {
                tiedPositives += labels[order[first]] == 1 ? 1 : 0;
            }

            positives += tiedPositives;
            sum += tiedPositives * ((double)positives / rows);
        }

        return positives == 0 ? 0 : sum / positives;
    }

    /// <summary>The mean negative log-likelihood in nats; probabilities are clipped to [1e-15, 1 - 1e-15].</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="probabilities">The predicted probability per row.</param>
    /// <returns>0 or more; at most about 34.5.</returns>
    public static double LogLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        ScoredRows.CheckProbabilities(labels, probabilities);
        double sum = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += RowLogLoss(labels[row], probabilities[row]);
        }

        return sum / labels.Length;
    }

    /// <summary>The mean squared difference of probability and label.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="probabilities">The predicted probability per row.</param>
    /// <returns>0 to 1.</returns>
    public static double Brier(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        ScoredRows.CheckProbabilities(labels, probabilities);
        double sum = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            sum += RowBrier(labels[row], probabilities[row]);
        }

        return sum / labels.Length;
    }

    /// <summary>The share of rows decided right.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>0 to 1.</returns>
    public static double Accuracy(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.Accuracy, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The mean of the recalls of the two classes.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>0 to 1; the recall of the present class when there is only one.</returns>
    public static double BalancedAccuracy(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.BalancedAccuracy, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The share of rows predicted positive that are positive.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>0 to 1; 0 when no row is predicted positive.</returns>
    public static double Precision(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.Precision, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The share of positive rows that are predicted positive.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>0 to 1; 0 without a positive row.</returns>
    public static double Recall(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.Recall, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The harmonic mean of precision and recall of the positive class.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>0 to 1; 0 when nothing is positive, neither in truth nor predicted.</returns>
    public static double F1(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.F1, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The Matthews correlation of truth and decision.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="scores">The score per row.</param>
    /// <param name="threshold">The lowest score that is predicted positive.</param>
    /// <returns>-1 to 1; 0 when truth or decision is constant.</returns>
    public static double Mcc(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold) =>
        OfDecisions(MetricFormula.Mcc, ConfusionMatrix.Count(labels, scores, threshold));

    /// <summary>The expected calibration error: the mean over rows of the distance between the observed rate and the mean prediction of a row's bin.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="probabilities">The predicted probability per row.</param>
    /// <param name="bins">The number of bins of equal width over [0, 1], at least 1; each is (low, high], 0 in the first. Default 10.</param>
    /// <returns>0 to 1.</returns>
    public static double CalibrationError(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int bins = CalibrationBins.Default)
    {
        double sum = 0;
        foreach (var bin in Curves.CalibrationCurve(labels, probabilities, bins))
        {
            sum += bin.Count * Math.Abs(bin.ObservedRate - bin.MeanPredicted);
        }

        return sum / labels.Length;
    }

    /// <summary>The maximum calibration error: the largest distance between observed rate and mean prediction in a bin.</summary>
    /// <param name="labels">The truth per row.</param>
    /// <param name="probabilities">The predicted probability per row.</param>
    /// <param name="bins">The number of bins, as for <see cref="CalibrationError"/>.</param>
    /// <returns>0 to 1.</returns>
    public static double MaximumCalibrationError(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int bins = CalibrationBins.Default)
    {
        double largest = 0;
        foreach (var bin in Curves.CalibrationCurve(labels, probabilities, bins))
        {
            largest = Math.Max(largest, Math.Abs(bin.ObservedRate - bin.MeanPredicted));
        }

        return largest;
    }

    internal static double RowLogLoss(double label, double probability)
    {
        var clipped = Math.Clamp(probability, LogLossEpsilon, 1 - LogLossEpsilon);
        return -Math.Log(label == 1 ? clipped : 1 - clipped);
    }

    internal static double RowBrier(double label, double probability) => (probability - label) * (probability - label);

    internal static double OfDecisions(MetricFormula formula, ConfusionMatrix matrix)
    {
        double tp = matrix.TruePositives, fp = matrix.FalsePositives, tn = matrix.TrueNegatives, fn = matrix.FalseNegatives;
        return formula switch
        {
            MetricFormula.Accuracy => (tp + tn) / (tp + fp + tn + fn),
            MetricFormula.BalancedAccuracy when tp + fn == 0 => tn / (tn + fp),
            MetricFormula.BalancedAccuracy when tn + fp == 0 => tp / (tp + fn),
            MetricFormula.BalancedAccuracy => ((tp / (tp + fn)) + (tn / (tn + fp))) / 2,
            MetricFormula.Precision => Ratio(tp, tp + fp),
            MetricFormula.Recall => Ratio(tp, tp + fn),
            MetricFormula.F1 => Ratio(2 * tp, (2 * tp) + fp + fn),
            MetricFormula.Mcc => Ratio((tp * tn) - (fp * fn), Math.Sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
            _ => throw new ArgumentOutOfRangeException(nameof(formula), formula, "Not a metric of decisions."),
        };
    }

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}
