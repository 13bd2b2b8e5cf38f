namespace MlDurable.Learning.Judging;

/// <summary>What is known about one slice of the rows.</summary>
public enum SliceFinding
{
    /// <summary>Fewer than 100 rows or fewer than 30 of the rarer class: shown, not tested.</summary>
    TooSmall,

    /// <summary>Tested, and not shown to be worse; or there is no reference to compare with.</summary>
    NotShownWorse,

    /// <summary>Shown to be worse than the reference by more than twice the margin.</summary>
    ShownWorse,

    /// <summary>Only under the strict rule: not shown to be within the margin of the reference.</summary>
    NotShownNonInferior,
}
