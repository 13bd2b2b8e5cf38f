namespace MlDurable.Learning.Judging;

/// <summary>What to do with a candidate. Only the first two may reach an approval.</summary>
public enum VerdictKind
{
    /// <summary>Shown to be better than the champion and the anchor, or the first version to pass the gates. It becomes the anchor.</summary>
    Promote,

    /// <summary>Shown to be within the margin of the champion and the anchor (or better than one of them only). The anchor stays.</summary>
    PromoteNonInferior,

    /// <summary>The champion stays: the candidate is worse, or is not better where that is asked for, or is the same model.</summary>
    Keep,

    /// <summary>The rows are too few to say; <see cref="Verdict.RowsNeeded"/> would settle it.</summary>
    Inconclusive,

    /// <summary>Something forbids a promotion, whatever the comparison says; see <see cref="Verdict.Reason"/>.</summary>
    Blocked,
}
