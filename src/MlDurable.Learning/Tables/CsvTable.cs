using System.Collections.Immutable;

namespace MlDurable.Learning.Tables;

/// <summary>
/// Reads CSV as in RFC 4180: commas, quotes with embedded commas, quotes and line breaks, CRLF or LF, a header line. UTF-8 with or without
/// a byte-order mark, plain or gzip (told apart by the first bytes).
/// </summary>
/// <remarks>
/// <para>Empty lines are skipped (a row of one empty cell is written <c>""</c>). A quote inside an unquoted cell is a plain
/// character.</para>
/// <para>
/// Kinds are inferred from all cells that are not missing: a column in which each is a finite decimal number (with or without exponent) is
/// Number; in which each is an ISO 8601 date or date-time is Time (UTC where no offset is given); any other is Category. A column without
/// any value is Number. "inf", "Infinity" and numbers beyond the range of a double are no numbers. Spaces and tabs around numbers, times
/// and missing texts do not matter; categories keep them.
/// </para>
/// <para>
/// Numbers are the doubles nearest to what is written. The file is parsed on several threads; the table, or the reason to refuse the file,
/// is the same for any number of threads and any pieces in which the stream gives its bytes. Beside the table itself, and a copy of it while
/// it is put together, memory is needed for a block of 256 KiB, or of the longest record, and its cells for each thread. Without a schema, a
/// column that looks like numbers or times and turns out to be a category after more than a block needs a second reading of the file: a
/// stream that can seek is set back, the bytes of any other are kept until the end.
/// </para>
/// <para>With a schema nothing is inferred: a cell that is not of its column's kind is read as missing and counted in
/// <see cref="CsvContent.TypeErrors"/>.</para>
/// </remarks>
public static class CsvTable
{
    private const int MinCellsForThreads = 1 << 17;

    /// <summary>The text of a gzip file, for those who read it record by record.</summary>
    /// <param name="packed">The file, from its beginning; not closed.</param>
    /// <returns>A stream that reads forward only and throws <see cref="InvalidDataException"/> where the file is damaged or cut off.</returns>
    public static Stream Unpack(Stream packed) => new CheckedGzipStream(ReadOnlyMemory<byte>.Empty, packed);

    /// <summary>Reads a whole file into a table.</summary>
    /// <param name="stream">The bytes, from the current position; need not be seekable; not closed.</param>
    /// <param name="options">The schema and the limits.</param>
    /// <param name="cancellationToken">Stops between two reads of the stream.</param>
    /// <returns>The table and what did not fit the schema.</returns>
    /// <exception cref="CsvException">The file is not CSV or exceeds a limit; the exception lists the codes.</exception>
    public static Task<CsvContent> ReadAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken = default) =>
        options.Schema is null
            ? InferAndReadAsync(stream, options, cancellationToken)
            : ReadAsync(stream, options, options.Schema, cancellationToken);

    /// <summary>
    /// Infers the schema of a file, reading all of it but keeping no cell. To freeze one schema for many files, merge theirs with
    /// <see cref="TableSchema.Merge"/>.
    /// </summary>
    /// <param name="stream">The bytes, from the current position; need not be seekable; not closed.</param>
    /// <param name="options">The limits; its schema must be <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops between two reads of the stream.</param>
    /// <returns>The columns of the file in its order; those without any value are marked as guesses.</returns>
    /// <exception cref="CsvException">The file is not CSV or exceeds a limit; the exception lists the codes.</exception>
    public static async Task<TableSchema> InferSchemaAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Schema, null);
        var reading = new CsvReading(options, header => Unknown(header, keepsCells: false, options));
        await reading.RunAsync(stream, cancellationToken);
        ThrowIfRefused(reading.Refusal);
        return new TableSchema(
            [.. reading.Columns.Select(column => new ColumnSchema(column.Name, column.Kind ?? ColumnKind.Number) { IsGuess = column.Kind is null })]);
    }

    private static async Task<CsvContent> ReadAsync(Stream stream, CsvOptions options, TableSchema schema, CancellationToken cancellationToken)
    {
        var kinds = schema.Columns.ToDictionary(column => column.Name, column => column.Kind, StringComparer.Ordinal);
        var reading = new CsvReading(options, header =>
            [.. header.Index().Where(field => kinds.ContainsKey(field.Item)).Select(field => new CsvColumn(
                field.Item, field.Index, new CsvExpectation(kinds[field.Item], IsCertain: true), keepsCells: true, options.MaxCategories))]);
        await reading.RunAsync(stream, cancellationToken);
        ThrowIfRefused(reading.Refusal);
        var columns = reading.Columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        return new CsvContent(
            Build(
                [.. schema.Columns.Select<ColumnSchema, Func<Column>>(expected => columns.TryGetValue(expected.Name, out var column)
                    ? () => column.Build(reading.RowCount)
                    : () => Column.AllMissing(expected.Name, expected.Kind, reading.RowCount))],
                reading.RowCount,
                options),
            [.. schema.Columns.Select(column => column.Name).Where(name => !columns.ContainsKey(name))],
            [.. reading.Header.Where(name => !columns.ContainsKey(name))],
            [.. schema.Columns.Select(column => columns.GetValueOrDefault(column.Name)?.TypeErrors).OfType<TypeErrors>()]);
    }

    private static async Task<CsvContent> InferAndReadAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken)
    {
        await using var source = new RewindableStream(stream);
        var first = new CsvReading(options, header => Unknown(header, keepsCells: true, options));
        await first.RunAsync(source, cancellationToken);
        CsvColumn[] again = [.. first.Columns.Where(column => column.NeedsAnotherReading)];
        var columns = first.Columns.ToArray();
        if (again.Length > 0)
        {
            source.Rewind();
            var second = new CsvReading(options, header => !header.SequenceEqual(first.Header) ? throw Changed() : [.. again.Select(column => new CsvColumn(
                column.Name, column.Field, new CsvExpectation(ColumnKind.Category, IsCertain: true), keepsCells: true, options.MaxCategories)
            {
                Contradiction = column.Contradiction,
            })]);
            await second.RunAsync(source, cancellationToken);
            ThrowIfRefused(CsvRefusal.First(first.Refusal, second.Refusal));
            if (second.RowCount != first.RowCount)
            {
                throw Changed();
            }

            foreach (var column in second.Columns)
            {
                columns[column.Field] = column;
            }
        }

        ThrowIfRefused(first.Refusal);
        var table = Build([.. columns.Select<CsvColumn, Func<Column>>(column => () => column.Build(first.RowCount))], first.RowCount, options);
        return new CsvContent(table, [], [], []);
    }

    private static IReadOnlyList<CsvColumn> Unknown(IReadOnlyList<string> header, bool keepsCells, CsvOptions options) =>
        [.. header.Select((name, field) => new CsvColumn(name, field, default, keepsCells, options.MaxCategories))];

    private static Table Build(IReadOnlyList<Func<Column>> builds, int rows, CsvOptions options)
    {
        // What is made in less time than a thread needs to begin is made here.
        var threads = (long)rows * builds.Count < MinCellsForThreads ? 1 : options.MaxThreads;
        var columns = new Column[builds.Count];
        Parallel.For(0, columns.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => columns[i] = builds[i]());
        return new Table(columns);
    }

    private static CsvException Changed() => new("csv-changed", "the file changed while it was read. Read it again.", 1);

    private static void ThrowIfRefused(CsvRefusal? refusal)
    {
        if (refusal is not null)
        {
            throw refusal.Exception;
        }
    }
}
