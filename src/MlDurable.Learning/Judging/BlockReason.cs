namespace MlDurable.Learning.Judging;

/// <summary>Why a candidate is blocked.</summary>
public enum BlockReason
{
    /// <summary>A slice is shown to be worse, or under the strict rule not shown to be as good.</summary>
    Slice,

    /// <summary>Too good to be true: look for a feature that knows the label.</summary>
    Leak,

    /// <summary>The candidate's inputs or outputs do not fit its consumers. Set by the caller, never by the judge.</summary>
    Contract,

    /// <summary>The candidate is over a size or latency budget. Set by the caller, never by the judge.</summary>
    Resources,

    /// <summary>A threshold is missed, or the candidate is not shown to be better than the baseline.</summary>
    Gate,
}
