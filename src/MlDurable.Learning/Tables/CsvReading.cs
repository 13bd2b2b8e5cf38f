namespace MlDurable.Learning.Tables;

/// <summary>
/// One reading of a CSV file, from beginning to end or to where it is refused. One block after the other comes from the stream; several are
/// split and parsed at the same time; what was found is put together in the order of the file.
/// </summary>
/// <remarks>The first block is parsed alone: what its cells are is what the other blocks expect.</remarks>
internal sealed class CsvReading(CsvOptions options, Func<IReadOnlyList<string>, IReadOnlyList<CsvColumn>> columnsOf)
{
    private readonly MissingTexts missing = new(options.MissingTexts);
    private readonly Stack<CsvBlock> spare = [];
    private CsvPlace next = new(0, 1);

    /// <summary>The names of the fields.</summary>
    public IReadOnlyList<string> Header { get; private set; } = [];

    /// <summary>The wanted columns.</summary>
    public IReadOnlyList<CsvColumn> Columns { get; private set; } = [];

    /// <summary>The number of rows that were read.</summary>
    public int RowCount => next.Row;

    /// <summary>Why the file is refused, or null.</summary>
    public CsvRefusal? Refusal { get; private set; }

    public async Task RunAsync(Stream stream, CancellationToken cancellationToken)
    {
        var inWork = new Queue<(CsvBlock Block, Task Work)>();
        using var blocks = await CsvBlockReader.OpenAsync(stream, options, cancellationToken);
        try
        {
            var block = await ReadHeaderAsync(blocks, cancellationToken);
            inWork.Enqueue((block, Task.CompletedTask));
            block.Read(Expectations(), missing);
            while (inWork.TryDequeue(out var oldest))
            {
                await oldest.Work;
                Append(oldest.Block);
                spare.Push(oldest.Block);
                if (oldest.Block.Fault is not null || Refusal?.Row < RowCount)
                {
                    return;
                }

                while (!block.IsLast && inWork.Count < options.MaxThreads)
                {
                    block = await ReadBlockAsync(blocks, cancellationToken);
                    inWork.Enqueue((block, ParseAsync(block)));
                }
            }
        }
        finally
        {
            // Nobody may use a buffer that is given back.
            await Task.WhenAll(inWork.Select(item => item.Work));
            foreach (var block in spare.Concat(inWork.Select(item => item.Block)))
            {
                block.Release();
            }
        }
    }

    /// <summary>The first block that has more than empty lines, after its header.</summary>
    private async Task<CsvBlock> ReadHeaderAsync(CsvBlockReader blocks, CancellationToken cancellationToken)
    {
        while (true)
        {
            var block = await ReadBlockAsync(blocks, cancellationToken);
            if (TryTakeHeader(block))
            {
                return block;
            }

            spare.Push(block);
            if (block.IsLast)
            {
                throw new CsvException("csv-empty", "the file is empty. The first line must name the columns.", 1);
            }
        }
    }

    private bool TryTakeHeader(CsvBlock block)
    {
        var bytes = block.Buffer.AsSpan(block.Start, block.End - block.Start);
        var scanner = new CsvRecordScanner(block.Buffer, block.Start, block.End, block.Cut, options);
        var fields = new FieldRange[Math.Min(options.MaxColumns, bytes.Count((byte)',') + 1)];
        switch (scanner.Read(fields, isHeader: true, out var count))
        {
            case CsvScan.Fault:
                throw scanner.Fault!.ToException(next.Line);
            case CsvScan.End:
                next = next with { Line = next.Line + scanner.Lines };
                return false;
        }

        Header = ReadNames(block, fields.AsSpan(0, count), next.Line + scanner.RecordLine);
        Columns = columnsOf(Header);
        block.Start = scanner.Position;
        next = next with { Line = next.Line + scanner.Lines };
        return true;
    }

    private static string[] ReadNames(CsvBlock block, ReadOnlySpan<FieldRange> fields, long line)
    {
        var names = new string[fields.Length];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = CellText.ToText(block.Buffer.AsSpan(fields[i].Start, fields[i].Length));
            if (string.IsNullOrWhiteSpace(names[i]))
            {
                throw new CsvException(
                    "csv-empty-column-name", $"column {i + 1} has no name. The first line must name every column.", line, i + 1);
            }

            if (!places.TryAdd(names[i], i))
            {
                throw new CsvException(
                    "csv-duplicate-column",
                    $"columns {places[names[i]] + 1} and {i + 1} are both called '{names[i]}'. Column names must differ.",
                    line,
                    i + 1);
            }
        }

        return names;
    }

    private async Task<CsvBlock> ReadBlockAsync(CsvBlockReader blocks, CancellationToken cancellationToken)
    {
        var block = spare.TryPop(out var used) ? used : new CsvBlock(options);
        await blocks.ReadAsync(block, cancellationToken);
        return block;
    }

    private Task ParseAsync(CsvBlock block)
    {
        var expectations = Expectations();
        if (options.MaxThreads > 1)
        {
            return Task.Run(() => block.Read(expectations, missing));
        }

        block.Read(expectations, missing);
        return Task.CompletedTask;
    }

    /// <summary>What the cells of each field are expected to be, as far as they are wanted.</summary>
    private CsvExpectation?[] Expectations()
    {
        var expectations = new CsvExpectation?[Header.Count];
        foreach (var column in Columns)
        {
            expectations[column.Field] = column.Expectation;
        }

        return expectations;
    }

    private void Append(CsvBlock block)
    {
        foreach (var column in Columns)
        {
            Refusal = CsvRefusal.First(Refusal, column.Append(block, next, missing));
        }

        next = new CsvPlace(next.Row + block.RowCount, next.Line + block.LineCount);
        if (block.Fault is not null)
        {
            // Before any cell of the record that it is in.
            Refusal = CsvRefusal.First(Refusal, new CsvRefusal(next.Row, -1, block.Fault.ToException(next.Line - block.LineCount)));
        }
    }
}
