using System.Text.Json;
using MlDurable.Learning.Models;

namespace OwnTrainer;

/// <summary>What the trainer learned: it is written as JSON.</summary>
/// <param name="Prior">The log-odds without any feature.</param>
/// <param name="Negative">How each number is distributed in rows of the negative class.</param>
/// <param name="Positive">How each number is distributed in rows of the positive class.</param>
/// <param name="Levels">What each feature that is a category adds to the log-odds.</param>
internal sealed record NaiveBayes(double Prior, Bell[] Negative, Bell[] Positive, double[] Levels) : ICustomScorer
{
    public double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot)
    {
        var score = Prior;
        for (var i = 0; i < dense.Length; i++)
        {
            score += Positive[i].LogDensity(dense[i]) - Negative[i].LogDensity(dense[i]);
        }

        foreach (var level in hot)
        {
            score += level < 0 ? 0 : Levels[level];
        }

        return score;
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Whether it can score rows of so many features, whoever wrote it.</summary>
    public bool Fits(int denseCount, int featureCount) =>
        Negative?.Length == denseCount && Positive?.Length == denseCount && Levels?.Length == featureCount
        && Negative.Concat(Positive).All(bell => bell is { Variance: >= Bell.LeastVariance });
}

/// <summary>A normal distribution.</summary>
internal sealed record Bell(double Mean, double Variance)
{
    /// <summary>Of a standardised number: no single row decides alone.</summary>
    public const double LeastVariance = 0.01;

    public static Bell Of(double[] column, int[] rows)
    {
        var mean = rows.Average(row => column[row]);
        return new Bell(mean, Math.Max(rows.Average(row => (column[row] - mean) * (column[row] - mean)), LeastVariance));
    }

    /// <summary>The logarithm of the density, but for a constant.</summary>
    public double LogDensity(double value) => -((value - Mean) * (value - Mean) / (2 * Variance)) - (Math.Log(Variance) / 2);
}
