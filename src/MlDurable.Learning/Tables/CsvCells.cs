namespace MlDurable.Learning.Tables;

/// <summary>The cells of one column in one block. Used again and again.</summary>
internal sealed class CsvCells
{
    private double[] numbers = [];
    private long[] ticks = [];
    private int[] codes = [];
    private int rows;

    /// <summary>What they were read as; its kind is null where all are missing.</summary>
    public CsvExpectation Expectation { get; private set; }

    /// <summary>What the first value is, where nothing else was known; null where all are missing.</summary>
    public ColumnKind? Kind { get; private set; }

    /// <summary>How many cells are not of the kind; unless it is certain, reading stopped at the first.</summary>
    public int Misfits { get; private set; }

    /// <summary>The row of the first one in the block.</summary>
    public int FirstMisfit { get; private set; }

    /// <summary>The different texts of a category.</summary>
    public Utf8Dictionary Texts { get; } = new();

    /// <summary>For each of the texts the first row.</summary>
    public List<int> FirstRows { get; } = [];

    public ReadOnlySpan<double> Numbers => numbers.AsSpan(0, rows);

    public ReadOnlySpan<long> Ticks => ticks.AsSpan(0, rows);

    /// <summary>Indices into <see cref="Texts"/>.</summary>
    public Span<int> Codes => codes.AsSpan(0, rows);

    public void Read(CsvBlock block, int field, CsvExpectation expectation, MissingTexts missing)
    {
        rows = block.RowCount;
        Expectation = expectation;
        Kind = expectation.Kind ?? KindOfFirst(block, field, missing);
        Misfits = 0;
        switch (Kind)
        {
            case ColumnKind.Number:
                Read<double, NumberCell>(ref numbers, block, field, missing);
                break;
            case ColumnKind.Time:
                Read<long, TimeCell>(ref ticks, block, field, missing);
                break;
            case ColumnKind.Category:
                ReadTexts(block, field, missing);
                break;
        }
    }

    private static ColumnKind? KindOfFirst(CsvBlock block, int field, MissingTexts missing)
    {
        for (var row = 0; row < block.RowCount; row++)
        {
            var text = block.Text(row, field);
            if (!missing.Contains(text))
            {
                return CellText.KindOf(text);
            }
        }

        return null;
    }

    private void Read<T, TCell>(ref T[] cells, CsvBlock block, int field, MissingTexts missing)
        where T : unmanaged
        where TCell : ICsvCell<T>
    {
        Reserve(ref cells);
        for (var row = 0; row < rows; row++)
        {
            var text = block.Text(row, field);
            if (missing.Contains(text))
            {
                cells[row] = TCell.Missing;
            }
            else if (!TCell.TryParse(text, out cells[row]))
            {
                cells[row] = TCell.Missing;
                FirstMisfit = Misfits == 0 ? row : FirstMisfit;
                Misfits++;
                if (!Expectation.IsCertain)
                {
                    return;
                }
            }
        }
    }

    private void ReadTexts(CsvBlock block, int field, MissingTexts missing)
    {
        Reserve(ref codes);
        Texts.Clear();
        FirstRows.Clear();
        for (var row = 0; row < rows; row++)
        {
            var text = block.Text(row, field);
            if (missing.Contains(text))
            {
                codes[row] = CategoryColumn.MissingCode;
                continue;
            }

            var hash = Utf8Dictionary.Hash(text);
            var code = Texts.Find(text, hash);
            if (code < 0)
            {
                code = Texts.Add(text, hash);
                FirstRows.Add(row);
            }

            codes[row] = code;
        }
    }

    private void Reserve<T>(ref T[] cells)
    {
        if (cells.Length < rows)
        {
            cells = GC.AllocateUninitializedArray<T>(Math.Max(rows, 2 * cells.Length));
        }
    }
}
