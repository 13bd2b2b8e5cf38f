using MathNet.Numerics;

namespace MlDurable.Learning.Drift;

/// <summary>
/// The distribution of the one-sample Kolmogorov–Smirnov statistic, by the method that is accurate in each region, as SciPy
/// chooses them. Source: R. Simard, P. L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution", 2011.
/// </summary>
internal static class KolmogorovDistribution
{
    private const double PiSquared = Math.PI * Math.PI;

    /// <summary>Above this many rows the sum of as many terms gives way to a formula that is then as good.</summary>
    private const double LargestSum = 100_000;

    /// <summary>P[D >= x] for a whole number of rows n.</summary>
    public static double Survival(double n, double x)
    {
        if (n <= 0 || x <= 0)
        {
            return 1;
        }

        if (x >= 1)
        {
            return 0;
        }

        var nx = n * x;
        var nxSquared = nx * x;
        if (nx <= 1)
        {
            return nx <= 0.5 ? 1 : 1 - Math.Exp(SpecialFunctions.GammaLn(n + 1) - (n * Math.Log(n)) + (n * Math.Log((2 * nx) - 1)));
        }

        if (nx >= n - 1)
        {
            return 2 * Math.Pow(1 - x, n);
        }

        if (nxSquared >= 370)
        {
            return 0;
        }

        // Twice the one-sided tail is exact from x = 1/2, and wrong by less than rounding from these limits on.
        if (x >= 0.5 || nxSquared >= (n <= 140 ? 4 : 2.2))
        {
            return Math.Min(1, 2 * OneSided(n, x));
        }

        var cdf = n <= 140 || (n <= LargestSum && n * Math.Pow(x, 1.5) <= 1.4) ? Durbin((int)n, x) : PelzGood(n, x);
        return Math.Clamp(1 - cdf, 0, 1);
    }

    /// <summary>
    /// Smirnov's exact one-sided tail: x times the sum of C(n, j) (x + j/n)^(j-1) (1 - x - j/n)^(n-j). Above
    /// <see cref="LargestSum"/>: U. Maag, G. Dicaire, "On Kolmogorov–Smirnov type one-sample statistics", 1971.
    /// </summary>
    private static double OneSided(double n, double x)
    {
        if (n > LargestSum)
        {
            return Math.Exp(-((6 * n * x) + 1) * ((6 * n * x) + 1) / (18 * n));
        }

        var all = SpecialFunctions.GammaLn(n + 1);
        double sum = 0;
        for (var j = 0; j <= Math.Floor(n * (1 - x)); j++)
        {
            var up = x + (j / n);
            var down = Math.Max(0, 1 - up);
            if (down > 0)
            {
                sum += Math.Exp(
                    all - SpecialFunctions.GammaLn(j + 1) - SpecialFunctions.GammaLn(n - j + 1)
                    + ((j - 1) * Math.Log(up)) + ((n - j) * Math.Log(down)));
            }
        }

        return x * sum;
    }

    /// <summary>Durbin's matrix by G. Marsaglia, W. Tsang, J. Wang, "Evaluating Kolmogorov's distribution", 2003: P[D &lt; x].</summary>
    private static double Durbin(int n, double x)
    {
        var k = (int)(n * x) + 1;
        var size = (2 * k) - 1;
        var h = k - (n * x);
        var matrix = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                matrix[i, j] = i - j + 1 < 0 ? 0 : 1;
            }
        }

        for (var i = 0; i < size; i++)
        {
            matrix[i, 0] -= Math.Pow(h, i + 1);
            matrix[size - 1, i] -= Math.Pow(h, size - i);
        }

        matrix[size - 1, 0] += (2 * h) - 1 > 0 ? Math.Pow((2 * h) - 1, size) : 0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                for (var g = 1; g <= i - j + 1; g++)
                {
                    matrix[i, j] /= g;
                }
            }
        }

        var (power, exponent) = Power(matrix, size, n, k);
        var probability = power[k - 1, k - 1];
        for (var i = 1; i <= n; i++)
        {
            probability = probability * i / n;
            if (probability < 1e-140)
            {
                probability *= 1e140;
                exponent -= 140;
            }
        }

        return probability * Math.Pow(10, exponent);
    }

    /// <summary>matrix^n, as a matrix and a power of ten.</summary>
    private static (double[,] Matrix, int Exponent) Power(double[,] matrix, int size, int n, int k)
    {
        if (n == 1)
        {
            return (matrix, 0);
        }

        var (half, exponent) = Power(matrix, size, n / 2, k);
        var power = Multiply(half, half, size);
        exponent *= 2;
        if (n % 2 == 1)
        {
            power = Multiply(matrix, power, size);
        }

        if (power[k - 1, k - 1] > 1e140)
        {
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    power[i, j] *= 1e-140;
                }
            }

            exponent += 140;
        }

        return (power, exponent);
    }

    private static double[,] Multiply(double[,] left, double[,] right, int size)
    {
        var product = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < size; k++)
            {
                var factor = left[i, k];
                for (var j = 0; j < size; j++)
                {
                    product[i, j] += factor * right[k, j];
                }
            }
        }

        return product;
    }

    /// <summary>The first four terms in 1 / sqrt(n) of W. Pelz, I. Good, "Approximating the lower tail-areas of the Kolmogorov–Smirnov one-sample statistic", 1976.</summary>
    private static double PelzGood(double n, double x)
    {
        var z = Math.Sqrt(n) * x;
        var z2 = z * z;
        var z3 = z2 * z;
        var z4 = z2 * z2;
        var z6 = z4 * z2;
        const double piFour = PiSquared * PiSquared;
        const double piSix = piFour * PiSquared;
        var root = Math.Sqrt(2 * Math.PI);
        var terms = (int)Math.Ceiling(16 * z / Math.PI);
        double k0 = 0, k1 = 0, k2 = 0, k3 = 0, k2Even = 0, k3Even = 0;
        for (var k = terms; k > 0; k--)
        {
            var odd = (2.0 * k) - 1;
            var m2 = odd * odd;
            var m4 = m2 * m2;
            var m6 = m4 * m2;
            var weight = Math.Exp(-PiSquared * m2 / (8 * z2));
            k0 += weight;
            k1 += weight * (-z2 + (PiSquared / 4 * m2));
            k2 += weight * ((6 * z6) + (2 * z4) + (((2 * z4) - (5 * z2)) * PiSquared / 4 * m2) + (piFour * (1 - (2 * z2)) / 16 * m4));
            k3 += weight * (
                (-30 * z6) - (90 * z6 * z2)
                + (PiSquared * ((135 * z4) - (96 * z6)) / 4 * m2)
                + (piFour * ((-60 * z2) + (212 * z4)) / 16 * m4)
                + (piSix * (5 - (30 * z2)) / 64 * m6));
            var even = Math.Exp(-PiSquared * k * k / (2 * z2));
            k2Even += k * k * even;
            k3Even += ((3 * z2) - (PiSquared * k * k)) * k * k * even;
        }

        k0 *= root / z;
        k1 *= root / (6 * z4);
        k2 = (k2 * root / (72 * z6 * z)) - (k2Even * PiSquared * root / (36 * z3));
        k3 = (k3 * root / (6480 * z6 * z4)) + (k3Even * PiSquared * root / (216 * z6));
        return k0 + (k1 / Math.Sqrt(n)) + (k2 / n) + (k3 / (n * Math.Sqrt(n)));
    }
}
