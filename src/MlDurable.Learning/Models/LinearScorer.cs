using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>Intercept plus weighted sum.</summary>
internal sealed record LinearScorer(double Intercept, ImmutableArray<double> Weights) : Scorer
{
    public override double[] LogOdds(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Compute(scores, features, Weights.AsSpan(), Intercept);
        return scores;
    }

    public override double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot)
    {
        var weights = Weights.AsSpan();
        var score = Intercept;
        for (var i = 0; i < dense.Length; i++)
        {
            score += weights[i] * dense[i];
        }

        foreach (var feature in hot)
        {
            if (feature >= 0)
            {
                score += weights[feature];
            }
        }

        return score;
    }

    public static void Compute(double[] scores, FeatureMatrix features, ReadOnlySpan<double> weights, double intercept)
    {
        Array.Fill(scores, intercept);
        for (var i = 0; i < features.Dense.Length; i++)
        {
            var column = features.Dense[i];
            var weight = weights[i];
            for (var row = 0; row < scores.Length; row++)
            {
                scores[row] += weight * column[row];
            }
        }

        foreach (var block in features.Hot)
        {
            for (var row = 0; row < scores.Length; row++)
            {
                var feature = block[row];
                if (feature >= 0)
                {
                    scores[row] += weights[feature];
                }
            }
        }
    }

    public override bool IsSound(int featureCount) =>
        !Weights.IsDefault && Weights.Length == featureCount && IsCoefficient(Intercept) && Weights.All(IsCoefficient);
}
