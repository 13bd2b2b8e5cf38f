using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlDurable.Learning.Numerics;

/// <summary>Sums in always the same eight lanes, whatever vectors the processor has: the same numbers give the same bits everywhere.</summary>
internal static class FixedLanes
{
    /// <summary>The sum of the products of two spans of the same length.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (first, second) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var left = MemoryMarshal.Cast<double, Vector256<double>>(a);
        var right = MemoryMarshal.Cast<double, Vector256<double>>(b);
        var pairs = left.Length & ~1;
        for (var i = 0; i < pairs; i += 2)
        {
            first += left[i] * right[i];
            second += left[i + 1] * right[i + 1];
        }

        var lanes = first + second;
        var sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
        for (var i = pairs * Vector256<double>.Count; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
