using System.Text.Json.Serialization;

namespace MlDurable.Learning.Models;

/// <summary>The normal distributions of a number in the rows of either class.</summary>
internal sealed record NormalPair(double NegativeMean, double NegativeVariance, double PositiveMean, double PositiveVariance)
{
    private const double GreatestMean = 1e100;

    // Of these, no ratio of the densities of numbers up to ±1e100 has a logarithm that overflows.
    private const double LeastVariance = 1e-50;
    private const double GreatestVariance = 1e200;

    /// <summary>A number that says nothing.</summary>
    public static NormalPair Equal { get; } = new(0, 1, 0, 1);

    /// <summary>The logarithm of the ratio of the densities where both are greatest.</summary>
    [JsonIgnore]
    public double LogScale { get; } = Math.Log(NegativeVariance / PositiveVariance) / 2;

    [JsonIgnore]
    public bool IsSound =>
        Math.Abs(NegativeMean) <= GreatestMean
        && Math.Abs(PositiveMean) <= GreatestMean
        && NegativeVariance is >= LeastVariance and <= GreatestVariance
        && PositiveVariance is >= LeastVariance and <= GreatestVariance;

    /// <summary>The logarithm of how much likelier a number is in positive rows than in negative ones; 0 where it is missing.</summary>
    public double LogRatio(double value)
    {
        if (double.IsNaN(value))
        {
            return 0;
        }

        var fromNegative = value - NegativeMean;
        var fromPositive = value - PositiveMean;
        return LogScale + (((fromNegative * fromNegative / NegativeVariance) - (fromPositive * fromPositive / PositiveVariance)) / 2);
    }
}
