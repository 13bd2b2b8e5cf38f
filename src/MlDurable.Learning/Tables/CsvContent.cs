using System.Collections.Immutable;

namespace MlDurable.Learning.Tables;

/// <summary>What a CSV file held.</summary>
/// <param name="Table">The rows: the columns of the file in its order, or of the schema in the schema's order when there was one.</param>
/// <param name="MissingColumns">Columns of the schema that the file lacks; in <paramref name="Table"/> all their cells are missing.</param>
/// <param name="ExtraColumns">Columns of the file that the schema lacks; they are not in <paramref name="Table"/>.</param>
/// <param name="TypeErrors">The columns with cells that are not of the schema's kind, in the schema's order.</param>
public sealed record CsvContent(
    Table Table,
    ImmutableArray<string> MissingColumns,
    ImmutableArray<string> ExtraColumns,
    ImmutableArray<TypeErrors> TypeErrors);

/// <summary>Cells of one column that are not of the schema's kind. They were read as missing.</summary>
/// <param name="Column">The column.</param>
/// <param name="Expected">The kind that the schema asks for.</param>
/// <param name="Count">How many cells.</param>
/// <param name="FirstLine">The line of the file, from 1, on which the record of the first one starts.</param>
/// <param name="FirstText">The text of the first one, cut to 100 characters.</param>
public sealed record TypeErrors(string Column, ColumnKind Expected, int Count, long FirstLine, string FirstText);
