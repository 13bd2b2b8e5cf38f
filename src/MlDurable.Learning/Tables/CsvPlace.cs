namespace MlDurable.Learning.Tables;

/// <summary>A row of a file, from 0, and the line on which it starts, from 1.</summary>
internal readonly record struct CsvPlace(int Row, long Line)
{
    /// <summary>The place of a row of a block that starts here.</summary>
    public CsvPlace After(CsvBlock block, int row) => new(Row + row, Line + block.Line(row));
}
