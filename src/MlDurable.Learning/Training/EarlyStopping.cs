using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;

namespace MlDurable.Learning.Training;

/// <summary>Watches the loss of the validation rows, which is that of training, while trees are added. Does nothing without validation rows or with 0
/// rounds.</summary>
internal sealed class EarlyStopping
{
    private readonly FeatureMatrix features;
    private readonly BoostingLoss loss;
    private readonly double[][] scores;
    private readonly int rounds;
    private double bestLoss;
    private int bestRounds;

    /// <param name="features">The features of the validation rows.</param>
    /// <param name="loss">Their loss.</param>
    /// <param name="start">The scores that every row starts with.</param>
    /// <param name="rounds">How many rounds may go by without a lower loss.</param>
    public EarlyStopping(FeatureMatrix features, BoostingLoss loss, double[] start, int rounds)
    {
        this.features = features;
        this.loss = loss;
        this.rounds = rounds;
        scores = Array.ConvertAll(start, score =>
        {
            var ofRows = new double[features.Rows];
            Array.Fill(ofRows, score);
            return ofRows;
        });
        bestLoss = loss.Total(scores);
    }

    private bool IsOn => rounds > 0 && features.Rows > 0;

    /// <summary>Takes the last round into account.</summary>
    /// <param name="trees">The trees of each score.</param>
    public bool ShouldStop(ImmutableArray<Tree>.Builder[] trees)
    {
        if (!IsOn)
        {
            return false;
        }

        for (var output = 0; output < trees.Length; output++)
        {
            trees[output][^1].AddTo(scores[output], features);
        }

        var total = loss.Total(scores);
        if (total < bestLoss)
        {
            bestLoss = total;
            bestRounds = trees[0].Count;
        }

        return trees[0].Count - bestRounds >= rounds;
    }

    /// <summary>How many of the rounds to keep: those up to the lowest loss.</summary>
    public int Keep(int rounds) => IsOn ? bestRounds : rounds;
}
