using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Watches the log loss of the validation rows, where a positive one counts as it does in training, while trees are added. Does nothing
/// without validation rows or with 0 rounds.</summary>
internal sealed class EarlyStopping
{
    private readonly FeatureMatrix features;
    private readonly double[] labels;
    private readonly double positiveWeight;
    private readonly double[] scores;
    private readonly int rounds;
    private double bestLoss;
    private int bestTrees;

    public EarlyStopping(FeatureMatrix features, double[] labels, double positiveWeight, double start, int rounds)
    {
        this.features = features;
        this.labels = labels;
        this.positiveWeight = positiveWeight;
        this.rounds = rounds;
        scores = new double[labels.Length];
        Array.Fill(scores, start);
        bestLoss = Loss();
    }

    private bool IsOn => rounds > 0 && labels.Length > 0;

    /// <summary>Takes the last tree into account.</summary>
    public bool ShouldStop(ImmutableArray<Tree>.Builder trees)
    {
        if (!IsOn)
        {
            return false;
        }

        trees[^1].AddTo(scores, features);
        var loss = Loss();
        if (loss < bestLoss)
        {
            bestLoss = loss;
            bestTrees = trees.Count;
        }

        return trees.Count - bestTrees >= rounds;
    }

    /// <summary>How many of the trees to keep: those up to the lowest loss.</summary>
    public int Keep(int trees) => IsOn ? bestTrees : trees;

    private double Loss()
    {
        var loss = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            loss += (labels[row] > 0 ? positiveWeight : 1) * Sigmoid.LogLoss(scores[row], labels[row]);
        }

        return loss;
    }
}
