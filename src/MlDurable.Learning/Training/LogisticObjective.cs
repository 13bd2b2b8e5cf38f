using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>
/// The log loss of logistic regression with a penalty on squared weights, at a point: the weights, then the intercept. The same for any number of
/// threads. Not safe for concurrent use.
/// </summary>
/// <param name="features">The features of the rows.</param>
/// <param name="labels">0 or 1 for each row.</param>
/// <param name="l2">Strength of the penalty.</param>
/// <param name="positiveWeight">How often the loss of a positive row counts.</param>
internal sealed class LogisticObjective(FeatureMatrix features, double[] labels, double l2, double positiveWeight)
{
    private readonly ScoredSums sums = new(features);

    /// <summary>The features of the rows.</summary>
    public FeatureMatrix Features => features;

    /// <summary>Strength of the penalty on squared weights.</summary>
    public double L2 => l2;

    /// <summary>The derivative of each row's loss by its score at the point that was evaluated last: the probability minus the label, weighted.</summary>
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

    /// <summary>The second derivative of each row's loss by its score at the point that was evaluated last.</summary>
    public void FillCurvatures(double[] curvatures)
    {
        for (var row = 0; row < curvatures.Length; row++)
        {
            // The distance of the probability from the label, whichever that is.
            var weight = WeightOf(labels[row]);
            var distance = Math.Abs(Residuals[row]) / weight;
            curvatures[row] = weight * distance * (1 - distance);
        }
    }

    private double WeightOf(double label) => label > 0 ? positiveWeight : 1;

    /// <summary>Turns log-odds into probability minus label, weighted, and gives the sum of the weighted log losses.</summary>
    private double ToResiduals(Span<double> logOdds, ReadOnlySpan<double> labels)
    {
        const int PerLogarithm = 32;
        var (loss, positiveLoss) = (0.0, 0.0);
        for (var start = 0; start < logOdds.Length; start += PerLogarithm)
        {
            // The logarithm of a product of numbers between 1 and 2 in place of the sum of their logarithms.
            var (product, positiveProduct) = (1.0, 1.0);
            for (var row = start; row < Math.Min(start + PerLogarithm, logOdds.Length); row++)
            {
                var odds = Math.Exp(-Math.Abs(logOdds[row]));
                var isPositive = labels[row] > 0;
                var excess = Math.Max(isPositive ? -logOdds[row] : logOdds[row], 0);
                loss += excess;
                product *= 1 + odds;
                if (isPositive)
                {
                    positiveLoss += excess;
                    positiveProduct *= 1 + odds;
                }

                logOdds[row] = (((logOdds[row] >= 0 ? 1 : odds) / (1 + odds)) - labels[row]) * WeightOf(labels[row]);
            }

            loss += Math.Log(product);
            positiveLoss += Math.Log(positiveProduct);
        }

        return loss + ((positiveWeight - 1) * positiveLoss);
    }
}
