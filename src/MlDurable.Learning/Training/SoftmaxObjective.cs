using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>
/// The log loss of several classes, each with weights and an intercept of its own, and a penalty on squared weights: scikit-learn's multinomial
/// LogisticRegression with C = 1/l2. A point has the weights and the intercept of one class after the other. The same for any number of threads. Not safe
/// for concurrent use.
/// </summary>
/// <param name="features">The features of the rows.</param>
/// <param name="rows">Their labels, places of classes, and weights above 0.</param>
/// <param name="l2">Strength of the penalty.</param>
internal sealed class SoftmaxObjective(FeatureMatrix features, LabeledRows rows, double l2)
{
    private readonly ScoredSums sums = new(features, rows.Target.Classes.Length);
    private readonly double[][] factors = [.. rows.Target.Classes.Select(_ => new double[features.Rows])];

    /// <summary>Computes the value at a point and fills in its gradient.</summary>
    public double Evaluate(double[] point, double[] gradient)
    {
        var penalty = 0.0;
        for (var i = 0; i < point.Length; i++)
        {
            var isIntercept = i % (features.FeatureCount + 1) == features.FeatureCount;
            penalty += isIntercept ? 0 : l2 / 2 * point[i] * point[i];
            gradient[i] = isIntercept ? 0 : l2 * point[i];
        }

        return sums.Add(point, penalty, gradient, factors, ToResiduals);
    }

    /// <summary>Turns the scores of some rows into probabilities less the truth, weighted, and gives the sum of their losses.</summary>
    private double ToResiduals(double[][] scores, int start, int count)
    {
        var loss = 0.0;
        Span<double> ofRow = stackalloc double[scores.Length];
        for (var row = start; row < start + count; row++)
        {
            var (label, weight) = ((int)rows.Labels[row], rows.Weights?[row] ?? 1);
            for (var place = 0; place < scores.Length; place++)
            {
                ofRow[place] = scores[place][row];
            }

            var ofLabel = ofRow[label];
            var greatest = double.NegativeInfinity;
            foreach (var score in ofRow)
            {
                greatest = Math.Max(greatest, score);
            }

            var sum = 0.0;
            foreach (var score in ofRow)
            {
                sum += Math.Exp(score - greatest);
            }

            loss += weight * (greatest + Math.Log(sum) - ofLabel);
            Softmax.Apply(ofRow);
            for (var place = 0; place < scores.Length; place++)
            {
                scores[place][row] = weight * (ofRow[place] - (place == label ? 1 : 0));
            }
        }

        return loss;
    }
}
