namespace MlDurable.Learning.Judging;

/// <summary>The difference of two models on the same rows, each row weighing for both.</summary>
/// <param name="Metric">The metric's kebab-case name.</param>
/// <param name="Candidate">The candidate's value.</param>
/// <param name="Reference">The reference's value.</param>
/// <param name="Delta">The gain: positive when the candidate is better, whatever the metric's direction.</param>
/// <param name="StandardError">The bootstrap standard error of the gain.</param>
/// <param name="Interval">The bootstrap interval of the gain; two-sided at 1 - 2(1 - c) for a one-sided confidence c.</param>
/// <param name="Rows">The rows compared.</param>
/// <param name="PValue">The two-sided bootstrap p-value of "no difference", for display; the decisions are made on <paramref name="Interval"/>.</param>
public sealed record PairedDifference(
    string Metric, double Candidate, double Reference, double Delta, double StandardError, Interval Interval, int Rows, double PValue = 1);
