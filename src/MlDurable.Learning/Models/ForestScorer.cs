using System.Collections.Immutable;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>The mean over trees whose leaves are probabilities. Where it is 0 or 1 the log-odds are infinite.</summary>
internal sealed record ForestScorer(ImmutableArray<Tree> Trees) : Scorer
{
    public override double[] Scores(FeatureMatrix features)
    {
        var sums = new TreeScorer(0, Trees).Scores(features);
        foreach (ref var sum in sums.AsSpan())
        {
            sum = LogOddsOf(sum);
        }

        return sums;
    }

    public override Func<double[], int[], double> RowByRow()
    {
        var trees = new FlatTrees(new TreeScorer(0, Trees));
        return (dense, _) => LogOddsOf(trees.Score(dense));
    }

    public override bool IsSound(int featureCount) =>
        !Trees.IsDefaultOrEmpty
        && Trees.All(tree => tree is not null && tree.IsSound(featureCount) && tree.Value.All(value => value is >= 0 and <= 1));

    /// <summary>Trees whose sum is the probability.</summary>
    public TreeScorer ToSum() => new(0, [.. Trees.Select(tree => tree with { Value = [.. tree.Value.Select(value => value / Trees.Length)] })]);

    // No more than 1: sums of numbers up to 1 are not rounded beyond their count.
    private double LogOddsOf(double sum)
    {
        var probability = sum / Trees.Length;
        return Math.Log(probability / (1 - probability));
    }
}
