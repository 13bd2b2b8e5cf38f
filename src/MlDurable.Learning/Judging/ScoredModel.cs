namespace MlDurable.Learning.Judging;

/// <summary>What a model says about the rows on which models are compared.</summary>
/// <param name="Scores">The predicted probability of every row, in the order of the labels. Shared, never changed.</param>
/// <param name="Threshold">The lowest score that the model decides to be positive.</param>
public sealed record ScoredModel(double[] Scores, double Threshold);
