namespace MlDurable.Learning.Features;

/// <summary>
/// The numbers that a model computes with: dense columns, then blocks of one-hot features. A block is kept as one index per row, because in
/// each row at most one of its features is 1. Behind them come the features of texts, of which most are 0.
/// </summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Dense">The dense features, one array of <paramref name="Rows"/> numbers each; <see cref="double.NaN"/> where
/// missing.</param>
/// <param name="Hot">For each block and row the feature that is 1, counted among all features, or -1 where all of the block are 0.</param>
/// <param name="FeatureCount">The number of features: the dense ones, then those of the blocks, then those of texts.</param>
public sealed record FeatureMatrix(int Rows, double[][] Dense, int[][] Hot, int FeatureCount)
{
    /// <summary>The features of texts, after those of the blocks; empty for trainers that do not take text.</summary>
    internal SparseBlock[] Sparse { get; init; } = [];
}
