namespace MlDurable.Learning.Training;

/// <summary>
/// Minimises a smooth convex function: L-BFGS with the two-loop recursion of Nocedal and Wright, "Numerical Optimization", 2nd edition,
/// algorithms 7.4 and 7.5, and a line search by bisection for the weak Wolfe conditions (Lewis and Overton, "Nonsmooth optimization via
/// quasi-Newton methods", 2013).
/// </summary>
internal static class Lbfgs
{
    private const int History = 10;
    private const int MaxLineSearchSteps = 50;
    private const double SufficientDecrease = 1e-4;
    private const double Curvature = 0.9;

    /// <summary>Computes the value at a point and fills in its gradient.</summary>
    public delegate double Objective(double[] point, double[] gradient);

    /// <summary>
    /// Moves <paramref name="point"/> until no component of the gradient exceeds <paramref name="tolerance"/>, the value cannot be told
    /// from a lower one any more, or <paramref name="maxIterations"/> is reached.
    /// </summary>
    /// <returns>The number of iterations.</returns>
    public static int Minimize(Objective objective, double[] point, double tolerance, int maxIterations, Action<int> beforeIteration)
    {
        var size = point.Length;
        var gradient = new double[size];
        var value = objective(point, gradient);
        var pairs = new List<(double[] Step, double[] Change, double InverseProduct)>();
        var next = new double[size];
        var nextGradient = new double[size];
        for (var iteration = 0; iteration < maxIterations; iteration++)
        {
            beforeIteration(iteration);
            if (gradient.Max(Math.Abs) <= tolerance)
            {
                return iteration;
            }

            var direction = Direction(gradient, pairs);
            var slope = Dot(gradient, direction);
            var scale = pairs.Count == 0 ? 1 / Math.Max(1, Math.Sqrt(Dot(gradient, gradient))) : 1;
            if (!TrySearch(objective, point, value, direction, slope, scale, next, nextGradient, out value))
            {
                return iteration;
            }

            var step = new double[size];
            var change = new double[size];
            for (var i = 0; i < size; i++)
            {
                step[i] = next[i] - point[i];
                change[i] = nextGradient[i] - gradient[i];
            }

            var product = Dot(step, change);
            if (product > 0)
            {
                if (pairs.Count == History)
                {
                    pairs.RemoveAt(0);
                }

                pairs.Add((step, change, 1 / product));
            }

            next.CopyTo(point, 0);
            nextGradient.CopyTo(gradient, 0);
        }

        return maxIterations;
    }

    private static double[] Direction(double[] gradient, List<(double[] Step, double[] Change, double InverseProduct)> pairs)
    {
        var direction = Array.ConvertAll(gradient, component => -component);
        var factors = new double[pairs.Count];
        for (var k = pairs.Count - 1; k >= 0; k--)
        {
            factors[k] = pairs[k].InverseProduct * Dot(pairs[k].Step, direction);
            AddScaled(direction, -factors[k], pairs[k].Change);
        }

        if (pairs.Count > 0)
        {
            var (_, change, inverseProduct) = pairs[^1];
            var scale = 1 / (inverseProduct * Dot(change, change));
            for (var i = 0; i < direction.Length; i++)
            {
                direction[i] *= scale;
            }
        }

        for (var k = 0; k < pairs.Count; k++)
        {
            AddScaled(direction, factors[k] - (pairs[k].InverseProduct * Dot(pairs[k].Change, direction)), pairs[k].Step);
        }

        return direction;
    }

    private static bool TrySearch(
        Objective objective,
        double[] point,
        double value,
        double[] direction,
        double slope,
        double length,
        double[] next,
        double[] nextGradient,
        out double nextValue)
    {
        var low = 0.0;
        var high = double.PositiveInfinity;
        for (var i = 0; i < MaxLineSearchSteps; i++)
        {
            point.CopyTo(next, 0);
            AddScaled(next, length, direction);
            nextValue = objective(next, nextGradient);
            if (!(nextValue <= value + (SufficientDecrease * length * slope)))
            {
                high = length;
            }
            else if (Dot(nextGradient, direction) < Curvature * slope)
            {
                low = length;
            }
            else
            {
                return true;
            }

            length = double.IsPositiveInfinity(high) ? 2 * low : (low + high) / 2;
        }

        // Rounding hides any further decrease: the point is as good as can be told.
        nextValue = value;
        return false;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void AddScaled(double[] target, double factor, double[] source)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] += factor * source[i];
        }
    }
}
