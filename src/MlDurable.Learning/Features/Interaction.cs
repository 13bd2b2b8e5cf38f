namespace MlDurable.Learning.Features;

/// <summary>Two number columns whose product is a feature too, so that a weighted sum can tell how one acts where the other is high or low.</summary>
/// <param name="First">A number column.</param>
/// <param name="Second">Another one. The order makes no difference to a model.</param>
public sealed record Interaction(string First, string Second);
