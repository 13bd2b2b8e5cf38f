using System.Collections.Immutable;

namespace MlDurable.Learning.Forecasting;

/// <summary>Numbers at equal steps of time. Immutable.</summary>
/// <param name="Name">The name, unique in its set.</param>
/// <param name="First">The step of the first value, counted from the year 1.</param>
/// <param name="Values">The values, oldest first; <see cref="double.NaN"/> where there is none. The first and the last are there.</param>
public sealed record TimeSeries(string Name, long First, ImmutableArray<double> Values)
{
    /// <summary>The step after the last value.</summary>
    public long End => First + Values.Length;

    /// <summary>The value of a step.</summary>
    /// <param name="step">The step, counted from the year 1.</param>
    /// <returns>The value, <see cref="double.NaN"/> where there is none.</returns>
    public double At(long step) => step >= First && step < End ? Values[(int)(step - First)] : double.NaN;

    /// <summary>The values before a step.</summary>
    /// <param name="end">The first step that is left out.</param>
    /// <returns>The series up to its last value before, or <see langword="null"/> when it has none.</returns>
    internal TimeSeries? Before(long end)
    {
        var count = (int)Math.Clamp(end - First, 0, Values.Length);
        while (count > 0 && double.IsNaN(Values[count - 1]))
        {
            count--;
        }

        return count == 0 ? null : this with { Values = Values[..count] };
    }
}
