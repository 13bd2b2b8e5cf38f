namespace MlDurable.Learning.Drift;

/// <summary>How often a value occurs.</summary>
/// <param name="Value">The value.</param>
/// <param name="Count">The rows that have it.</param>
public sealed record CategoryCount(string Value, int Count);
