namespace MlDurable.Learning.Searching;

/// <summary>One candidate that a search has tried or tries.</summary>
/// <param name="Point">The candidate.</param>
/// <param name="Loss">What is to be made small, finite or not a number where it is undefined, which is the worst; null while it is not known.</param>
public sealed record Trial(SearchPoint Point, double? Loss);
