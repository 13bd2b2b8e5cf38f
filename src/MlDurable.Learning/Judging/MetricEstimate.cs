namespace MlDurable.Learning.Judging;

/// <summary>The value of a metric on some rows, and how sure it is.</summary>
/// <param name="Metric">The metric's kebab-case name.</param>
/// <param name="Value">The value on the rows as they are.</param>
/// <param name="Interval">A bootstrap interval of the value.</param>
public sealed record MetricEstimate(string Metric, double Value, Interval Interval);
