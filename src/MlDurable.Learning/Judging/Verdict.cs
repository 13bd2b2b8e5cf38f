using System.Collections.Immutable;

namespace MlDurable.Learning.Judging;

/// <summary>The answer to "should this candidate replace the champion?", with the evidence. Plain data; JSON by <see cref="JudgingJsonContext"/>.</summary>
public sealed record Verdict
{
    /// <summary>What to do.</summary>
    public required VerdictKind Kind { get; init; }

    /// <summary>Why the candidate is blocked; null unless <see cref="Kind"/> is <see cref="VerdictKind.Blocked"/>.</summary>
    public BlockReason? Reason { get; init; }

    /// <summary>The comparison rows that would settle the question; null unless <see cref="Kind"/> is <see cref="VerdictKind.Inconclusive"/>.</summary>
    public long? RowsNeeded { get; init; }

    /// <summary>One plain sentence with the deciding numbers.</summary>
    public required string Summary { get; init; }

    /// <summary>Everything that was checked, in the order in which it decides.</summary>
    public ImmutableArray<VerdictFinding> Findings { get => field.IsDefault ? [] : field; init; }

    /// <summary>The candidate against the baseline; null when there was none.</summary>
    public PairedDifference? VersusBaseline { get; init; }

    /// <summary>The candidate against the champion; null when there was none.</summary>
    public PairedDifference? VersusChampion { get; init; }

    /// <summary>The candidate against the anchor; null when the anchor is the champion or there is none.</summary>
    public PairedDifference? VersusAnchor { get; init; }

    /// <summary>The slices, whether tested or too small.</summary>
    public ImmutableArray<SliceResult> Slices { get => field.IsDefault ? [] : field; init; }
}
