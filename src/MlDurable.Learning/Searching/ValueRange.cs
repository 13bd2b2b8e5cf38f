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

    /// <summary>The distance of neighbours of six digits where they are farthest apart.</summary>
    private double Step => Math.Pow(10, Math.Floor(Math.Log10(Math.Max(Math.Abs(From), Math.Abs(To)))) - (Digits - 1));

    /// <inheritdoc/>
    public override bool Contains(double value) => value >= From && value <= To && (!IsWhole || double.IsInteger(value));

    /// <summary>The range in words: <c>0.001 to 1 (log)</c>.</summary>
    public override string ToString() => $"{From} to {To}{(IsLogarithmic ? " (log)" : "")}";

    /// <remarks>A whole number stands for all that are rounded to it, so that the ends are as likely as the others.</remarks>
    internal override double Draw(SplitMix64 random)
    {
        var (low, high) = IsWhole ? (From - 0.5, To + 0.5) : (From, To);
        var (least, most) = IsLogarithmic ? (Math.Log(low), Math.Log(high)) : (low, high);
        var place = least + (random.NextUniform() * (most - least));
        return Nearest(IsLogarithmic ? Math.Exp(place) : place);
    }

    /// <summary>The nearest value of the range. Zero is added because there is but one zero among hyperparameters.</summary>
    private double Nearest(double value) => Math.Clamp(IsWhole ? Math.Round(value) : Rounded(value), From, To) + 0.0;

    private static double Rounded(double value) =>
        double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
