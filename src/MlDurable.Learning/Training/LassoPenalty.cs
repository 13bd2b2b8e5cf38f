namespace MlDurable.Learning.Training;

/// <summary>The penalty on the magnitude of weights: their absolute values, added up, times a strength. The intercept, which comes last, is free.</summary>
/// <param name="Strength">Not negative.</param>
internal readonly record struct LassoPenalty(double Strength)
{
    /// <summary>The penalty of a point.</summary>
    public double Of(ReadOnlySpan<double> point)
    {
        var sum = 0.0;
        foreach (var weight in point[..^1])
        {
            sum += Math.Abs(weight);
        }

        return Strength * sum;
    }

    /// <summary>How far a point is off the conditions of a minimum of a smooth function plus the penalty.</summary>
    /// <param name="point">The point.</param>
    /// <param name="gradient">That of the smooth function.</param>
    /// <returns>The greatest magnitude of a component of the subgradient that is nearest to 0.</returns>
    public double Violation(ReadOnlySpan<double> point, ReadOnlySpan<double> gradient)
    {
        var greatest = Math.Abs(gradient[^1]);
        for (var i = 0; i < point.Length - 1; i++)
        {
            greatest = Math.Max(greatest, point[i] == 0 ? Math.Abs(gradient[i]) - Strength : Math.Abs(Slope(point[i], gradient[i])));
        }

        return greatest;
    }

    /// <summary>The derivative by a weight that is not 0.</summary>
    public double Slope(double weight, double gradient) => gradient + (Math.Sign(weight) * Strength);

    /// <summary>Whether the sum of the function and the penalty does not fall whichever way a weight leaves 0.</summary>
    public bool HoldsAtZero(double gradient) => Math.Abs(gradient) <= Strength;

    /// <summary>Where curvature / 2 · weight² - pull · weight plus the penalty is least, for a positive curvature: the soft threshold.</summary>
    public double Shrink(double pull, double curvature) => Math.Sign(pull) * Math.Max(Math.Abs(pull) - Strength, 0) / curvature;
}
