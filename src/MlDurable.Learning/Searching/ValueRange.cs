using System.Globalization;
using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Searching;

/// <summary>All numbers, or all whole numbers, from one to another.</summary>
/// <remarks>
/// Of fractions, a search takes those of six significant digits, so that the value that is shown is the value that is trained.
/// </remarks>
/// <param name="From">The least value; above zero when the range is logarithmic, a whole number when only those are in it.</param>
/// <param name="To">The greatest value, above <paramref name="From"/>.</param>
/// <param name="IsLogarithmic">Whether 1 to 10 is as wide as 10 to 100.</param>
/// <param name="IsWhole">Whether only whole numbers are in it.</param>
public sealed record ValueRange(double From, double To, bool IsLogarithmic, bool IsWhole) : HyperparameterDomain
{
    private const int Digits = 6;

    /// <inheritdoc/>
    public override double Count => IsWhole ? To - From + 1 : Math.Floor((To - From) / Step) + 1;

    /// <summary>Where the range begins on its scale. A whole number stands for all that are rounded to it, so that the ends are as likely as the others.</summary>
    internal double Least => PlaceOf(IsWhole ? From - 0.5 : From);

    /// <summary>Where the range ends on its scale.</summary>
    internal double Most => PlaceOf(IsWhole ? To + 0.5 : To);

    /// <summary>The distance of neighbours of six digits where they are farthest apart.</summary>
    private double Step => Math.Pow(10, Math.Floor(Math.Log10(Math.Max(Math.Abs(From), Math.Abs(To)))) - (Digits - 1));

    /// <inheritdoc/>
    public override bool Contains(double value) => value >= From && value <= To && (!IsWhole || double.IsInteger(value));

    /// <summary>The range in words: <c>0.001 to 1 (log)</c>.</summary>
    public override string ToString() => $"{From} to {To}{(IsLogarithmic ? " (log)" : "")}";

    internal override double Draw(SplitMix64 random) => ValueAt(Least + (random.NextUniform() * (Most - Least)));

    internal override Density Estimate(IReadOnlyList<double> observations) => new RangeDensity(this, observations);

    /// <summary>Where a value lies on the scale.</summary>
    internal double PlaceOf(double value) => IsLogarithmic ? Math.Log(value) : value;

    /// <summary>The value that is the nearest to a place. Zero is added because there is but one zero among hyperparameters.</summary>
    internal double ValueAt(double place)
    {
        var value = IsLogarithmic ? Math.Exp(place) : place;
        return Math.Clamp(IsWhole ? Math.Round(value) : Rounded(value), From, To) + 0.0;
    }

    private static double Rounded(double value) =>
        double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
