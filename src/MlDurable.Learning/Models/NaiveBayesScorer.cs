using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>
/// Naive Bayes: the log-odds of the classes plus, for each feature, the logarithm of how much likelier its value is in positive rows than in negative
/// ones. A missing number, and a category without a level, adds nothing.
/// </summary>
/// <param name="Prior">The log-odds where nothing is known.</param>
/// <param name="Numbers">For each dense feature how it is distributed.</param>
/// <param name="Levels">What each one-hot feature adds where it is 1.</param>
/// <param name="Means">What each feature adds to the score of a training row on average.</param>
internal sealed record NaiveBayesScorer(
    double Prior, ImmutableArray<NormalPair> Numbers, ImmutableArray<double> Levels, ImmutableArray<double> Means) : Scorer
{
    private const int BlockRows = 512;

    public override double[] Scores(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Parallel.For(0, (scores.Length + BlockRows - 1) / BlockRows, block =>
        {
            var start = block * BlockRows;
            Compute(scores.AsSpan(start, Math.Min(BlockRows, scores.Length - start)), features, start);
        });
        return scores;
    }

    public override Func<double[], int[], double> RowByRow() => (dense, hot) =>
    {
        var score = Prior;
        for (var i = 0; i < dense.Length; i++)
        {
            score += Numbers[i].LogRatio(dense[i]);
        }

        return AddLevels(score, hot, Levels.AsSpan(), Numbers.Length);
    };

    public override bool IsSound(int featureCount) =>
        !Numbers.IsDefault
        && !Levels.IsDefault
        && !Means.IsDefault
        && Numbers.Length + Levels.Length == featureCount
        && Means.Length == featureCount
        && IsCoefficient(Prior)
        && Numbers.All(number => number is not null && number.IsSound)
        && Levels.All(IsCoefficient)
        && Means.All(IsCoefficient);

    /// <summary>The scores of some rows, from <paramref name="start"/> on: for each the same sum in the same order as for a row alone.</summary>
    private void Compute(Span<double> scores, FeatureMatrix features, int start)
    {
        scores.Fill(Prior);
        for (var i = 0; i < features.Dense.Length; i++)
        {
            var column = features.Dense[i].AsSpan(start, scores.Length);
            for (var row = 0; row < scores.Length; row++)
            {
                scores[row] += Numbers[i].LogRatio(column[row]);
            }
        }

        AddLevels(scores, features, start, Levels.AsSpan(), Numbers.Length);
    }
}
