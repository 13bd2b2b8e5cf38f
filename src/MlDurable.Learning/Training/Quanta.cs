using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Training;

/// <summary>
/// The gradient and the hessian of a row as whole numbers, both in one: one addition adds both, in half the memory, and any order gives the same sum.
/// They are so small that the sums of all rows fit 32 bits each. Each is rounded up or down by chance, so that sums are right on average; then few quanta
/// are enough to choose splits (Shi and others, "Quantized training of gradient boosting decision trees", 2022).
/// </summary>
internal readonly struct Quanta
{
    private const double MostGradients = 1L << 30;
    private const double MostHessians = 1L << 31;
    private const double Chance = 1.0 / (1L << 32);
    private const int BlockRows = 1 << 14;

    private readonly double gradientScale;
    private readonly double hessianScale;
    private readonly double gradientUnit;
    private readonly double hessianUnit;
    private readonly ulong seed;

    private Quanta(double mostGradient, double mostHessian, int rows, ulong seed)
    {
        gradientScale = Scale(mostGradient, MostGradients, rows);
        hessianScale = Scale(mostHessian, MostHessians, rows);
        gradientUnit = 1 / gradientScale;
        hessianUnit = 1 / hessianScale;
        this.seed = seed;
        MostHessian = mostHessian + hessianUnit;
    }

    /// <summary>No row's quanta are more hessian than this.</summary>
    public double MostHessian { get; }

    public static Quanta For(double[] gradients, double[] hessians, ulong seed)
    {
        var most = new (double Gradient, double Hessian)[(gradients.Length + BlockRows - 1) / BlockRows];
        Parallel.For(0, most.Length, block =>
        {
            var (gradient, hessian) = (0.0, 0.0);
            for (var row = block * BlockRows; row < Math.Min(gradients.Length, (block + 1) * BlockRows); row++)
            {
                gradient = Math.Max(gradient, Math.Abs(gradients[row]));
                hessian = Math.Max(hessian, hessians[row]);
            }

            most[block] = (gradient, hessian);
        });
        return new Quanta(most.Select(block => block.Gradient).DefaultIfEmpty().Max(), most.Select(block => block.Hessian).DefaultIfEmpty().Max(), gradients.Length, seed);
    }

    public long Of(int row, double gradient, double hessian)
    {
        var random = SplitMix64.At(seed, row);
        var gradients = (long)Math.Floor((gradient * gradientScale) + ((uint)random * Chance));
        var hessians = (long)((hessian * hessianScale) + ((random >> 32) * Chance));
        return (gradients << 32) + hessians;
    }

    public double GradientOf(long sums) => (sums >> 32) * gradientUnit;

    public double HessianOf(long sums) => (uint)sums * hessianUnit;

    // A power of two: scaling rounds nothing.
    private static double Scale(double most, double limit, int rows) => most > 0 ? Math.ScaleB(1, Math.ILogB(limit / (most * rows))) : 1;
}
