using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>What a forest's mean becomes as a score.</summary>
internal enum ForestOutput
{
    /// <summary>ln(p / (1 - p)) of the mean p.</summary>
    LogOdds,

    /// <summary>ln(p) of the mean p.</summary>
    Logarithm,

    /// <summary>The mean itself.</summary>
    Mean,
}

/// <summary>The mean over trees whose leaves are probabilities or numbers. Where a probability is 0 or 1 its log-odds or logarithm may be infinite.</summary>
/// <param name="Trees">The trees.</param>
/// <param name="Output">What the mean becomes.</param>
internal sealed record ForestScorer(
    ImmutableArray<Tree> Trees, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ForestOutput Output = ForestOutput.LogOdds) : Scorer
{
    public override double[] Scores(FeatureMatrix features)
    {
        var sums = new TreeScorer(0, Trees).Scores(features);
        foreach (ref var sum in sums.AsSpan())
        {
            sum = ScoreOf(sum);
        }

        return sums;
    }

    public override Func<double[], int[], double> RowByRow()
    {
        var trees = new FlatTrees(new TreeScorer(0, Trees));
        return (dense, _) => ScoreOf(trees.Score(dense));
    }

    public override bool IsSound(int featureCount) =>
        !Trees.IsDefaultOrEmpty
        && Enum.IsDefined(Output)
        && Trees.All(tree => tree is not null
            && tree.IsSound(featureCount)
            && tree.Value.All(value => Output == ForestOutput.Mean ? IsCoefficient(value) : value is >= 0 and <= 1));

    /// <summary>Trees whose sum is the mean.</summary>
    public TreeScorer ToSum() => new(0, [.. Trees.Select(tree => tree with { Value = [.. tree.Value.Select(value => value / Trees.Length)] })]);

    // A mean of probabilities is no more than 1: sums of numbers up to 1 are not rounded beyond their count.
    private double ScoreOf(double sum)
    {
        var mean = sum / Trees.Length;
        return Output switch
        {
            ForestOutput.Logarithm => Math.Log(mean),
            ForestOutput.Mean => mean,
            _ => Math.Log(mean / (1 - mean)),
        };
    }
}
