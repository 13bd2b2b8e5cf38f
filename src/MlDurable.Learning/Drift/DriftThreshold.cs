namespace MlDurable.Learning.Drift;

/// <summary>The values of a statistic from which on a column is to be watched, and to be acted on. Zero is a threshold like any other.</summary>
/// <param name="Watch">The lowest value to watch, 0 or more.</param>
/// <param name="Act">The lowest value to act on, at least <paramref name="Watch"/>.</param>
public sealed record DriftThreshold(double Watch, double Act);
