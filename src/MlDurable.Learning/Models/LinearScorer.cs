using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>Intercept plus weighted sum.</summary>
/// <param name="Intercept">The score where all features are 0.</param>
/// <param name="Weights">The weight of each feature.</param>
/// <param name="Means">The mean of each feature over the training rows; absent in files of versions that did not keep them.</param>
internal sealed record LinearScorer(
    double Intercept,
    ImmutableArray<double> Weights,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<double> Means = default) : Scorer
{
    private const int BlockRows = 512;

    public override double[] Scores(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Parallel.For(0, (scores.Length + BlockRows - 1) / BlockRows, block =>
        {
            var start = block * BlockRows;
            Compute(scores.AsSpan(start, Math.Min(BlockRows, scores.Length - start)), features, start, Weights.AsSpan(), Intercept);
        });
        return scores;
    }

    public override Func<double[], int[], double> RowByRow() => (dense, hot) =>
    {
        var weights = Weights.AsSpan();
        var score = Intercept;
        for (var i = 0; i < dense.Length; i++)
        {
            score += weights[i] * dense[i];
        }

        return AddLevels(score, hot, weights, first: 0);
    };

    public override double AddTexts(double score, ReadOnlySpan<TextVector> texts)
    {
        foreach (var text in texts)
        {
            foreach (var (feature, value) in text.Values)
            {
                score += Weights[feature] * value;
            }
        }

        return score;
    }

    /// <summary>The scores of some rows, from <paramref name="start"/> on: for each the same sum in the same order as for a row alone.</summary>
    public static void Compute(Span<double> scores, FeatureMatrix features, int start, ReadOnlySpan<double> weights, double intercept)
    {
        scores.Fill(intercept);
        var vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var vectorRows = vectors.Length * Vector<double>.Count;
        for (var i = 0; i < features.Dense.Length; i++)
        {
            var column = features.Dense[i].AsSpan(start, scores.Length);
            var columnVectors = MemoryMarshal.Cast<double, Vector<double>>(column);
            var weight = new Vector<double>(weights[i]);
            for (var k = 0; k < vectors.Length; k++)
            {
                vectors[k] += weight * columnVectors[k];
            }

            for (var row = vectorRows; row < scores.Length; row++)
            {
                scores[row] += weights[i] * column[row];
            }
        }

        AddLevels(scores, features, start, weights, first: 0);

        foreach (var block in features.Sparse)
        {
            for (var row = 0; row < scores.Length; row++)
            {
                foreach (var (feature, value) in block.At(start + row))
                {
                    scores[row] += weights[feature] * value;
                }
            }
        }
    }

    public override bool IsSound(int featureCount) =>
        !Weights.IsDefault
        && Weights.Length == featureCount
        && IsCoefficient(Intercept)
        && Weights.All(IsCoefficient)
        && (Means.IsDefault || (Means.Length == featureCount && Means.All(IsCoefficient)));
}
