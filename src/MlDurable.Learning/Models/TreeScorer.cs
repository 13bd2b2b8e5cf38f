using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>A start value plus one leaf of each tree.</summary>
internal sealed record TreeScorer(double Start, ImmutableArray<Tree> Trees) : Scorer
{
    /// <summary>From so many rows on it pays to lay the trees out anew.</summary>
    private const int ManyRows = 256;

    public override double[] Scores(FeatureMatrix features)
    {
        if (features.Rows >= ManyRows)
        {
            return new FlatTrees(this).Scores(features);
        }

        var scores = new double[features.Rows];
        Array.Fill(scores, Start);
        foreach (var tree in Trees)
        {
            tree.AddTo(scores, features);
        }

        return scores;
    }

    public override Func<double[], int[], double> RowByRow()
    {
        var trees = new FlatTrees(this);
        return (dense, _) => trees.Score(dense);
    }

    public override bool IsSound(int featureCount) =>
        IsCoefficient(Start)
        && !Trees.IsDefault
        && Trees.All(tree => tree is not null && tree.IsSound(featureCount) && tree.Value.All(IsCoefficient));
}

/// <summary>
/// A binary tree as one array per property of its nodes; node 0 is the root, children come after their parent.
/// </summary>
/// <param name="Feature">The feature that the node tests, or -1 in a leaf.</param>
/// <param name="Threshold">Rows with a value up to this go left, others right.</param>
/// <param name="MissingLeft">Whether rows without a value go left.</param>
/// <param name="Left">The left child.</param>
/// <param name="Right">The right child.</param>
/// <param name="Value">What a leaf adds to the score; in a forest its share of positive rows.</param>
/// <param name="Cover">How many training rows reached the node; absent in files of versions that did not count them.</param>
internal sealed record Tree(
    ImmutableArray<int> Feature,
    ImmutableArray<double> Threshold,
    ImmutableArray<bool> MissingLeft,
    ImmutableArray<int> Left,
    ImmutableArray<int> Right,
    ImmutableArray<double> Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<int> Cover = default)
{
    public void AddTo(double[] scores, FeatureMatrix features)
    {
        var feature = Feature.AsSpan();
        var threshold = Threshold.AsSpan();
        var missingLeft = MissingLeft.AsSpan();
        var left = Left.AsSpan();
        var right = Right.AsSpan();
        for (var row = 0; row < scores.Length; row++)
        {
            var node = 0;
            while (feature[node] >= 0)
            {
                var value = features.Dense[feature[node]][row];
                node = value <= threshold[node] || (missingLeft[node] && double.IsNaN(value)) ? left[node] : right[node];
            }

            scores[row] += Value[node];
        }
    }

    public bool IsSound(int featureCount)
    {
        if (Feature.IsDefaultOrEmpty
            || Threshold.IsDefault
            || MissingLeft.IsDefault
            || Left.IsDefault
            || Right.IsDefault
            || Value.IsDefault)
        {
            return false;
        }

        var nodes = Feature.Length;
        if (Threshold.Length != nodes
            || MissingLeft.Length != nodes
            || Left.Length != nodes
            || Right.Length != nodes
            || Value.Length != nodes)
        {
            return false;
        }

        // Every node but the root has one parent, before it: every walk ends, and the tree is as large as it looks.
        var hasParent = new bool[nodes];
        for (var node = 0; node < nodes; node++)
        {
            if (Feature[node] >= featureCount || (node > 0 && !hasParent[node]))
            {
                return false;
            }

            if (Feature[node] >= 0 && !(IsNewChild(Left[node]) && IsNewChild(Right[node])))
            {
                return false;
            }

            bool IsNewChild(int child) => child > node && child < nodes && !hasParent[child] && (hasParent[child] = true);
        }

        return Cover.IsDefault || IsCoverSound();
    }

    /// <summary>No node is without rows, and every row that reaches one goes on to one of its children.</summary>
    private bool IsCoverSound()
    {
        if (Cover.Length != Feature.Length)
        {
            return false;
        }

        for (var node = 0; node < Cover.Length; node++)
        {
            if (Cover[node] < 1 || (Feature[node] >= 0 && Cover[node] != (long)Cover[Left[node]] + Cover[Right[node]]))
            {
                return false;
            }
        }

        return true;
    }
}
