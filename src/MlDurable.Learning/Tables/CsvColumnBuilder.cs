namespace MlDurable.Learning.Tables;

/// <summary>Collects the cells of a column of a table, whose kind is known, block by block.</summary>
internal abstract class CsvColumnBuilder
{
    /// <summary>The number of cells.</summary>
    public abstract int Count { get; }

    public abstract void AppendMissing(int count);

    /// <summary>Appends the cells of a block.</summary>
    /// <returns>The row of the block whose text is one too many; null if there is none.</returns>
    public abstract int? Append(CsvCells cells);

    /// <summary>Makes the column; nothing can be appended after it.</summary>
    public abstract Column Build(string name);

    public static CsvColumnBuilder For(ColumnKind kind, int maxCategories) => kind switch
    {
        ColumnKind.Number => new CsvCellBuilder<double, NumberCell>(),
        ColumnKind.Time => new CsvCellBuilder<long, TimeCell>(),
        _ => new CsvCategoryBuilder(maxCategories),
    };
}
