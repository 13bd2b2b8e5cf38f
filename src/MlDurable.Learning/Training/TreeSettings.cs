namespace MlDurable.Learning.Training;

/// <summary>What limits the growth of a tree.</summary>
internal sealed record TreeSettings(int MaxLeaves, int MinRowsPerLeaf, double L2, double LearningRate);
