namespace MlDurable.Learning.Judging;

/// <summary>One thing that was checked for a verdict.</summary>
/// <param name="Check">A short stable name: <c>gate: roc-auc</c>, <c>baseline</c>, <c>same-model</c>, <c>leak</c>, <c>champion</c>, <c>anchor</c>, <c>slices</c>.</param>
/// <param name="Passed">Whether it speaks for the promotion.</param>
/// <param name="Detail">A plain sentence with the numbers.</param>
public sealed record VerdictFinding(string Check, bool Passed, string Detail);
