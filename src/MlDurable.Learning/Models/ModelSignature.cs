using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>What a model needs to predict.</summary>
/// <param name="Inputs">The columns and their kinds: numbers first, then categories, each in ordinal order of their names.</param>
public sealed record ModelSignature(TableSchema Inputs);
