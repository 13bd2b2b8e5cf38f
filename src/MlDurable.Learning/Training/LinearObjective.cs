using MlDurable.Learning.Features;

namespace MlDurable.Learning.Training;

/// <summary>
/// A loss of weighted sums with a penalty on squared weights, at a point: the weights, then the intercept. The same for any number of threads. Not safe
/// for concurrent use.
/// </summary>
/// <param name="features">The features of the rows.</param>
/// <param name="l2">Strength of the penalty.</param>
internal abstract class LinearObjective(FeatureMatrix features, double l2)
{
    private readonly ScoredSums sums = new(features);
    private readonly double[][] factors = [new double[features.Rows]];

    /// <summary>The features of the rows.</summary>
    public FeatureMatrix Features => features;

    /// <summary>Strength of the penalty on squared weights.</summary>
    public double L2 => l2;

    /// <summary>The derivative of each row's loss by its score at the point that was evaluated last.</summary>
    public double[] Residuals => factors[0];

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
        return sums.Add(point, penalty, gradient, factors, (scores, start, count) => ToResiduals(scores[0].AsSpan(start, count), start));
    }

    /// <summary>The second derivative of each row's loss by its score at the point that was evaluated last.</summary>
    public abstract void FillCurvatures(double[] curvatures);

    /// <summary>Turns the scores of some rows into residuals, and gives the sum of their losses.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="start">The first row.</param>
    protected abstract double ToResiduals(Span<double> scores, int start);
}
