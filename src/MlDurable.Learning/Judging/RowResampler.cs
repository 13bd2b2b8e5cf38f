using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Judging;

/// <summary>
/// Draws rows with replacement. One uniform number u per row drawn, in order: the row is floor(u * n). When the rarest of the classes that are there
/// has fewer than 100 rows, and there are several, each class is drawn on its own, class 0 first, so that no resample is
/// short of it; then the row is the floor(u * n)-th of its class.
/// </summary>
internal sealed class RowResampler
{
    /// <summary>Below this many rows of the rarest class the resamples are stratified.</summary>
    public const int StratifyBelow = 100;

    private readonly SplitMix64 random;

    /// <param name="labels">The labels of the rows.</param>
    /// <param name="ofClasses">Whether labels are classes; numbers have no strata.</param>
    /// <param name="seed">The seed of the draws.</param>
    public RowResampler(double[] labels, bool ofClasses, ulong seed)
    {
        random = new SplitMix64(seed);
        var rows = Enumerable.Range(0, labels.Length);
        int[][] classes = ofClasses ? [.. rows.GroupBy(row => labels[row]).OrderBy(group => group.Key).Select(group => group.ToArray())] : [];
        Strata = classes.Length > 1 && classes.Min(ofClass => ofClass.Length) < StratifyBelow ? classes : [[.. rows]];
    }

    /// <summary>The row numbers of each stratum.</summary>
    public int[][] Strata { get; }

    /// <summary>Fills <paramref name="weights"/> with how often the next resample holds each row.</summary>
    public void Draw(int[] weights)
    {
        Array.Clear(weights);
        foreach (var stratum in Strata)
        {
            for (var draw = 0; draw < stratum.Length; draw++)
            {
                weights[stratum[(int)(random.NextUniform() * stratum.Length)]]++;
            }
        }
    }
}
