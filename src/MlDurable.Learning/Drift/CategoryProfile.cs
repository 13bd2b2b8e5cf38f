using System.Collections.Immutable;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>The values of a category column of the reference.</summary>
public sealed record CategoryProfile
{
    /// <summary>The most values with a bin of their own.</summary>
    public const int TopCategories = 50;

    /// <summary>The most names kept of the rarer values.</summary>
    public const int OtherNames = 1000;

    /// <summary>The most frequent values, the most frequent first, ties by name.</summary>
    public required ImmutableArray<CategoryCount> Top { get; init; }

    /// <summary>The rows with a rarer value.</summary>
    public required int OtherCount { get; init; }

    /// <summary>The rarer values, so that they are not taken for unseen ones; at most 1,000, the most frequent.</summary>
    public required ImmutableArray<string> Other { get; init; }

    /// <summary>Whether <see cref="Other"/> is complete. If not, a value that is not listed counts as rare, and none as unseen.</summary>
    public required bool OtherIsComplete { get; init; }

    internal static CategoryProfile From(CategoryColumn column)
    {
        var counts = new int[column.Categories.Count];
        foreach (var code in column.Codes)
        {
            if (code != CategoryColumn.MissingCode)
            {
                counts[code]++;
            }
        }

        var ordered = counts
            .Select((count, code) => new CategoryCount(column.Categories[code], count))
            .Where(category => category.Count > 0)
            .OrderByDescending(category => category.Count)
            .ThenBy(category => category.Value, StringComparer.Ordinal)
            .ToList();
        var other = ordered.Skip(TopCategories).ToList();
        return new CategoryProfile
        {
            Top = [.. ordered.Take(TopCategories)],
            OtherCount = other.Sum(category => category.Count),
            Other = [.. other.Take(OtherNames).Select(category => category.Value)],
            OtherIsComplete = other.Count <= OtherNames,
        };
    }
}
