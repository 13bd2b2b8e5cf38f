using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>
/// The log loss of logistic regression with a penalty on squared weights, at a point: the weights, then the intercept. The same for any number of
/// threads. Not safe for concurrent use.
/// </summary>
internal sealed class LogisticObjective(FeatureMatrix features, double[] labels, double l2)
{
    private readonly ScoredSums sums = new(features);

    /// <summary>The derivative of each row's loss by its score at the point that was evaluated last: the probability minus the label.</summary>
    public double[] Residuals { get; } = new double[labels.Length];

    /// <summary>Computes the value at a point and fills in its gradient.</summary>
    public double Evaluate(double[] point, double[] gradient)
    {
        var penalty = 0.0;
        for (var i = 0; i < point.Length - 1; i++)
        {
            penalty += l2 / 2 * point[i] * point[i];
            gradient[i] = l2 * point[i];
        }

        gradient[^1] = 0;
        return sums.Add(point, penalty, gradient, Residuals, (scores, start) => ToResiduals(scores, labels.AsSpan(start, scores.Length)));
    }

    /// <summary>Turns log-odds into probability minus label, and gives the sum of the log losses.</summary>
    private static double ToResiduals(Span<double> logOdds, ReadOnlySpan<double> labels)
    {
        const int PerLogarithm = 32;
        var loss = 0.0;
        for (var start = 0; start < logOdds.Length; start += PerLogarithm)
        {
            // The logarithm of a product of numbers between 1 and 2 in place of the sum of their logarithms.
            var product = 1.0;
            for (var row = start; row < Math.Min(start + PerLogarithm, logOdds.Length); row++)
            {
                var odds = Math.Exp(-Math.Abs(logOdds[row]));
                var isPositive = labels[row] > 0;
                loss += Math.Max(isPositive ? -logOdds[row] : logOdds[row], 0);
                product *= 1 + odds;
                logOdds[row] = ((logOdds[row] >= 0 ? 1 : odds) / (1 + odds)) - labels[row];
            }

            loss += Math.Log(product);
        }

        return loss;
    }
}
