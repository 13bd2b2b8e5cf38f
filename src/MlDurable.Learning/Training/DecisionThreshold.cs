using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Chooses the probability from which a row is predicted positive: the one with the greatest F1 on the validation rows (on the training
/// rows when there are none), of equally good ones the nearest to 0.5. Candidates lie halfway between neighbouring predictions. Without a
/// positive row F1 says nothing: 0.5.
/// </summary>
internal static class DecisionThreshold
{
    public const double Default = 0.5;

    /// <summary>The model of a fitted scorer, with its calibration and its threshold.</summary>
    public static BinaryModel Complete(ITrainer trainer, TrainingRequest request, FittedFeatures features, Scorer scorer)
    {
        var rows = request.Validation.Labels.Length > 0 ? request.Validation : request.Training;
        var calibrator = request.Calibration == CalibrationMethod.None
            ? null
            : Calibration.Fit(request.Calibration, scorer.LogOdds(features.Apply(request.Validation.Features)), request.Validation.Labels);
        var model = new BinaryModel(trainer.Name, trainer.Version, features, scorer, Default, calibrator);
        return new BinaryModel(trainer.Name, trainer.Version, features, scorer, Choose(rows.Labels, model.PredictProbability(rows.Features)), calibrator);
    }

    public static double Choose(double[] labels, double[] probabilities)
    {
        var positives = labels.Sum();
        if (positives == 0)
        {
            return Default;
        }

        var order = Enumerable.Range(0, labels.Length).ToArray();
        Array.Sort((double[])probabilities.Clone(), order);
        Array.Reverse(order);
        var best = Default;
        var bestF1 = -1.0;
        var truePositives = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            truePositives += labels[order[i]];
            var probability = probabilities[order[i]];
            var next = i + 1 < order.Length ? probabilities[order[i + 1]] : probability;
            if (next == probability && i + 1 < order.Length)
            {
                continue;
            }

            // The i + 1 most probable rows are predicted positive.
            var f1 = 2 * truePositives / (i + 1 + positives);
            var threshold = (probability + next) / 2;
            if (f1 > bestF1 || (f1 == bestF1 && Math.Abs(threshold - Default) < Math.Abs(best - Default)))
            {
                best = threshold;
                bestF1 = f1;
            }
        }

        return best;
    }
}
