using System.Collections.Immutable;
using System.Globalization;

namespace MlDurable.Pipelines.Reports;

/// <summary>Maps values to a coordinate of a drawing. A value outside the domain is drawn at its edge, so that nothing leaves the drawing.</summary>
/// <param name="Low">The lower end of the domain.</param>
/// <param name="High">The upper end of the domain, above <paramref name="Low"/>.</param>
/// <param name="From">The coordinate of <paramref name="Low"/>.</param>
/// <param name="To">The coordinate of <paramref name="High"/>; may be below <paramref name="From"/>.</param>
internal sealed record LinearScale(double Low, double High, double From, double To)
{
    /// <summary>A domain that holds all finite values, widened to the next ticks.</summary>
    /// <param name="values">The values; those that are not finite are ignored.</param>
    /// <param name="from">The coordinate of the lower end.</param>
    /// <param name="to">The coordinate of the upper end.</param>
    public static LinearScale Around(IEnumerable<double> values, double from, double to)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var value in values.Where(double.IsFinite))
        {
            // Beyond this the distance of two values can overflow; no metric is ever near it.
            var bounded = Math.Clamp(value, -1e100, 1e100);
            (low, high) = (Math.Min(low, bounded), Math.Max(high, bounded));
        }

        if (low > high)
        {
            (low, high) = (0, 1);
        }

        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (high - low <= Math.Max(size * 1e-9, 1e-12))
        {
            var half = size < 1e-9 ? 0.5 : size * 0.05;
            (low, high) = (low - half, high + half);
        }

        var step = Step(low, high, 4);
        return new LinearScale(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, from, to);
    }

    /// <summary>The coordinate of a finite value.</summary>
    public double Map(double value) => From + (Math.Clamp((value - Low) / (High - Low), 0, 1) * (To - From));

    /// <summary>Round values inside the domain, with their labels.</summary>
    /// <param name="about">How many to aim for.</param>
    public ImmutableArray<(double Value, string Label)> Ticks(int about)
    {
        var step = Step(Low, High, about);
        var decimals = (int)Math.Clamp(-Math.Floor(Math.Log10(step)), 0, 15);
        var first = Math.Ceiling((Low / step) - 1e-6);
        var count = Math.Min((int)Math.Floor(((High / step) + 1e-6) - first) + 1, 4 * about);
        var ticks = ImmutableArray.CreateBuilder<(double, string)>(Math.Max(count, 0));
        for (var index = 0; index < count; index++)
        {
            var value = Math.Round((first + index) * step, decimals);
            var label = Math.Abs(value) is 0 or (>= 1e-4 and < 1e6)
                ? value.ToString("F" + decimals, CultureInfo.InvariantCulture)
                : value.ToString("G3", CultureInfo.InvariantCulture);
            ticks.Add((value, label.Replace('-', '\u2212')));
        }

        return ticks.DrainToImmutable();
    }

    // The next of 1, 2 and 5 times a power of ten, as on the axes of any paper; rounding errors must not skip one.
    private static double Step(double low, double high, int about)
    {
        var rough = (high - low) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch
        {
            <= 1.0001 => 1,
            <= 2.0001 => 2,
            <= 5.0001 => 5,
            _ => 10,
        } * power;
    }
}
