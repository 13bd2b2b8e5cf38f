namespace MlDurable.Learning.Training;

/// <summary>How the trees of a forest are grown.</summary>
/// <param name="MaxLeaves">The most leaves of a tree.</param>
/// <param name="MinRowsPerLeaf">The fewest rows in a leaf, each counted as often as it was drawn.</param>
/// <param name="FeaturesPerSplit">How many features are drawn for a split.</param>
/// <param name="DrawsRows">Whether a tree is grown from as many rows as there are, drawn with replacement; otherwise from each of them.</param>
/// <param name="DrawsBoundaries">Whether a feature is tried at one drawn boundary between two bins; otherwise at the best.</param>
internal sealed record ForestSettings(int MaxLeaves, int MinRowsPerLeaf, int FeaturesPerSplit, bool DrawsRows, bool DrawsBoundaries);
