namespace MlDurable.Learning.Tables;

/// <summary>One named column of a <see cref="Table"/>. Immutable, so safe for concurrent use.</summary>
public abstract class Column
{
    private protected Column(string name, int count, int missingCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Count = count;
        MissingCount = missingCount;
    }

    /// <summary>The name; never empty.</summary>
    public string Name { get; }

    /// <summary>What the cells are.</summary>
    public abstract ColumnKind Kind { get; }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <summary>The number of rows without a value.</summary>
    public int MissingCount { get; }

    /// <summary>Whether no row has a value, so that the kind of the column says nothing.</summary>
    public bool IsAllMissing => MissingCount == Count;

    /// <summary>A column of the given rows, in the given order; a row may be taken more than once.</summary>
    /// <param name="rows">Row indices, each in [0, <see cref="Count"/>).</param>
    /// <returns>A new column with <paramref name="rows"/>.Length rows.</returns>
    /// <exception cref="IndexOutOfRangeException">A row index is outside the column.</exception>
    public abstract Column Take(ReadOnlySpan<int> rows);

    /// <summary>The same cells under another name, without copying them.</summary>
    /// <param name="name">The new name; not empty.</param>
    /// <returns>A column that shares the cells of this one.</returns>
    public abstract Column Rename(string name);

    /// <summary>A column without a single value.</summary>
    /// <param name="name">The name; not empty.</param>
    /// <param name="kind">What its cells would be.</param>
    /// <param name="count">The number of rows.</param>
    /// <returns>A column in which every row is missing.</returns>
    public static Column AllMissing(string name, ColumnKind kind, int count)
    {
        switch (kind)
        {
            case ColumnKind.Number:
                var values = new double[count];
                Array.Fill(values, double.NaN);
                return new NumberColumn(name, values);
            case ColumnKind.Category:
                var codes = new int[count];
                Array.Fill(codes, CategoryColumn.MissingCode);
                return new CategoryColumn(name, codes, []);
            default:
                var ticks = new long[count];
                Array.Fill(ticks, TimeColumn.MissingTicks);
                return new TimeColumn(name, ticks);
        }
    }
}
