namespace MlDurable.Learning.Training;

/// <summary>What limits the growth of a tree.</summary>
internal sealed record TreeSettings(int MaxLeaves, int MinRowsPerLeaf, double L2, double LearningRate)
{
    /// <summary>Strength of the penalty on absolute leaf values. Default 0.</summary>
    public double L1 { get; init; }

    /// <summary>A split that lowers twice the penalised loss by less is not made. Default 0.</summary>
    public double MinGain { get; init; }

    /// <summary>The share of the rows that each tree is grown from. Default 1.</summary>
    public double RowShare { get; init; } = 1;

    /// <summary>The share of those rows that are kept for the size of their gradients; of the others some are drawn. Default 1.</summary>
    public double GossTop { get; init; } = 1;

    /// <summary>The share of those rows that is drawn from the others. Default 0.1.</summary>
    public double GossOther { get; init; } = 0.1;

    /// <summary>The share of the features that each tree may test. Default 1.</summary>
    public double FeatureShare { get; init; } = 1;

    /// <summary>The seed of what is drawn. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether another tree, grown from the same gradients, may differ.</summary>
    public bool IsRandom => RowShare < 1 || GossTop < 1 || FeatureShare < 1;
}
