using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>The log loss of logistic regression. Residuals are the probability minus the label, weighted.</summary>
/// <param name="features">The features of the rows.</param>
/// <param name="labels">0 or 1 for each row.</param>
/// <param name="l2">Strength of the penalty.</param>
/// <param name="positiveWeight">How often the loss of a positive row counts, besides its weight.</param>
/// <param name="weights">How much each row counts, above 0; null where each counts 1.</param>
internal sealed class LogisticObjective(FeatureMatrix features, double[] labels, double l2, double positiveWeight, double[]? weights = null)
    : LinearObjective(features, l2)
{
    public override void FillCurvatures(double[] curvatures)
    {
        for (var row = 0; row < curvatures.Length; row++)
        {
            // The distance of the probability from the label, whichever that is.
            var weight = WeightOf(row);
            var distance = Math.Abs(Residuals[row]) / weight;
            curvatures[row] = weight * distance * (1 - distance);
        }
    }

    protected override double ToResiduals(Span<double> logOdds, int start) =>
        weights is null ? ToClassWeighted(logOdds, start) : ToWeighted(logOdds, start);

    private double WeightOf(int row) => ClassWeightOf(row) * (weights?[row] ?? 1);

    private double ClassWeightOf(int row) => labels[row] > 0 ? positiveWeight : 1;

    private double ToWeighted(Span<double> logOdds, int start)
    {
        var loss = 0.0;
        for (var i = 0; i < logOdds.Length; i++)
        {
            var (label, weight) = (labels[start + i], WeightOf(start + i));
            var odds = Math.Exp(-Math.Abs(logOdds[i]));
            loss += weight * (Math.Max(label > 0 ? -logOdds[i] : logOdds[i], 0) + Math.Log(1 + odds));
            logOdds[i] = (((logOdds[i] >= 0 ? 1 : odds) / (1 + odds)) - label) * weight;
        }

        return loss;
    }

    private double ToClassWeighted(Span<double> logOdds, int start)
    {
        const int PerLogarithm = 32;
        var (loss, positiveLoss) = (0.0, 0.0);
        for (var first = 0; first < logOdds.Length; first += PerLogarithm)
        {
            // The logarithm of a product of numbers between 1 and 2 in place of the sum of their logarithms.
            var (product, positiveProduct) = (1.0, 1.0);
            for (var row = first; row < Math.Min(first + PerLogarithm, logOdds.Length); row++)
            {
                var odds = Math.Exp(-Math.Abs(logOdds[row]));
                var isPositive = labels[start + row] > 0;
                var excess = Math.Max(isPositive ? -logOdds[row] : logOdds[row], 0);
                loss += excess;
                product *= 1 + odds;
                if (isPositive)
                {
                    positiveLoss += excess;
                    positiveProduct *= 1 + odds;
                }

                logOdds[row] = (((logOdds[row] >= 0 ? 1 : odds) / (1 + odds)) - labels[start + row]) * ClassWeightOf(start + row);
            }

            loss += Math.Log(product);
            positiveLoss += Math.Log(positiveProduct);
        }

        return loss + ((positiveWeight - 1) * positiveLoss);
    }
}
