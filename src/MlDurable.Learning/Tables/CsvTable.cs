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
/// <para>With a schema nothing is inferred: a cell that is not of its column's kind is read as missing and counted in
/// <see cref="CsvContent.TypeErrors"/>.</para>
/// </remarks>
public static class CsvTable
{
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
    public static async Task<CsvContent> ReadAsync(Stream stream, CsvOptions options, CancellationToken cancellationToken = default)
    {
        using var records = await CsvRecordReader.OpenAsync(stream, options, cancellationToken);
        var header = await ReadHeaderAsync(records, options, cancellationToken);
        var missing = new MissingTexts(options.MissingTexts);
        var rows = 0;
        ImmutableArray<CsvColumnBuilder> builders = options.Schema is null
            ? [.. header.Select(name => new InferringColumnBuilder(name, options.MaxCategories))]
            : [.. options.Schema.Columns.Select(column => CsvColumnBuilder.For(column, options.MaxCategories))];
        var byName = builders.ToDictionary(builder => builder.Name, StringComparer.Ordinal);
        var perField = header.Select(name => byName.GetValueOrDefault(name)).ToArray();
        while (await records.ReadAsync(cancellationToken))
        {
            rows++;
            for (var i = 0; i < perField.Length; i++)
            {
                var builder = perField[i];
                if (builder is null)
                {
                    continue;
                }

                var cell = records.Field(i);
                if (missing.Contains(cell))
                {
                    builder.AddMissing();
                }
                else
                {
                    builder.Add(cell, records.Line, i + 1);
                }
            }
        }

        var present = header.ToHashSet(StringComparer.Ordinal);
        return new CsvContent(
            new Table([.. builders.Select(builder => present.Contains(builder.Name)
                ? builder.Build()
                : Column.AllMissing(builder.Name, options.Schema!.Find(builder.Name)!.Kind, rows))]),
            [.. builders.Select(builder => builder.Name).Where(name => !present.Contains(name))],
            [.. header.Where(name => !byName.ContainsKey(name))],
            [.. builders.Select(builder => builder.TypeErrors).OfType<TypeErrors>()]);
    }

    /// <summary>
    /// Infers the schema of a file, reading all of it but keeping only one record. To freeze one schema for many files, merge theirs with
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
        using var records = await CsvRecordReader.OpenAsync(stream, options, cancellationToken);
        var header = await ReadHeaderAsync(records, options, cancellationToken);
        var missing = new MissingTexts(options.MissingTexts);
        var kinds = new ColumnKind?[header.Length];
        while (await records.ReadAsync(cancellationToken))
        {
            for (var i = 0; i < kinds.Length; i++)
            {
                if (kinds[i] != ColumnKind.Category && !missing.Contains(records.Field(i)))
                {
                    kinds[i] = CellText.Narrow(kinds[i], records.Field(i));
                }
            }
        }

        return new TableSchema(
            [.. header.Select((name, i) => new ColumnSchema(name, kinds[i] ?? ColumnKind.Number) { IsGuess = kinds[i] is null })]);
    }

    private static async Task<string[]> ReadHeaderAsync(CsvRecordReader records, CsvOptions options, CancellationToken cancellationToken)
    {
        if (!await records.ReadAsync(cancellationToken))
        {
            throw new CsvException("csv-empty", "the file is empty. The first line must name the columns.", 1);
        }

        var names = new string[records.FieldCount];
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = CellText.ToText(records.Field(i));
            if (string.IsNullOrWhiteSpace(names[i]))
            {
                throw new CsvException(
                    "csv-empty-column-name",
                    $"column {i + 1} has no name. The first line must name every column.", records.Line, i + 1);
            }

            if (!places.TryAdd(names[i], i))
            {
                throw new CsvException(
                    "csv-duplicate-column",
                    $"columns {places[names[i]] + 1} and {i + 1} are both called '{names[i]}'. Column names must differ.",
                    records.Line,
                    i + 1);
            }
        }

        return names;
    }
}
