namespace MlDurable.Learning.Judging;

/// <summary>What a model says about the rows on which models are compared.</summary>
/// <param name="Scores">What is predicted of every row, in the order of the labels: see <see cref="Metrics.Metric.Evaluate"/>. Shared, never changed.</param>
/// <param name="Threshold">The lowest score that the model decides to be positive; of no meaning but for binary labels.</param>
public sealed record ScoredModel(double[] Scores, double Threshold);
