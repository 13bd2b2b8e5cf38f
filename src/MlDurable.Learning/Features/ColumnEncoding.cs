using System.Text.Json.Serialization;

namespace MlDurable.Learning.Features;

/// <summary>How one category column becomes numbers, in place of what <see cref="FeatureRecipe.Encoding"/> says for all.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TargetEncoding), "target")]
[JsonDerivedType(typeof(HashEncoding), "hash")]
[JsonDerivedType(typeof(TextEncoding), "text")]
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

/// <summary>What the terms of a <see cref="TextEncoding"/> are made of.</summary>
public enum TextUnit
{
    /// <summary>Words: two or more letters, digits and underscores in a row.</summary>
    Word,

    /// <summary>Characters, white space in a row counting as one space.</summary>
    Character,
}

/// <summary>
/// One feature for each frequent term of a text (in lower case, for the invariant culture): how often it occurs, times
/// ln((1 + rows) / (1 + rows with the term)) + 1 of the training rows, and all features of a text divided by the root of the sum of their squares. That is
/// scikit-learn's TfidfVectorizer with its defaults (smooth idf, l2 norm), with the analyzer <c>word</c> or <c>char</c>.
/// </summary>
/// <remarks>Only some trainers take it: see <see cref="Training.ITrainer.TakesText"/>. A missing cell is a text without terms.</remarks>
public sealed record TextEncoding : ColumnEncoding
{
    internal const int MaxUnits = 10;

    private const int MaxCount = 1_000_000;

    /// <summary>What terms are made of. Default: words.</summary>
    [JsonRequired]
    public TextUnit Unit { get; init; }

    /// <summary>The least number of units of a term, 1 to 10. Default 1.</summary>
    [JsonRequired]
    public int From
    {
        get;
        init => field = InRange(value, 1, MaxUnits);
    }
    = 1;

    /// <summary>The greatest number of units of a term, <see cref="From"/> to 10. Default 2.</summary>
    [JsonRequired]
    public int To
    {
        get;
        init => field = InRange(value, 1, MaxUnits);
    }
    = 2;

    /// <summary>The most terms: those in the most training rows, of equally frequent ones the first in ordinal order. 1 to 1,000,000. Default 10,000.</summary>
    [JsonRequired]
    public int MostTerms
    {
        get;
        init => field = InRange(value, 1, MaxCount);
    }
    = 10_000;

    /// <summary>In how many training rows a term must be, 1 to 1,000,000. Default 5.</summary>
    [JsonRequired]
    public int InRows
    {
        get;
        init => field = InRange(value, 1, MaxCount);
    }
    = 5;

    private static int InRange(int value, int least, int most) => value >= least && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be from {least} to {most}.");
}
