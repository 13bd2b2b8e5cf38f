namespace MlDurable.Learning.Tables;

/// <summary>Where the text of a field stands in a block, without its quotes.</summary>
internal readonly record struct FieldRange(int Start, int Length);
