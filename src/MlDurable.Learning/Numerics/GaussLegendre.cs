namespace MlDurable.Learning.Numerics;

/// <summary>
/// Gauss–Legendre quadrature on (0, 1): with n points it integrates every polynomial of degree 2n - 1 or less exactly. Immutable, so safe for
/// concurrent use.
/// </summary>
/// <remarks>The points are the roots of the Legendre polynomial by Newton's method, as in Press and others, "Numerical Recipes", section
/// 4.6.</remarks>
internal sealed class GaussLegendre
{
    // The first guess is within 1/count² of the root, and every step doubles the digits.
    private const int NewtonSteps = 8;

    /// <param name="count">The number of points, at least 1.</param>
    public GaussLegendre(int count)
    {
        Points = new double[count];
        Weights = new double[count];
        for (var i = 0; i < count; i++)
        {
            var x = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5));
            for (var step = 0; step < NewtonSteps; step++)
            {
                var (value, derivative) = Legendre(count, x);
                x -= value / derivative;
            }

            var slope = Legendre(count, x).Slope;
            Points[i] = (1 - x) / 2;
            Weights[i] = 1 / ((1 - (x * x)) * slope * slope);
        }
    }

    /// <summary>Where to evaluate: inside (0, 1), ascending.</summary>
    public double[] Points { get; }

    /// <summary>The weight of the value at each point; they sum to 1.</summary>
    public double[] Weights { get; }

    /// <summary>The Legendre polynomial of a degree and its derivative.</summary>
    private static (double Value, double Slope) Legendre(int degree, double x)
    {
        double previous = 1, value = x;
        for (var k = 2; k <= degree; k++)
        {
            (previous, value) = (value, ((((2 * k) - 1) * x * value) - ((k - 1) * previous)) / k);
        }

        return (value, degree * ((x * value) - previous) / ((x * x) - 1));
    }
}
