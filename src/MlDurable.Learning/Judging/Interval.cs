namespace MlDurable.Learning.Judging;

/// <summary>A two-sided confidence interval.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end, at or above <paramref name="Low"/>.</param>
/// <param name="Confidence">The two-sided confidence, between 0 and 1: 0.95 leaves 2.5 % on either side.</param>
public sealed record Interval(double Low, double High, double Confidence);
