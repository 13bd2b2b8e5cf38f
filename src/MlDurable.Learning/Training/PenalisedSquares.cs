using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// The second-order approximation of the log loss near a point, which is a sum of weighted squares, with the penalty of the elastic net. The same for
/// any number of threads. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Coordinate descent (Friedman, Hastie and Tibshirani 2010) finds which weights are 0; it looks only at features that have a weight, or whose gradient
/// says that they should. It crawls where features overlap, as the levels of a category do with the intercept and with those of a wider category, so
/// that each pass is followed by conjugate gradients on the weights that are not 0, each as far as 0 (the subspace steps of Keskar, Nocedal, Öztoprak
/// and Wächter, "A second-order method for convex L1-regularized optimization with active-set prediction", 2016).
/// </remarks>
internal sealed class PenalisedSquares
{
    private const int MaxRounds = 100;
    private const int MaxProducts = 200;

    /// <summary>The square of the share of the error that conjugate gradients leave.</summary>
    private const double ConjugateShare = 1e-2;

    /// <summary>The least share of its curvature that a weight is damped with, so that weights which can be traded for each other do not run off.</summary>
    private const double LeastDamping = 1e-8;

    private readonly LinearObjective objective;
    private readonly LassoPenalty lasso;
    private readonly FeatureMatrix features;
    private readonly double l2;
    private readonly ScoredSums sums;
    private readonly int[][] levels;

    // For each row: the second derivative of the loss at the point, the first one of the approximation at the weights, and room for a product.
    private readonly double[] curvatures;
    private readonly double[] slopes;
    private readonly double[] products;

    // For each feature and the intercept: the second derivative of the loss at the point, the first one of the smooth part at the weights, and room.
    private readonly double[] diagonal;
    private readonly double[] gradient;
    private readonly double[] step;
    private readonly double[] candidate;
    private readonly double[] changes;

    private double[] point = [];

    /// <param name="objective">The loss, with the penalty on squared weights.</param>
    /// <param name="lasso">The penalty on magnitudes.</param>
    public PenalisedSquares(LinearObjective objective, LassoPenalty lasso)
    {
        this.objective = objective;
        this.lasso = lasso;
        features = objective.Features;
        l2 = objective.L2;
        sums = new ScoredSums(features);
        levels = Array.ConvertAll(features.Hot, block => block.Where(feature => feature >= 0).Distinct().ToArray());
        curvatures = new double[features.Rows];
        slopes = new double[features.Rows];
        products = new double[features.Rows];
        var size = features.FeatureCount + 1;
        diagonal = new double[size];
        gradient = new double[size];
        step = new double[size];
        candidate = new double[size];
        changes = new double[size];
        Weights = new double[size];
    }

    /// <summary>What <see cref="Minimize"/> found: the weights, then the intercept.</summary>
    public double[] Weights { get; }

    /// <summary>Finds <see cref="Weights"/>.</summary>
    /// <param name="at">The point, which the objective was evaluated at last: the weights, then the intercept.</param>
    /// <param name="gradientAt">The gradient of the objective there.</param>
    /// <param name="tolerance">How far off the conditions of a minimum the result may be; see <see cref="LassoPenalty.Violation"/>.</param>
    /// <returns>How far the approximation, with the penalty, is above the one at the point; not positive but for rounding.</returns>
    public double Minimize(double[] at, double[] gradientAt, double tolerance)
    {
        point = at;
        objective.FillCurvatures(curvatures);
        SetDiagonal();
        point.CopyTo(Weights, 0);
        objective.Residuals.CopyTo(slopes, 0);
        gradientAt.CopyTo(gradient, 0);
        var value = 0.0;
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = value;
            Descend();
            value = Evaluate(Weights);
            if (lasso.Violation(Weights, gradient) <= tolerance)
            {
                break;
            }

            value = Accelerate(value);
            if (lasso.Violation(Weights, gradient) <= tolerance || !(value < before))
            {
                break;
            }
        }

        return value;
    }

    private void SetDiagonal()
    {
        Array.Clear(diagonal);
        Parallel.For(0, features.Dense.Length, i =>
        {
            const int BlockRows = 256;
            Span<double> weighted = stackalloc double[BlockRows];
            for (var start = 0; start < curvatures.Length; start += BlockRows)
            {
                var column = features.Dense[i].AsSpan(start, Math.Min(BlockRows, curvatures.Length - start));
                for (var row = 0; row < column.Length; row++)
                {
                    weighted[row] = curvatures[start + row] * column[row];
                }

                diagonal[i] += FixedLanes.Dot(weighted[..column.Length], column);
            }
        });
        Parallel.For(0, features.Hot.Length, block => AddByLevel(features.Hot[block], curvatures, diagonal));
        diagonal[^1] = Sum(curvatures);
    }

    /// <summary>One pass of coordinate descent.</summary>
    private void Descend()
    {
        if (diagonal[^1] > 0)
        {
            var change = -Sum(slopes) / diagonal[^1];
            Weights[^1] += change;
            for (var row = 0; row < slopes.Length; row++)
            {
                slopes[row] += curvatures[row] * change;
            }
        }

        for (var i = 0; i < features.Dense.Length; i++)
        {
            if (IsActive(i))
            {
                var column = features.Dense[i];
                var change = Move(i, FixedLanes.Dot(slopes, column));
                for (var row = 0; row < slopes.Length; row++)
                {
                    slopes[row] += curvatures[row] * change * column[row];
                }
            }
        }

        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i].Any(IsActive))
            {
                Descend(features.Hot[i], levels[i]);
            }
        }
    }

    /// <summary>The levels of a block share no row, so that the best weight of each depends on none of the others.</summary>
    private void Descend(int[] block, int[] levelsOfBlock)
    {
        foreach (var level in levelsOfBlock)
        {
            changes[level] = 0;
        }

        AddByLevel(block, slopes, changes);
        foreach (var level in levelsOfBlock)
        {
            changes[level] = Move(level, changes[level]);
        }

        for (var row = 0; row < block.Length; row++)
        {
            if (block[row] >= 0)
            {
                slopes[row] += curvatures[row] * changes[block[row]];
            }
        }
    }

    private bool IsActive(int feature) => Weights[feature] != 0 || !lasso.HoldsAtZero(gradient[feature]);

    /// <summary>Moves a weight to where it is best, and gives the change.</summary>
    private double Move(int feature, double slope)
    {
        var curvature = diagonal[feature] + l2;
        if (!(curvature > 0))
        {
            return 0;
        }

        var weight = Weights[feature];
        Weights[feature] = lasso.Shrink((diagonal[feature] * weight) - slope, curvature);
        return Weights[feature] - weight;
    }

    /// <summary>Gives how far the approximation is above the one at the point, and sets slopes and gradient.</summary>
    private double Evaluate(double[] weights)
    {
        var value = 0.0;
        for (var i = 0; i < features.FeatureCount; i++)
        {
            step[i] = weights[i] - point[i];
            value += (l2 / 2 * step[i] * (weights[i] + point[i])) + (lasso.Strength * (Math.Abs(weights[i]) - Math.Abs(point[i])));
            gradient[i] = l2 * weights[i];
        }

        step[^1] = weights[^1] - point[^1];
        gradient[^1] = 0;
        var residuals = objective.Residuals;
        return sums.Add(step, value, gradient, [slopes], (all, start, count) =>
        {
            var sum = 0.0;
            var scores = all[0].AsSpan(start, count);
            for (var i = 0; i < scores.Length; i++)
            {
                var bend = curvatures[start + i] * scores[i];
                sum += scores[i] * (residuals[start + i] + (bend / 2));
                scores[i] = residuals[start + i] + bend;
            }

            return sum;
        });
    }

    /// <summary>Moves the weights that are not 0 together, those that would change their sign to 0.</summary>
    /// <returns>The value there, not above <paramref name="value"/>.</returns>
    private double Accelerate(double value)
    {
        var direction = ConjugateDirection();
        var first = 1.0;
        for (var i = 0; i < features.FeatureCount; i++)
        {
            first = Math.Min(first, LengthToZero(i, direction));
        }

        // Up to the first weight that becomes 0 the approximation is smooth, and falls.
        for (var length = 1.0; ; length = Math.Max(length / 2, first))
        {
            for (var i = 0; i < candidate.Length; i++)
            {
                candidate[i] = LengthToZero(i, direction) <= length ? 0 : Weights[i] + (length * direction[i]);
            }

            var moved = Evaluate(candidate);
            if (moved < value)
            {
                candidate.CopyTo(Weights, 0);
                return moved;
            }

            if (length == first)
            {
                return Evaluate(Weights);
            }
        }
    }

    private double LengthToZero(int i, double[] direction) =>
        lasso.Strength > 0 && i < features.FeatureCount && Weights[i] * direction[i] < 0 ? -Weights[i] / direction[i] : double.PositiveInfinity;

    /// <summary>From the weights to the minimum over those that are not 0 and the intercept: conjugate gradients, preconditioned with the diagonal.</summary>
    private double[] ConjugateDirection()
    {
        var direction = new double[gradient.Length];
        var error = new double[gradient.Length];
        var search = new double[gradient.Length];
        var product = new double[gradient.Length];
        for (var i = 0; i < error.Length; i++)
        {
            error[i] = i == features.FeatureCount ? -gradient[i] : IsFree(i) ? -lasso.Slope(Weights[i], gradient[i]) : 0;
        }

        var (before, enough) = (double.PositiveInfinity, 0.0);
        for (var count = 0; count < MaxProducts; count++)
        {
            var left = 0.0;
            for (var i = 0; i < error.Length; i++)
            {
                left += error[i] * Precondition(error[i], i);
            }

            if (!(left > enough))
            {
                break;
            }

            enough = count == 0 ? ConjugateShare * left : enough;
            for (var i = 0; i < error.Length; i++)
            {
                search[i] = Precondition(error[i], i) + (left / before * search[i]);
            }

            var length = left / Multiply(search, product);
            for (var i = 0; i < error.Length; i++)
            {
                direction[i] += length * search[i];
                error[i] -= length * product[i];
            }

            before = left;
        }

        return direction;
    }

    private bool IsFree(int i) => i == features.FeatureCount || lasso.Strength == 0 || Weights[i] != 0;

    private double Damping(int i) => i < features.FeatureCount ? Math.Max(l2, LeastDamping * diagonal[i]) : 0;

    private double Precondition(double error, int i) => diagonal[i] + Damping(i) > 0 ? error / (diagonal[i] + Damping(i)) : 0;

    /// <summary>The second derivatives by the free weights times a vector, and the vector times that.</summary>
    private double Multiply(double[] vector, double[] product)
    {
        for (var i = 0; i < product.Length; i++)
        {
            product[i] = Damping(i) * vector[i];
        }

        sums.Add(vector, 0, product, [products], (all, start, count) =>
        {
            var scores = all[0].AsSpan(start, count);
            for (var row = 0; row < scores.Length; row++)
            {
                scores[row] *= curvatures[start + row];
            }

            return 0;
        });
        var sum = 0.0;
        for (var i = 0; i < product.Length; i++)
        {
            product[i] = IsFree(i) ? product[i] : 0;
            sum += vector[i] * product[i];
        }

        return sum;
    }

    private static void AddByLevel(int[] block, double[] rows, double[] target)
    {
        for (var row = 0; row < block.Length; row++)
        {
            if (block[row] >= 0)
            {
                target[block[row]] += rows[row];
            }
        }
    }

    private static double Sum(double[] rows)
    {
        var sum = 0.0;
        foreach (var row in rows)
        {
            sum += row;
        }

        return sum;
    }
}
