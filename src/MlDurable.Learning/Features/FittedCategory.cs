using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one category column.</summary>
/// <param name="Name">The column.</param>
/// <param name="Ordinal">Whether it becomes one ordinal feature instead of a block of one-hot ones.</param>
/// <param name="Levels">The categories with a level of their own, in ordinal order of their texts.</param>
/// <param name="HasOther">Whether rare categories share a level after those.</param>
/// <param name="HasMissing">Whether missing cells have a level after those (one-hot only).</param>
internal sealed record FittedCategory(string Name, bool Ordinal, ImmutableArray<string> Levels, bool HasOther, bool HasMissing) : ICodedColumn
{
    public const string MissingLevelName = "(missing)";

    private const string OtherLevelName = "(other)";

    public int LevelCount => Levels.Length + (HasOther ? 1 : 0) + (HasMissing ? 1 : 0);

    [JsonIgnore]
    public int MissingLevel => HasMissing ? LevelCount - 1 : -1;

    public IEnumerable<string> OutputNames =>
        Levels.Concat(HasOther ? [OtherLevelName] : []).Concat(HasMissing ? [MissingLevelName] : []).Select(level => $"{Name} = {level}");

    public static FittedCategory Fit(CategoryColumn column, FeatureRecipe recipe)
    {
        var counts = new int[column.Categories.Count];
        foreach (var code in column.Codes)
        {
            if (code != CategoryColumn.MissingCode)
            {
                counts[code]++;
            }
        }

        var seen = Enumerable.Range(0, counts.Length).Where(code => counts[code] > 0).ToArray();
        ImmutableArray<string> levels =
        [
            .. seen.Where(code => counts[code] >= recipe.FoldRarerThan).Select(code => column.Categories[code]).Order(StringComparer.Ordinal),
        ];
        var ordinal = recipe.Encoding == CategoryEncoding.Ordinal;
        return new FittedCategory(column.Name, ordinal, levels, levels.Length < seen.Length, !ordinal && column.MissingCount > 0);
    }

    /// <summary>The level of a category that has none of its own, or -1.</summary>
    public int UnknownLevel => HasOther ? Levels.Length : -1;

    public int[] LevelOfEach(IReadOnlyList<string> texts)
    {
        var lookup = Lookup();
        return [.. texts.Select(text => lookup.GetValueOrDefault(text, UnknownLevel))];
    }

    public LevelFinder Finder()
    {
        var (lookup, unknown) = (Lookup().GetAlternateLookup<ReadOnlySpan<char>>(), UnknownLevel);
        return text => lookup.TryGetValue(text, out var level) ? level : unknown;
    }

    private Dictionary<string, int> Lookup()
    {
        var lookup = new Dictionary<string, int>(Levels.Length, StringComparer.Ordinal);
        for (var level = 0; level < Levels.Length; level++)
        {
            lookup.Add(Levels[level], level);
        }

        return lookup;
    }
}
