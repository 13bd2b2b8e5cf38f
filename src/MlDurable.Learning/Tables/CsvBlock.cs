using System.Buffers;

namespace MlDurable.Learning.Tables;

/// <summary>Whole records of a CSV file, with the places and the meaning of their fields. Used again and again.</summary>
internal sealed class CsvBlock(CsvOptions options)
{
    private FieldRange[] fields = [];
    private int[] lines = [];
    private int fieldCount;

    /// <summary>The bytes from <see cref="Start"/> to <see cref="End"/>, and room after them.</summary>
    public byte[] Buffer { get; private set; } = ArrayPool<byte>.Shared.Rent(options.BlockBytes + CsvRecordScanner.Padding);

    public int Start { get; set; }

    public int End { get; set; }

    /// <summary>Whether nothing follows.</summary>
    public bool IsLast { get; set; }

    /// <summary>Why the bytes do not go on to the end of the last record; null where they do.</summary>
    public CsvFault? Cut { get; set; }

    /// <summary>The number of records.</summary>
    public int RowCount { get; private set; }

    /// <summary>The number of lines, where nothing is wrong.</summary>
    public int LineCount { get; private set; }

    /// <summary>What is wrong after the records; null if nothing is.</summary>
    public CsvFault? Fault { get; private set; }

    /// <summary>The cells of each field; only those of the wanted ones are up to date.</summary>
    public CsvCells[] Cells { get; private set; } = [];

    /// <summary>The text of a field.</summary>
    public ReadOnlySpan<byte> Text(int row, int field)
    {
        var range = fields[(row * fieldCount) + field];
        return Buffer.AsSpan(range.Start, range.Length);
    }

    /// <summary>The line of a record, from 0.</summary>
    public int Line(int row) => lines[row];

    public void EnsureBuffer(int bytes)
    {
        if (Buffer.Length < bytes + CsvRecordScanner.Padding)
        {
            var larger = ArrayPool<byte>.Shared.Rent(bytes + CsvRecordScanner.Padding);
            Buffer.AsSpan().CopyTo(larger);
            ArrayPool<byte>.Shared.Return(Buffer);
            Buffer = larger;
        }
    }

    /// <summary>Splits the bytes into records and reads their cells.</summary>
    /// <param name="expectations">What each field is expected to be; null where its cells are not wanted.</param>
    /// <param name="missing">The texts of missing cells.</param>
    public void Read(ReadOnlySpan<CsvExpectation?> expectations, MissingTexts missing)
    {
        fieldCount = expectations.Length;
        Split();
        if (Cells.Length == 0)
        {
            Cells = [.. Enumerable.Range(0, fieldCount).Select(_ => new CsvCells())];
        }

        for (var field = 0; field < fieldCount; field++)
        {
            if (expectations[field] is { } expectation)
            {
                Cells[field].Read(this, field, expectation, missing);
            }
        }
    }

    /// <summary>Gives the buffer back; the block is of no use afterwards.</summary>
    public void Release() => ArrayPool<byte>.Shared.Return(Buffer);

    private void Split()
    {
        var scanner = new CsvRecordScanner(Buffer, Start, End, Cut, options);
        CsvScan scan;
        RowCount = 0;
        while (true)
        {
            if (RowCount == lines.Length)
            {
                Array.Resize(ref lines, Math.Max(16, 2 * lines.Length));
                Array.Resize(ref fields, lines.Length * fieldCount);
            }

            scan = scanner.Read(fields.AsSpan(RowCount * fieldCount, fieldCount), isHeader: false, out _);
            if (scan != CsvScan.Record)
            {
                break;
            }

            lines[RowCount] = scanner.RecordLine;
            RowCount++;
        }

        LineCount = scanner.Lines;
        Fault = scanner.Fault;
    }
}
