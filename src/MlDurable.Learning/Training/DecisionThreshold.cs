using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Chooses the probability from which a row is predicted positive: the one with the greatest F1, or with the least cost of mistakes, on the validation
/// rows (on the training rows when there are none), of equally good ones the nearest to 0.5. Candidates lie halfway between neighbouring
/// predictions; where no row should be positive, halfway between the greatest one and 1.
/// </summary>
internal static class DecisionThreshold
{
    public const double Default = 0.5;

    /// <summary>The model of a fitted scorer, with its calibration and its threshold.</summary>
    public static TrainedModel Complete(ITrainer trainer, TrainingRequest request, FittedFeatures features, Scorer scorer)
    {
        var rows = request.Validation.Labels.Length > 0 ? request.Validation : request.Training;
        var calibrator = request.Calibration == CalibrationMethod.None
            ? null
            : Calibration.Fit(request.Calibration, scorer.Scores(features.Apply(request.Validation.Features)), request.Validation.Labels);
        var model = new TrainedModel(trainer.Name, trainer.Version, features, scorer, Default, calibrator);
        var threshold = Choose(request.Threshold, rows.Labels, model.Predict(rows.Features));
        return new TrainedModel(trainer.Name, trainer.Version, features, scorer, threshold, calibrator);
    }

    /// <summary>
    /// The threshold for some rows. Without a positive row F1 says nothing: 0.5. Rows of one class say nothing of what the other costs: then it is the
    /// threshold that costs least where probabilities are right (Elkan, "The foundations of cost-sensitive learning", 2001).
    /// </summary>
    /// <param name="rule">What it is chosen by.</param>
    /// <param name="labels">1 or 0 for each row.</param>
    /// <param name="probabilities">The probability of each row.</param>
    /// <returns>A number in [0, 1].</returns>
    public static double Choose(ThresholdRule rule, double[] labels, double[] probabilities)
    {
        var positives = labels.Sum();
        return rule switch
        {
            { Kind: ThresholdRuleKind.Fixed, Value: { } value } => value,
            { Kind: ThresholdRuleKind.LeastCost, FalsePositive: { } falsePositive, FalseNegative: { } falseNegative } =>
                positives == 0 || positives == labels.Length
                    ? falsePositive / (falsePositive + falseNegative)
                    : Best(labels, probabilities, (hits, called) => -(((called - hits) * falsePositive) + ((positives - hits) * falseNegative))),
            _ => positives == 0 ? Default : Best(labels, probabilities, (hits, called) => 2 * hits / (called + positives)),
        };
    }

    /// <param name="labels">1 or 0 for each row; at least one row.</param>
    /// <param name="probabilities">The probability of each row.</param>
    /// <param name="merit">How good it is to call so many rows positive of which so many are.</param>
    private static double Best(double[] labels, double[] probabilities, Func<double, double, double> merit)
    {
        var order = Enumerable.Range(0, labels.Length).ToArray();
        Array.Sort((double[])probabilities.Clone(), order);
        Array.Reverse(order);
        var best = Default;
        var bestMerit = double.NegativeInfinity;
        var hits = 0.0;
        if (probabilities[order[0]] < 1)
        {
            Try((probabilities[order[0]] + 1) / 2, called: 0);
        }

        for (var i = 0; i < order.Length; i++)
        {
            hits += labels[order[i]];
            var probability = probabilities[order[i]];
            var next = i + 1 < order.Length ? probabilities[order[i + 1]] : probability;
            if (next != probability || i + 1 == order.Length)
            {
                Try((probability + next) / 2, called: i + 1);
            }
        }

        return best;

        void Try(double threshold, int called)
        {
            var found = merit(hits, called);
            if (found > bestMerit || (found == bestMerit && Math.Abs(threshold - Default) < Math.Abs(best - Default)))
            {
                best = threshold;
                bestMerit = found;
            }
        }
    }
}
