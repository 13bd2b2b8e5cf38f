namespace MlDurable.Learning.Judging;

/// <summary>McNemar's test: whether two models decide the same rows right equally often.</summary>
/// <param name="ReferenceOnlyRight">b: rows that only the reference decides right.</param>
/// <param name="CandidateOnlyRight">c: rows that only the candidate decides right.</param>
/// <param name="Rows">n: all rows compared.</param>
/// <param name="ExactPValue">min(1, 2 P[Bin(b+c, 1/2) &lt;= min(b, c)]); 1 when no row differs.</param>
/// <param name="MidPValue">2 P[X &lt; min(b, c)] + P[X = min(b, c)]: less conservative than the exact value; 1 when no row differs.</param>
/// <param name="ChiSquare">(|b - c| - 1)^2 / (b + c), for display only; null when no row differs.</param>
/// <param name="Effect">(c - b) / n: the gain in accuracy, positive when the candidate is better.</param>
/// <param name="StandardError">sqrt(b + c - (c - b)^2 / n) / n.</param>
public sealed record McNemarResult(
    int ReferenceOnlyRight,
    int CandidateOnlyRight,
    int Rows,
    double ExactPValue,
    double MidPValue,
    double? ChiSquare,
    double Effect,
    double StandardError);
