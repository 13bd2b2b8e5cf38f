using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>The part of a model that turns features into one score: log-odds, the score of a class, or a number; see <see cref="Link"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PriorScorer), "prior")]
[JsonDerivedType(typeof(LinearScorer), "linear")]
[JsonDerivedType(typeof(TreeScorer), "trees")]
[JsonDerivedType(typeof(NaiveBayesScorer), "naive-bayes")]
[JsonDerivedType(typeof(ForestScorer), "forest")]
[JsonDerivedType(typeof(CustomScorer), "custom")]
internal abstract record Scorer
{
    /// <summary>Greatest magnitude of any coefficient or leaf: with it, no score overflows.</summary>
    protected const double MaxCoefficient = 1e100;

    /// <summary>The score of each row.</summary>
    public abstract double[] Scores(FeatureMatrix features);

    /// <summary>
    /// What gives the score of one row at a time, the same to the last bit as <see cref="Scores(FeatureMatrix)"/> gives: from its dense features, and
    /// for each block of one-hot features the one that is 1, counted among all features, or -1. Safe for concurrent use.
    /// </summary>
    public abstract Func<double[], int[], double> RowByRow();

    /// <summary>The score of one row with its texts: of scorers without features of texts nothing changes.</summary>
    /// <param name="score">The score of its other features.</param>
    /// <param name="texts">The features of each column of text.</param>
    public virtual double AddTexts(double score, ReadOnlySpan<TextVector> texts) => score;

    /// <summary>Whether scores of any features with this many columns are safe to compute: for models read from a file.</summary>
    public abstract bool IsSound(int featureCount);

    /// <summary>Adds to the scores of some rows, from <paramref name="start"/> on, what the one-hot features add that are 1.</summary>
    /// <param name="scores">The scores so far.</param>
    /// <param name="features">All rows.</param>
    /// <param name="start">The first row.</param>
    /// <param name="weights">What features add.</param>
    /// <param name="first">The feature that the first weight is that of.</param>
    protected static void AddLevels(Span<double> scores, FeatureMatrix features, int start, ReadOnlySpan<double> weights, int first)
    {
        foreach (var block in features.Hot)
        {
            for (var row = 0; row < scores.Length; row++)
            {
                var feature = block[start + row];
                if (feature >= 0)
                {
                    scores[row] += weights[feature - first];
                }
            }
        }
    }

    /// <summary>The same for one row, in the same order.</summary>
    protected static double AddLevels(double score, ReadOnlySpan<int> hot, ReadOnlySpan<double> weights, int first)
    {
        foreach (var feature in hot)
        {
            if (feature >= 0)
            {
                score += weights[feature - first];
            }
        }

        return score;
    }

    protected static bool IsCoefficient(double value) => Math.Abs(value) <= MaxCoefficient;
}

/// <summary>The same score for every row.</summary>
internal sealed record PriorScorer(double Score) : Scorer
{
    public override double[] Scores(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Array.Fill(scores, Score);
        return scores;
    }

    public override Func<double[], int[], double> RowByRow() => (_, _) => Score;

    public override bool IsSound(int featureCount) => IsCoefficient(Score);
}
