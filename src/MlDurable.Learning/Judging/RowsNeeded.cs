using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Judging;

/// <summary>The comparison rows that would show, with the given power, that a candidate which is truly as good as the reference is within the margin. Thread-safe.</summary>
/// <remarks>The normal quantiles are rounded to three decimals, as printed tables have them (1.645 + 0.842 = 2.487), so that a reader can check the numbers by hand.</remarks>
public static class RowsNeeded
{
    /// <summary>The chance of settling the question with the rows that the formulas ask for, if the models are equal.</summary>
    public const double DefaultPower = 0.8;

    /// <summary>For accuracy, from the share of rows on which only one of the models is right: n = z^2 p / margin^2.</summary>
    /// <param name="discordantShare">p = (b + c) / n of <see cref="McNemarResult"/>, 0 to 1.</param>
    /// <param name="margin">The margin in units of accuracy, above 0.</param>
    /// <param name="confidence">The one-sided confidence. Default 0.95.</param>
    /// <param name="power">The power. Default 0.8.</param>
    /// <returns>The rows, rounded up.</returns>
    public static long ForDecisions(double discordantShare, double margin, double confidence = 0.95, double power = DefaultPower)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(margin);
        var z = SumOfQuantiles(confidence, power);
        return (long)Math.Ceiling(z * z * discordantShare / (margin * margin));
    }

    /// <summary>For any metric, from the bootstrap standard error on the rows at hand: n (z SE / margin)^2.</summary>
    /// <param name="rows">The rows at hand.</param>
    /// <param name="standardError">The standard error of the difference on them, 0 or more.</param>
    /// <param name="margin">The margin in units of the metric, above 0.</param>
    /// <param name="confidence">The one-sided confidence. Default 0.95.</param>
    /// <param name="power">The power. Default 0.8.</param>
    /// <returns>The rows, rounded up.</returns>
    public static long ForMetric(int rows, double standardError, double margin, double confidence = 0.95, double power = DefaultPower)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(margin);
        var ratio = SumOfQuantiles(confidence, power) * standardError / margin;
        return (long)Math.Ceiling(rows * ratio * ratio);
    }

    private static double SumOfQuantiles(double confidence, double power) =>
        Math.Round(Distributions.NormalQuantile(confidence), 3) + Math.Round(Distributions.NormalQuantile(power), 3);
}
