using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Models;

/// <summary>A column of the rows that a model is given for scoring.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Kind">What its cells are.</param>
/// <param name="IsNeeded">Whether the model reads it: a row without it cannot be scored.</param>
public sealed record ScoringColumn(string Name, ColumnKind Kind, bool IsNeeded);
