namespace MlDurable.Learning.Tables;

/// <summary>What is known of a column before some of its cells are read.</summary>
/// <param name="Kind">What the cells should be; null while no value was seen.</param>
/// <param name="IsCertain">Whether a cell of another kind is a wrong cell; else it shows that the column is of another kind.</param>
internal readonly record struct CsvExpectation(ColumnKind? Kind, bool IsCertain);
