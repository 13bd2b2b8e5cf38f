using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Features;

/// <summary>What was learned for one category column.</summary>
/// <param name="Name">The column.</param>
/// <param name="Ordinal">Whether it becomes one ordinal feature instead of a block of one-hot ones.</param>
/// <param name="Levels">The categories with a level of their own, in ordinal order of their texts.</param>
/// <param name="HasOther">Whether rare categories share a level after those.</param>
/// <param name="HasMissing">Whether missing cells have a level after those (one-hot only).</param>
internal sealed record FittedCategory(string Name, bool Ordinal, ImmutableArray<string> Levels, bool HasOther, bool HasMissing)
{
    private const string OtherLevel = "(other)";
    private const string MissingLevel = "(missing)";

    public int LevelCount => Levels.Length + (HasOther ? 1 : 0) + (HasMissing ? 1 : 0);

    public IEnumerable<string> OutputNames =>
        Levels.Concat(HasOther ? [OtherLevel] : []).Concat(HasMissing ? [MissingLevel] : []).Select(level => $"{Name} = {level}");

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

    public int[] ApplyOneHot(CategoryColumn column, int offset)
    {
        var missing = MissingFeature(offset);
        var levelOf = LevelOfEachCode(column);
        var features = new int[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            var code = column.Codes[row];
            features[row] = code == CategoryColumn.MissingCode ? missing : levelOf[code] < 0 ? -1 : offset + levelOf[code];
        }

        return features;
    }

    public double[] ApplyOrdinal(CategoryColumn column)
    {
        var levelOf = LevelOfEachCode(column);
        var features = new double[column.Count];
        for (var row = 0; row < features.Length; row++)
        {
            var code = column.Codes[row];
            features[row] = code == CategoryColumn.MissingCode || levelOf[code] < 0 ? double.NaN : levelOf[code];
        }

        return features;
    }

    /// <summary>The feature of a block of one-hot ones that is 1 where a cell is missing, or -1.</summary>
    public int MissingFeature(int offset) => HasMissing ? offset + LevelCount - 1 : -1;

    /// <summary>The level of a category that has none of its own, or -1.</summary>
    public int UnknownLevel => HasOther ? Levels.Length : -1;

    public Dictionary<string, int> LevelLookup()
    {
        var lookup = new Dictionary<string, int>(Levels.Length, StringComparer.Ordinal);
        for (var level = 0; level < Levels.Length; level++)
        {
            lookup.Add(Levels[level], level);
        }

        return lookup;
    }

    private int[] LevelOfEachCode(CategoryColumn column)
    {
        var lookup = LevelLookup();
        return [.. column.Categories.Select(category => lookup.GetValueOrDefault(category, UnknownLevel))];
    }
}
