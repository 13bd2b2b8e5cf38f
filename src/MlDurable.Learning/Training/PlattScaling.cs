using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// Fits the two numbers of Platt's calibration by maximum likelihood, to targets that are drawn in from 0 and 1 by a row of each class which was not
/// seen (Platt, "Probabilistic outputs for support vector machines", 1999). By Newton's method with backtracking: Lin, Lin and Weng, "A note on Platt's
/// probabilistic outputs for support vector machines", 2007, algorithm 1, with its constants but for the tolerance. scikit-learn's <c>CalibratedClassifierCV</c> with the
/// method <c>sigmoid</c> minimises the same function.
/// </summary>
internal static class PlattScaling
{
    private const int MaxIterations = 100;

    /// <summary>Greatest component of the gradient, per row, at which the fit counts as converged.</summary>
    private const double TolerancePerRow = 1e-10;
    private const double Ridge = 1e-12;
    private const double LeastStep = 1e-10;
    private const double SufficientDecrease = 1e-4;

    /// <summary>Fits a calibrator. Where greater scores do not go with more positive rows, it gives every row the same probability: a calibration
    /// does not turn the order of rows around.</summary>
    /// <param name="scores">The score of each row.</param>
    /// <param name="labels">1 or 0 for each row; both occur.</param>
    public static PlattCalibrator Fit(double[] scores, double[] labels)
    {
        double positives = labels.Count(label => label == 1);
        var negatives = labels.Length - positives;
        var (high, low) = ((positives + 1) / (positives + 2), 1 / (negatives + 2));
        var targets = Array.ConvertAll(labels, label => label == 1 ? high : low);

        var (a, b) = (0.0, Math.Log((negatives + 1) / (positives + 1)));
        var loss = Loss(scores, targets, a, b);
        var tolerance = TolerancePerRow * scores.Length;
        for (var iteration = 0; iteration < MaxIterations; iteration++)
        {
            var (gradientA, gradientB, stepA, stepB) = Newton(scores, targets, a, b);
            var slope = (gradientA * stepA) + (gradientB * stepB);

            // Where all scores are equal the direction is rounding, and may lead nowhere.
            if ((Math.Abs(gradientA) < tolerance && Math.Abs(gradientB) < tolerance) || !(slope < 0))
            {
                break;
            }

            var step = 1.0;
            var lower = Loss(scores, targets, a + stepA, b + stepB);
            while (!(lower < loss + (SufficientDecrease * step * slope)) && step >= LeastStep)
            {
                step /= 2;
                lower = Loss(scores, targets, a + (step * stepA), b + (step * stepB));
            }

            if (step < LeastStep)
            {
                break;
            }

            (a, b, loss) = (a + (step * stepA), b + (step * stepB), lower);
        }

        var mean = ((positives * high) + (negatives * low)) / labels.Length;
        return a < 0 ? new PlattCalibrator(a, b) : new PlattCalibrator(0, Math.Log((1 - mean) / mean));
    }

    private static double Loss(double[] scores, double[] targets, double a, double b)
    {
        var loss = 0.0;
        for (var row = 0; row < scores.Length; row++)
        {
            // -t ln p - (1 - t) ln(1 - p), where p = 1 / (1 + exp(margin)).
            var margin = (a * scores[row]) + b;
            loss += Sigmoid.LogLoss(margin, 0) - ((1 - targets[row]) * margin);
        }

        return loss;
    }

    private static (double GradientA, double GradientB, double StepA, double StepB) Newton(double[] scores, double[] targets, double a, double b)
    {
        var (hessianAA, hessianAB, hessianBB) = (Ridge, 0.0, Ridge);
        var (gradientA, gradientB) = (0.0, 0.0);
        for (var row = 0; row < scores.Length; row++)
        {
            var score = scores[row];
            var margin = (a * score) + b;
            var probability = Sigmoid.Probability(-margin);
            var curvature = probability * Sigmoid.Probability(margin);
            hessianAA += score * score * curvature;
            hessianAB += score * curvature;
            hessianBB += curvature;
            gradientA += score * (targets[row] - probability);
            gradientB += targets[row] - probability;
        }

        var determinant = (hessianAA * hessianBB) - (hessianAB * hessianAB);
        return (
            gradientA,
            gradientB,
            -((hessianBB * gradientA) - (hessianAB * gradientB)) / determinant,
            -((hessianAA * gradientB) - (hessianAB * gradientA)) / determinant);
    }
}
