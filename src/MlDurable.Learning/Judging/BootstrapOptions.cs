namespace MlDurable.Learning.Judging;

/// <summary>How rows are resampled.</summary>
public sealed record BootstrapOptions
{
    /// <summary>The number of resamples, at least 100. Default 2,000.</summary>
    public int Resamples { get; init; } = 2000;

    /// <summary>
    /// The confidence, above 0.5 and below 1. Two-sided for <see cref="Bootstrap.Estimate"/>; <b>one-sided</b> for
    /// <see cref="Bootstrap.Compare"/>, whose interval is two-sided at 1 - 2(1 - c). Default 0.95.
    /// </summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The seed of the resampling. The same seed and rows give the same interval on every machine. Default 0.</summary>
    public ulong Seed { get; init; }
}
