using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Drift;

/// <summary>The rows of reference and current column over the same bins; the last bin is "missing".</summary>
/// <param name="Reference">The reference's counts.</param>
/// <param name="Current">The current counts.</param>
/// <param name="Unseen">The current rows with a value that the reference never had.</param>
internal sealed record BinnedColumn(long[] Reference, long[] Current, long Unseen)
{
    /// <summary>The deciles, below the minimum, above the maximum, missing.</summary>
    public static BinnedColumn Of(ColumnProfile profile, NumberColumn current)
    {
        var edges = profile.Number is null ? [] : profile.Number.Edges.AsSpan();
        var bins = profile.Number is null ? 0 : edges.Length + 1;
        var reference = new long[bins + 3];
        var counts = new long[bins + 3];
        for (var bin = 0; bin < bins; bin++)
        {
            reference[bin] = profile.Number!.Counts[bin];
        }

        reference[^1] = profile.Missing;
        foreach (var value in current.Values)
        {
            var bin = double.IsNaN(value) ? bins + 2
                : profile.Number is null || value > profile.Number.Maximum ? bins + 1
                : value < profile.Number.Minimum ? bins
                : QuantileBins.Find(edges, value);
            counts[bin]++;
        }

        return new BinnedColumn(reference, counts, counts[bins] + counts[bins + 1]);
    }

    /// <summary>The top categories, other, unseen, missing.</summary>
    public static BinnedColumn Of(ColumnProfile profile, CategoryColumn current)
    {
        var top = profile.Category?.Top ?? [];
        var reference = new long[top.Length + 3];
        var counts = new long[top.Length + 3];
        var bins = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var bin = 0; bin < top.Length; bin++)
        {
            reference[bin] = top[bin].Count;
            bins.Add(top[bin].Value, bin);
        }

        reference[^3] = profile.Category?.OtherCount ?? 0;
        reference[^1] = profile.Missing;
        foreach (var value in profile.Category?.Other ?? [])
        {
            bins.Add(value, top.Length);
        }

        var unlisted = profile.Category is { OtherIsComplete: false } ? top.Length : top.Length + 1;
        var binOfCode = current.Categories.Select(category => bins.GetValueOrDefault(category, unlisted)).ToArray();
        foreach (var code in current.Codes)
        {
            counts[code == CategoryColumn.MissingCode ? counts.Length - 1 : binOfCode[code]]++;
        }

        return new BinnedColumn(reference, counts, counts[^2]);
    }

    /// <summary>The shares with half a count added to every bin, so that none is 0. Bins that are empty on both sides are left out.</summary>
    public (double[] Reference, double[] Current) Shares()
    {
        var used = Enumerable.Range(0, Reference.Length).Where(bin => Reference[bin] + Current[bin] > 0).ToArray();
        return (Smoothed(Reference, used), Smoothed(Current, used));

        static double[] Smoothed(long[] counts, int[] used)
        {
            var rows = used.Sum(bin => counts[bin] + 0.5);
            return Array.ConvertAll(used, bin => (counts[bin] + 0.5) / rows);
        }
    }
}
