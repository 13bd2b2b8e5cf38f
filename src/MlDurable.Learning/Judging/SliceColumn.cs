namespace MlDurable.Learning.Judging;

/// <summary>A column by which the comparison rows are cut into slices.</summary>
/// <param name="Name">The name that results and messages show.</param>
/// <param name="Codes">The index into <paramref name="Values"/> per row, in the order of the labels; -1 where the value is missing.</param>
/// <param name="Values">The names of the values.</param>
public sealed record SliceColumn(string Name, ReadOnlyMemory<int> Codes, IReadOnlyList<string> Values);
