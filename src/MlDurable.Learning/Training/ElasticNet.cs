namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises a convex loss with the penalty of the elastic net by penalised, iteratively reweighted least squares (Friedman, Hastie and Tibshirani,
/// "Regularization paths for generalized linear models via coordinate descent", 2010, section 3): each step goes to the minimum of
/// <see cref="PenalisedSquares"/>, or only a part of the way, so that the value never rises (Lee, Sun and Saunders, "Proximal Newton-type methods for
/// minimizing composite functions", 2014).
/// </summary>
internal static class ElasticNet
{
    private const int MaxLineSearchSteps = 50;
    private const double SufficientDecrease = 1e-4;

    /// <summary>Values that differ by no more than this share cannot be told apart: then gradients say which point is better.</summary>
    private const double Rounding = 1e-12;

    /// <summary>The share of its distance from the conditions of a minimum that the approximation leaves to the next step: most of the work is saved.</summary>
    private const double InnerShare = 0.3;

    /// <summary>
    /// Moves <paramref name="point"/>, the weights and then the intercept, until it is off the conditions of a minimum by at most
    /// <paramref name="tolerance"/>, the value cannot be told from a lower one any more, or <paramref name="maxIterations"/> is reached.
    /// </summary>
    /// <param name="objective">The loss with the penalty on squared weights.</param>
    /// <param name="lasso">The penalty on magnitudes.</param>
    /// <param name="point">Where to start, and the result. Weights are exactly 0 where that is best.</param>
    /// <param name="tolerance">See <see cref="LassoPenalty.Violation"/>.</param>
    /// <param name="maxIterations">The most steps.</param>
    /// <param name="beforeIteration">Told the number of steps so far.</param>
    /// <returns>The number of steps.</returns>
    public static int Minimize(
        LinearObjective objective, LassoPenalty lasso, double[] point, double tolerance, int maxIterations, Action<int> beforeIteration)
    {
        var squares = new PenalisedSquares(objective, lasso);
        var gradient = new double[point.Length];
        var next = new double[point.Length];
        var nextGradient = new double[point.Length];
        var value = objective.Evaluate(point, gradient) + lasso.Of(point);
        for (var iteration = 0; iteration < maxIterations; iteration++)
        {
            beforeIteration(iteration);
            var violation = lasso.Violation(point, gradient);
            if (violation <= tolerance)
            {
                return iteration;
            }

            var change = squares.Minimize(point, gradient, InnerShare * violation);
            var nextValue = value;
            var isBetter = false;
            for (var (search, length) = (0, 1.0); search < MaxLineSearchSteps && !isBetter; search++, length /= 2)
            {
                for (var i = 0; i < next.Length; i++)
                {
                    next[i] = point[i] + (length * (squares.Weights[i] - point[i]));
                }

                nextValue = objective.Evaluate(next, nextGradient) + lasso.Of(next);
                isBetter = nextValue <= value + (SufficientDecrease * length * change)
                    || (nextValue <= value + (Rounding * value) && lasso.Violation(next, nextGradient) < violation);
            }

            if (!isBetter)
            {
                return iteration;
            }

            value = nextValue;
            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
        }

        return maxIterations;
    }
}
