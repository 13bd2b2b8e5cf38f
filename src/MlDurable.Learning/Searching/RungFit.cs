namespace MlDurable.Learning.Searching;

/// <summary>One fit of a successive halving.</summary>
/// <param name="Trial">The place of the candidate among the trials.</param>
/// <param name="Rung">The rung, from 0.</param>
/// <param name="Loss">What is to be made small, finite or not a number where it is undefined, which is the worst; null while it is not known.</param>
public sealed record RungFit(int Trial, int Rung, double? Loss = null);
