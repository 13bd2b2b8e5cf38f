using MlDurable.Learning.Features;

namespace MlDurable.Learning.Models;

/// <summary>The features of one row, filled cell by cell. For one caller at a time.</summary>
internal sealed class FeatureRow(FittedFeatures features)
{
    /// <summary>The dense features.</summary>
    public double[] Dense { get; } = new double[features.DenseCount];

    /// <summary>For each block of one-hot features the one that is 1, counted among all features, or -1.</summary>
    public int[] Hot { get; } = new int[features.Blocks.Count()];

    /// <summary>The features of each column of text.</summary>
    public TextVector[] Texts { get; } = [.. features.Texts.Select(text => new TextVector(text.Fitted, text.Offset))];

    /// <summary>The same as the only row of a matrix.</summary>
    public FeatureMatrix ToMatrix() => new(
        1, Array.ConvertAll(Dense, value => new[] { value }), Array.ConvertAll(Hot, feature => new[] { feature }), features.OutputNames.Length)
    {
        Sparse = Array.ConvertAll(Texts, text => new SparseBlock([0], [text.Values.ToArray()])),
    };
}
