namespace MlDurable.Learning.Explaining;

/// <summary>Why a column looks like a leak.</summary>
public enum LeakKind
{
    /// <summary>The column alone tells positive from negative rows nearly always.</summary>
    PredictsAlone,

    /// <summary>Nearly all rows have the same value (or none), and the few others nearly all have the same label: as if it was filled in
    /// afterwards.</summary>
    FilledInAfterwards,

    /// <summary>One value all but settles the label, for many rows.</summary>
    SettlesLabel,
}

/// <summary>A feature that predicts the label too well to be true.</summary>
/// <param name="Column">The feature column.</param>
/// <param name="Kind">Why.</param>
/// <param name="Strength">The ROC AUC for <see cref="LeakKind.PredictsAlone"/>, otherwise the lower end of the interval of the odds ratio
/// (of its inverse where the odds are lower).</param>
/// <param name="Why">The reason with its numbers, for a person.</param>
public sealed record LeakWarning(string Column, LeakKind Kind, double Strength, string Why);
