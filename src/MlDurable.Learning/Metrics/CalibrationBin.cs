namespace MlDurable.Learning.Metrics;

/// <summary>The rows whose predicted probability falls in one bin of equal width: (<paramref name="Low"/>, <paramref name="High"/>], the first bin includes 0.</summary>
/// <param name="Low">The lower edge, exclusive (inclusive when it is 0).</param>
/// <param name="High">The upper edge, inclusive.</param>
/// <param name="Count">The rows in the bin; at least 1, an empty bin is left out.</param>
/// <param name="MeanPredicted">The mean of their predicted probabilities.</param>
/// <param name="ObservedRate">The share of them that is positive.</param>
public sealed record CalibrationBin(double Low, double High, int Count, double MeanPredicted, double ObservedRate);
