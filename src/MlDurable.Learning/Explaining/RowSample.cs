using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Explaining;

/// <summary>Draws rows without replacement.</summary>
internal static class RowSample
{
    /// <summary>The rows, or as many of them as allowed, in their order.</summary>
    public static Table Of(Table rows, int most, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        if (rows.RowCount <= most)
        {
            return rows;
        }

        var order = Enumerable.Range(0, rows.RowCount).ToArray();
        new SplitMix64(seed).Shuffle<int>(order);
        var drawn = order[..most];
        Array.Sort(drawn);
        return rows.Take(drawn);
    }
}
