using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>One column with a <see cref="HashEncoding"/>: it learns only whether the training rows have missing cells.</summary>
/// <param name="Name">The column.</param>
/// <param name="Ordinal">Whether it becomes one feature with the number of the bucket instead of a block of one-hot ones.</param>
/// <param name="Buckets">The number of buckets.</param>
/// <param name="HasMissing">Whether missing cells have a level after the buckets (one-hot only).</param>
internal sealed record FittedHash(string Name, bool Ordinal, int Buckets, bool HasMissing) : FittedEncoding, ICodedColumn
{
    /// <inheritdoc/>
    public override string Name { get; } = Name;

    [JsonIgnore]
    public int LevelCount => Buckets + (HasMissing ? 1 : 0);

    [JsonIgnore]
    public int MissingLevel => HasMissing ? Buckets : -1;

    [JsonIgnore]
    public IEnumerable<string> OutputNames =>
        Enumerable.Range(0, Buckets).Select(bucket => $"{Name} in bucket {bucket}").Concat(HasMissing ? [$"{Name} = {FittedCategory.MissingLevelName}"] : []);

    public static FittedHash Fit(CategoryColumn column, HashEncoding encoding, FeatureRecipe recipe)
    {
        var ordinal = recipe.Encoding == CategoryEncoding.Ordinal;
        return new FittedHash(column.Name, ordinal, encoding.Buckets, !ordinal && column.MissingCount > 0);
    }

    public int[] LevelOfEach(IReadOnlyList<string> texts) => [.. texts.Select(text => BucketOf(text))];

    public LevelFinder Finder() => BucketOf;

    public override bool IsSound() =>
        !string.IsNullOrEmpty(Name) && Buckets is >= HashEncoding.MinBuckets and <= HashEncoding.MaxBuckets && !(Ordinal && HasMissing);

    private int BucketOf(ReadOnlySpan<char> text)
    {
        const int MaxOnStack = 768;
        byte[]? rented = null;
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = most <= MaxOnStack ? stackalloc byte[MaxOnStack] : rented = ArrayPool<byte>.Shared.Rent(most);
        var hash = MurmurHash3.Compute(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return (int)(hash % (uint)Buckets);
    }
}
