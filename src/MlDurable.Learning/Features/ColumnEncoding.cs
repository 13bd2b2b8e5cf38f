using System.Text.Json.Serialization;

namespace MlDurable.Learning.Features;

/// <summary>How one category column becomes numbers, in place of what <see cref="FeatureRecipe.Encoding"/> says for all.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TargetEncoding), "target")]
[JsonDerivedType(typeof(HashEncoding), "hash")]
public abstract record ColumnEncoding;

/// <summary>
/// One feature: the share of positive labels among the training rows of the category, drawn towards that of all training rows (Micci-Barreca, "A
/// preprocessing scheme for high-cardinality categorical attributes in classification and prediction problems", 2001; scikit-learn's TargetEncoder
/// with a number for <c>smooth</c>): (positives + smooth · share of all) / (rows + smooth).
/// </summary>
/// <remarks>
/// A model learns from the labels of other rows only: the training rows are dealt into five parts (seeded; positive and negative rows alike), and a
/// row of one part gets the share of the rows of its category in the other four. New rows get the share of all training rows of their category. A
/// missing cell is a category of its own; a category, or a missing cell, that no row has to learn from has the share of all. That share is the same
/// for every row, unlike scikit-learn's, which is of the other parts only: those differ from part to part, against the labels, and a column
/// of identifiers would have nothing else to be learned from.
/// </remarks>
public sealed record TargetEncoding : ColumnEncoding
{
    internal const double MaxSmooth = 1e9;

    /// <summary>How many rows with the share of all are added to each category: 0 (no smoothing) to 1e9. Default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another number.</exception>
    [JsonRequired]
    public double Smooth
    {
        get;
        init => field = value is >= 0 and <= MaxSmooth ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Must be from 0 to 1e9.");
    }
    = 10;
}

/// <summary>
/// The categories share a fixed number of levels, the buckets (Weinberger and others, "Feature hashing for large scale multitask learning", 2009,
/// without signs): the bucket is MurmurHash3 (32 bits, seed 0, of the text in UTF-8) modulo the number of buckets. Nothing is learned of the
/// categories, so a model has no list of them, and one that the training rows lack has a bucket too.
/// </summary>
/// <remarks>
/// One feature of 0 and 1 for each bucket, and one for missing cells if the training rows have any; or, for trees, one feature with the number of the
/// bucket, missing where the cell is.
/// </remarks>
public sealed record HashEncoding : ColumnEncoding
{
    internal const int MinBuckets = 2;
    internal const int MaxBuckets = 1 << 18;

    /// <summary>The number of buckets, 2 to 262,144. Default 4,096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another number.</exception>
    [JsonRequired]
    public int Buckets
    {
        get;
        init => field = value is >= MinBuckets and <= MaxBuckets ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be from {MinBuckets} to {MaxBuckets}.");
    }
    = 4096;
}
