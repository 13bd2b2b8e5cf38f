using System.Collections.Immutable;

namespace MlDurable.Learning.Metrics;

/// <summary>Ramer–Douglas–Peucker with a bounded number of points.</summary>
internal static class CurveThinning
{
    /// <summary>An invisible distance: a quarter of a pixel on a chart 500 pixels wide.</summary>
    public const double FinestTolerance = 0.0005;

    public static ImmutableArray<CurvePoint> Thin(List<CurvePoint> curve, int points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 2);
        var kept = new bool[curve.Count];

        // In the unit square no vertex is farther from a segment than its diagonal, so the loop ends.
        for (var tolerance = FinestTolerance; ; tolerance *= 2)
        {
            Array.Clear(kept);
            if (Mark(curve, kept, tolerance) <= points)
            {
                return [.. curve.Where((_, index) => kept[index])];
            }
        }
    }

    private static int Mark(List<CurvePoint> curve, bool[] kept, double tolerance)
    {
        kept[0] = kept[^1] = true;
        var count = curve.Count == 1 ? 1 : 2;
        var segments = new Stack<(int First, int Last)>([(0, curve.Count - 1)]);
        while (segments.TryPop(out var segment))
        {
            var farthest = -1;
            var distance = tolerance;
            for (var i = segment.First + 1; i < segment.Last; i++)
            {
                var d = Distance(curve[i], curve[segment.First], curve[segment.Last]);
                if (d > distance)
                {
                    (farthest, distance) = (i, d);
                }
            }

            if (farthest >= 0)
            {
                kept[farthest] = true;
                count++;
                segments.Push((segment.First, farthest));
                segments.Push((farthest, segment.Last));
            }
        }

        return count;
    }

    internal static double Distance(CurvePoint point, CurvePoint from, CurvePoint to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var squaredLength = (dx * dx) + (dy * dy);
        var along = squaredLength == 0 ? 0 : Math.Clamp((((point.X - from.X) * dx) + ((point.Y - from.Y) * dy)) / squaredLength, 0, 1);
        return double.Hypot(point.X - from.X - (along * dx), point.Y - from.Y - (along * dy));
    }
}
