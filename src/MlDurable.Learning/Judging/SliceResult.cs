namespace MlDurable.Learning.Judging;

/// <summary>Candidate and reference on the rows of one value of a slicing column.</summary>
/// <param name="Column">The slicing column.</param>
/// <param name="Value">The value that the rows share; <see cref="SliceTests.MissingValue"/> for rows without one.</param>
/// <param name="Rows">The rows of the slice.</param>
/// <param name="Positives">How many of them are positive; null unless labels are binary.</param>
/// <param name="Candidate">The candidate's metric on them; null when it is undefined there.</param>
/// <param name="Reference">The reference's metric on them; null when it is undefined or there is no reference.</param>
/// <param name="Difference">The paired difference; null when the slice is not tested.</param>
/// <param name="PValue">
/// The Holm-adjusted one-sided p-value of "worse by more than twice the margin"; null when the slice is not tested or under the strict rule.
/// </param>
/// <param name="Finding">What follows.</param>
public sealed record SliceResult(
    string Column,
    string Value,
    int Rows,
    int? Positives,
    double? Candidate,
    double? Reference,
    PairedDifference? Difference,
    double? PValue,
    SliceFinding Finding);
