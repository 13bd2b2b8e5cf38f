using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Judging;

/// <summary>A threshold that the candidate's own metric must reach: <c>roc-auc &gt;= 0.7</c>.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Comparison">How the value must compare with the bound.</param>
/// <param name="Bound">The bound, in units of the metric.</param>
public sealed record MetricGate(Metric Metric, GateComparison Comparison, double Bound);
