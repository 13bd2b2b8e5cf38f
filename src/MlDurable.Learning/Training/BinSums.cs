using System.Runtime.InteropServices;

namespace MlDurable.Learning.Training;

/// <summary>The sums over some rows that decide about a split.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct BinSums
{
    public double Gradient;
    public double Hessian;
    public int Rows;

    public static BinSums operator +(BinSums a, BinSums b) =>
        new() { Gradient = a.Gradient + b.Gradient, Hessian = a.Hessian + b.Hessian, Rows = a.Rows + b.Rows };

    public static BinSums operator -(BinSums a, BinSums b) =>
        new() { Gradient = a.Gradient - b.Gradient, Hessian = a.Hessian - b.Hessian, Rows = a.Rows - b.Rows };

    /// <summary>How much the loss falls by the best value for these rows, times two.</summary>
    public readonly double Score(double l2) => Gradient * Gradient / (Hessian + l2);
}
