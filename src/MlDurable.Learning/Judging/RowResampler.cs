using MlDurable.Learning.Numerics;

namespace MlDurable.Learning.Judging;

/// <summary>
/// Draws rows with replacement. One uniform number u per row drawn, in order: the row is floor(u * n). When the rarer class
/// has fewer than 100 rows (and is there at all), each class is drawn on its own, class 0 first, so that no resample is
/// short of it; then the row is the floor(u * n)-th of its class.
/// </summary>
internal sealed class RowResampler
{
    /// <summary>Below this many rows of the rarer class the resamples are stratified.</summary>
    public const int StratifyBelow = 100;

    private readonly SplitMix64 random;

    public RowResampler(double[] labels, ulong seed)
    {
        random = new SplitMix64(seed);
        var rows = Enumerable.Range(0, labels.Length).ToArray();
        var positives = labels.Count(label => label == 1);
        var rarer = Math.Min(positives, labels.Length - positives);
        Strata = rarer is > 0 and < StratifyBelow
            ? [Array.FindAll(rows, row => labels[row] == 0), Array.FindAll(rows, row => labels[row] == 1)]
            : [rows];
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
