using System.Collections.Immutable;

namespace MlDurable.Learning.Features;

/// <summary>A column of the data and the feature columns that are made from it.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Features">The names of its feature columns: its own, or those of the parts of its times.</param>
public sealed record RawColumn(string Name, ImmutableArray<string> Features);
