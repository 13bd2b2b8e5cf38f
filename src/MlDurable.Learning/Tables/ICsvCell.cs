namespace MlDurable.Learning.Tables;

/// <summary>How a cell of a column that is no category is kept.</summary>
/// <typeparam name="T">What is kept.</typeparam>
internal interface ICsvCell<T>
    where T : unmanaged
{
    /// <summary>What stands for a missing cell.</summary>
    static abstract T Missing { get; }

    /// <summary>Reads a cell that is not missing.</summary>
    static abstract bool TryParse(ReadOnlySpan<byte> text, out T cell);

    /// <summary>The cells of a block.</summary>
    static abstract ReadOnlySpan<T> Of(CsvCells cells);

    /// <summary>Makes the column.</summary>
    static abstract Column Build(string name, T[] cells);
}
