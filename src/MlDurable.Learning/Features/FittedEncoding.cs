using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one column with a <see cref="ColumnEncoding"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(FittedTarget), "target")]
[JsonDerivedType(typeof(FittedHash), "hash")]
[JsonDerivedType(typeof(FittedText), "text")]
internal abstract record FittedEncoding
{
    /// <summary>The column.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Whether it can be applied to any rows: for models read from a file.</summary>
    public abstract bool IsSound();

    /// <summary>Whether texts are there and no one is twice.</summary>
    protected static bool IsSet(ImmutableArray<string> texts) =>
        !texts.IsDefault && !texts.Contains(null!) && texts.Distinct(StringComparer.Ordinal).Count() == texts.Length;
}
