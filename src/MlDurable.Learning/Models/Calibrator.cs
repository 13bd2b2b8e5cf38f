using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MlDurable.Learning.Models;

/// <summary>
/// The part of a model that turns log-odds into probabilities which were fitted to the labels of validation rows. A greater score never gives a
/// lesser probability. Immutable.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PlattCalibrator), "platt")]
[JsonDerivedType(typeof(IsotonicCalibrator), "isotonic")]
internal abstract record Calibrator
{
    /// <summary>Log-odds beyond this, whichever way, count as this: there the logistic function is 0 or 1 to the last bit.</summary>
    public const double MostLogOdds = 1000;

    [JsonIgnore]
    public abstract CalibrationMethod Method { get; }

    public static double Limit(double logOdds) => Math.Clamp(logOdds, -MostLogOdds, MostLogOdds);

    /// <summary>The probability of the given log-odds.</summary>
    public double Probability(double logOdds) => Within(Limit(logOdds));

    /// <summary>Whether <see cref="Probability"/> is one for any log-odds, and never decreases: for calibrators read from a file.</summary>
    public abstract bool IsSound();

    /// <summary>The probability of log-odds that are limited.</summary>
    protected abstract double Within(double logOdds);
}

/// <summary>1 / (1 + exp(A · score + B)): Platt, "Probabilistic outputs for support vector machines", 1999, whose names these are.</summary>
/// <param name="A">Minus the weight of the score; at most 0.</param>
/// <param name="B">Minus what is added to it.</param>
internal sealed record PlattCalibrator(double A, double B) : Calibrator
{
    private const double MaxCoefficient = 1e100;

    public override CalibrationMethod Method => CalibrationMethod.Platt;

    public override bool IsSound() => A is <= 0 and >= -MaxCoefficient && Math.Abs(B) <= MaxCoefficient;

    protected override double Within(double logOdds) => Sigmoid.Probability(-((A * logOdds) + B));
}

/// <summary>Straight lines between points, and level before the first and after the last.</summary>
/// <param name="Scores">The log-odds of the points, ascending.</param>
/// <param name="Probabilities">The probability at each, never descending.</param>
internal sealed record IsotonicCalibrator(ImmutableArray<double> Scores, ImmutableArray<double> Probabilities) : Calibrator
{
    public override CalibrationMethod Method => CalibrationMethod.Isotonic;

    public override bool IsSound()
    {
        if (Scores.IsDefaultOrEmpty
            || Probabilities.IsDefault
            || Probabilities.Length != Scores.Length
            || !(Scores[0] >= -MostLogOdds && Scores[^1] <= MostLogOdds && Probabilities[0] >= 0 && Probabilities[^1] <= 1))
        {
            return false;
        }

        for (var i = 1; i < Scores.Length; i++)
        {
            if (!(Scores[i] > Scores[i - 1] && Probabilities[i] >= Probabilities[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    protected override double Within(double logOdds)
    {
        var place = Scores.AsSpan().BinarySearch(logOdds);
        if (place >= 0)
        {
            return Probabilities[place];
        }

        var next = ~place;
        if (next == 0 || next == Scores.Length)
        {
            return next == 0 ? Probabilities[0] : Probabilities[^1];
        }

        var share = (logOdds - Scores[next - 1]) / (Scores[next] - Scores[next - 1]);
        var (low, high) = (Probabilities[next - 1], Probabilities[next]);
        return Math.Min(low + ((high - low) * share), high);
    }
}
