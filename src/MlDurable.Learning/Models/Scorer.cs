using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>The part of a model that turns features into log-odds.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PriorScorer), "prior")]
[JsonDerivedType(typeof(LinearScorer), "linear")]
[JsonDerivedType(typeof(TreeScorer), "trees")]
[JsonDerivedType(typeof(ForestScorer), "forest")]
[JsonDerivedType(typeof(CustomScorer), "custom")]
internal abstract record Scorer
{
    /// <summary>Greatest magnitude of any coefficient or leaf: with it, no score overflows.</summary>
    protected const double MaxCoefficient = 1e100;

    /// <summary>The log-odds of each row.</summary>
    public abstract double[] LogOdds(FeatureMatrix features);

    /// <summary>The log-odds of one row, the same to the last bit as <see cref="LogOdds(FeatureMatrix)"/> gives.</summary>
    /// <param name="dense">The dense features.</param>
    /// <param name="hot">For each block of one-hot features the one that is 1, counted among all features, or -1.</param>
    public abstract double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot);

    /// <summary>Whether scores of any features with this many columns are safe to compute: for models read from a file.</summary>
    public abstract bool IsSound(int featureCount);

    protected static bool IsCoefficient(double value) => Math.Abs(value) <= MaxCoefficient;
}

/// <summary>The same score for every row.</summary>
internal sealed record PriorScorer(double Score) : Scorer
{
    public override double[] LogOdds(FeatureMatrix features)
    {
        var scores = new double[features.Rows];
        Array.Fill(scores, Score);
        return scores;
    }

    public override double LogOdds(ReadOnlySpan<double> dense, ReadOnlySpan<int> hot) => Score;

    public override bool IsSound(int featureCount) => IsCoefficient(Score);
}
