using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>The penalised log loss of logistic regression at a point: the weights, then the intercept.</summary>
internal sealed class LogisticObjective(FeatureMatrix features, double[] labels, double l2)
{
    private readonly double[] residuals = new double[labels.Length];

    public double Evaluate(double[] point, double[] gradient)
    {
        var weights = point.AsSpan(0, point.Length - 1);
        LinearScorer.Compute(residuals, features, weights, point[^1]);
        var loss = 0.0;
        var intercept = 0.0;
        for (var row = 0; row < residuals.Length; row++)
        {
            loss += Sigmoid.LogLoss(residuals[row], labels[row]);
            residuals[row] = Sigmoid.Probability(residuals[row]) - labels[row];
            intercept += residuals[row];
        }

        for (var i = 0; i < weights.Length; i++)
        {
            loss += l2 / 2 * weights[i] * weights[i];
            gradient[i] = l2 * weights[i];
        }

        gradient[^1] = intercept;
        for (var i = 0; i < features.Dense.Length; i++)
        {
            var column = features.Dense[i];
            var sum = 0.0;
            for (var row = 0; row < column.Length; row++)
            {
                sum += residuals[row] * column[row];
            }

            gradient[i] += sum;
        }

        foreach (var block in features.Hot)
        {
            for (var row = 0; row < block.Length; row++)
            {
                if (block[row] >= 0)
                {
                    gradient[block[row]] += residuals[row];
                }
            }
        }

        return loss;
    }
}
