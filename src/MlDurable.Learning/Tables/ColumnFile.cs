using System.Buffers.Binary;

namespace MlDurable.Learning.Tables;

/// <summary>
/// The binary file of a table (<c>.col</c>). The same table always gives the same bytes. Damage of any kind is found when reading.
/// </summary>
/// <remarks>
/// Layout, all integers little-endian: the magic <c>MLDCOL</c>, a 16-bit version, then a sequence of bytes cut into blocks (see
/// <see cref="BlockWriter"/>): the number of rows and of columns, and for each column its kind, name and cells. Cells are doubles, 64-bit
/// ticks, or, after the dictionary, codes of 1, 2 or 4 bytes as the dictionary's size needs, where all bits set is missing.
/// </remarks>
public static class ColumnFile
{
    private const ushort Version = 1;
    private const int PieceRows = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "MLDCOL"u8;

    /// <summary>Writes a table.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="table">The table.</param>
    public static void Write(Stream stream, Table table)
    {
        stream.Write(Magic);
        Span<byte> version = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(version, Version);
        stream.Write(version);
        var writer = new BlockWriter(stream);
        writer.WriteInt32(table.RowCount);
        writer.WriteInt32(table.Columns.Count);
        foreach (var column in table.Columns)
        {
            writer.WriteInt32((int)column.Kind);
            writer.WriteText(column.Name);
            switch (column)
            {
                case NumberColumn numbers:
                    WriteNumbers(writer, numbers.Values);
                    break;
                case TimeColumn times:
                    WriteTicks(writer, times.Ticks);
                    break;
                case CategoryColumn categories:
                    WriteCategories(writer, categories);
                    break;
            }
        }

        writer.Finish();
    }

    /// <summary>Reads a table that <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes, from the current position to the end; need not be seekable; not closed.</param>
    /// <returns>The table.</returns>
    /// <exception cref="LearningException"><c>column-file-corrupt</c>: these are not the bytes of a table of this version.</exception>
    public static Table Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[Magic.Length + sizeof(ushort)];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith(Magic))
        {
            throw BlockReader.Corrupt("it does not begin like a column file");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(head[Magic.Length..]);
        if (version != Version)
        {
            throw BlockReader.Corrupt($"its version is {version}, and this program reads version {Version}");
        }

        var reader = new BlockReader(stream);
        var rows = reader.ReadCount();
        var columnCount = reader.ReadCount();
        var columns = new List<Column>();
        try
        {
            for (var i = 0; i < columnCount; i++)
            {
                var kind = reader.ReadInt32();
                var name = reader.ReadText();
                columns.Add((ColumnKind)kind switch
                {
                    ColumnKind.Number => new NumberColumn(name, ReadNumbers(reader, rows)),
                    ColumnKind.Time => new TimeColumn(name, ReadTicks(reader, rows)),
                    ColumnKind.Category => ReadCategories(reader, name, rows),
                    _ => throw BlockReader.Corrupt($"column {i + 1} is of the unknown kind {kind}"),
                });
            }

            reader.Finish();
            return new Table(columns);
        }
        catch (LearningException exception) when (exception.Code != BlockReader.CorruptCode)
        {
            throw BlockReader.Corrupt("its cells contradict each other", exception);
        }
        catch (ArgumentException exception)
        {
            throw BlockReader.Corrupt("a column has no name", exception);
        }
    }

    private static void WriteNumbers(BlockWriter writer, ReadOnlySpan<double> values)
    {
        Span<byte> cell = stackalloc byte[sizeof(double)];
        foreach (var value in values)
        {
            // There are many bit patterns of NaN; one of them makes the file the same for the same table.
            BinaryPrimitives.WriteDoubleLittleEndian(cell, double.IsNaN(value) ? double.NaN : value);
            writer.Write(cell);
        }
    }

    private static double[] ReadNumbers(BlockReader reader, int rows) =>
        ReadCells(reader, rows, sizeof(double), BinaryPrimitives.ReadDoubleLittleEndian);

    private static void WriteTicks(BlockWriter writer, ReadOnlySpan<long> ticks)
    {
        Span<byte> cell = stackalloc byte[sizeof(long)];
        foreach (var tick in ticks)
        {
            BinaryPrimitives.WriteInt64LittleEndian(cell, tick);
            writer.Write(cell);
        }
    }

    private static long[] ReadTicks(BlockReader reader, int rows) =>
        ReadCells(reader, rows, sizeof(long), BinaryPrimitives.ReadInt64LittleEndian);

    private static void WriteCategories(BlockWriter writer, CategoryColumn column)
    {
        writer.WriteInt32(column.Categories.Count);
        foreach (var category in column.Categories)
        {
            writer.WriteText(category);
        }

        Span<byte> cell = stackalloc byte[sizeof(int)];
        var width = CodeBytes(column.Categories.Count);
        foreach (var code in column.Codes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(cell, code);
            writer.Write(cell[..width]);
        }
    }

    private static CategoryColumn ReadCategories(BlockReader reader, string name, int rows)
    {
        var count = reader.ReadCount();
        var categories = new List<string>();
        for (var i = 0; i < count; i++)
        {
            categories.Add(reader.ReadText());
        }

        // The missing code -1 is all ones in every width.
        var codes = CodeBytes(count) switch
        {
            1 => ReadCells(reader, rows, 1, cell => cell[0] == byte.MaxValue ? CategoryColumn.MissingCode : cell[0]),
            2 => ReadCells(reader, rows, 2, cell =>
                BinaryPrimitives.ReadUInt16LittleEndian(cell) is var code && code == ushort.MaxValue ? CategoryColumn.MissingCode : code),
            _ => ReadCells(reader, rows, sizeof(int), BinaryPrimitives.ReadInt32LittleEndian),
        };
        return new CategoryColumn(name, codes, categories);
    }

    private static int CodeBytes(int categories) => categories switch
    {
        <= byte.MaxValue => 1,
        <= ushort.MaxValue => 2,
        _ => sizeof(int),
    };

    /// <summary>The array grows with the bytes that are really there, so that a false number of rows allocates nothing.</summary>
    private static T[] ReadCells<T>(BlockReader reader, int rows, int width, ReadCell<T> read)
    {
        var cells = new List<T>(Math.Min(rows, PieceRows));
        Span<byte> cell = stackalloc byte[sizeof(ulong)];
        for (var row = 0; row < rows; row++)
        {
            reader.ReadExactly(cell[..width]);
            cells.Add(read(cell[..width]));
        }

        return [.. cells];
    }

    private delegate T ReadCell<T>(ReadOnlySpan<byte> cell);
}
