using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlDurable.Learning.Tables;

/// <summary>
/// The binary file of a table (<c>.col</c>). The same table always gives the same bytes. Damage of any kind is found when reading.
/// </summary>
/// <remarks>
/// Layout, all integers little-endian: the magic <c>MLDCOL</c>, a 16-bit version, then a sequence of bytes cut into blocks (see
/// <see cref="BlockWriter"/>): the number of rows and of columns, and for each column its kind, name and cells. Cells are doubles, 64-bit
/// ticks, or, after the dictionary, codes of 1, 2 or 4 bytes as the dictionary's size needs, where all bits set is missing. Cells go
/// between memory and stream as they are, so this works on little-endian processors only.
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
                    WriteNumbers(writer, numbers);
                    break;
                case TimeColumn times:
                    writer.Write(MemoryMarshal.AsBytes(times.Ticks));
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
                    ColumnKind.Number => new NumberColumn(name, ReadCells<double>(reader, rows)),
                    ColumnKind.Time => new TimeColumn(name, ReadCells<long>(reader, rows)),
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

    private static void WriteNumbers(BlockWriter writer, NumberColumn column)
    {
        if (column.MissingCount == 0)
        {
            writer.Write(MemoryMarshal.AsBytes(column.Values));
            return;
        }

        // There are many bit patterns of NaN; one of them makes the file the same for the same table.
        var piece = new double[PieceRows];
        for (var values = column.Values; !values.IsEmpty; values = values[Math.Min(PieceRows, values.Length)..])
        {
            var count = Math.Min(PieceRows, values.Length);
            var row = 0;
            for (; row <= count - Vector<double>.Count; row += Vector<double>.Count)
            {
                var some = new Vector<double>(values[row..]);
                Vector.ConditionalSelect(Vector.IsNaN(some), new Vector<double>(double.NaN), some).CopyTo(piece, row);
            }

            for (; row < count; row++)
            {
                piece[row] = double.IsNaN(values[row]) ? double.NaN : values[row];
            }

            writer.Write(MemoryMarshal.AsBytes(piece.AsSpan(0, count)));
        }
    }

    private static void WriteCategories(BlockWriter writer, CategoryColumn column)
    {
        writer.WriteInt32(column.Categories.Count);
        foreach (var category in column.Categories)
        {
            writer.WriteText(category);
        }

        switch (CodeBytes(column.Categories.Count))
        {
            case sizeof(byte):
                WriteCodes<byte>(writer, column.Codes);
                break;
            case sizeof(ushort):
                WriteCodes<ushort>(writer, column.Codes);
                break;
            default:
                writer.Write(MemoryMarshal.AsBytes(column.Codes));
                break;
        }
    }

    /// <summary>Cuts off the upper bytes; the missing code -1 is all ones in every width.</summary>
    private static void WriteCodes<T>(BlockWriter writer, ReadOnlySpan<int> codes)
        where T : unmanaged, IBinaryInteger<T>
    {
        var piece = new T[Math.Min(PieceRows, codes.Length)];
        for (; !codes.IsEmpty; codes = codes[Math.Min(PieceRows, codes.Length)..])
        {
            var narrow = piece.AsSpan(0, Math.Min(PieceRows, codes.Length));
            for (var i = 0; i < narrow.Length; i++)
            {
                narrow[i] = T.CreateTruncating(codes[i]);
            }

            writer.Write(MemoryMarshal.AsBytes(narrow));
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

        var codes = CodeBytes(count) switch
        {
            sizeof(byte) => Widen(ReadCells<byte>(reader, rows)),
            sizeof(ushort) => Widen(ReadCells<ushort>(reader, rows)),
            _ => ReadCells<int>(reader, rows),
        };
        return new CategoryColumn(name, codes, categories);
    }

    private static int[] Widen<T>(ReadOnlySpan<T> narrow)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var codes = new int[narrow.Length];
        for (var i = 0; i < codes.Length; i++)
        {
            codes[i] = narrow[i] == T.MaxValue ? CategoryColumn.MissingCode : int.CreateTruncating(narrow[i]);
        }

        return codes;
    }

    private static int CodeBytes(int categories) => categories switch
    {
        <= byte.MaxValue => sizeof(byte),
        <= ushort.MaxValue => sizeof(ushort),
        _ => sizeof(int),
    };

    /// <summary>The array is no longer than the stream, or it grows with the bytes that are really there: a false number of rows allocates
    /// nothing.</summary>
    private static T[] ReadCells<T>(BlockReader reader, int rows)
        where T : unmanaged
    {
        var fitting = reader.MaxBytesLeft / Unsafe.SizeOf<T>();
        if (fitting < rows)
        {
            throw BlockReader.Corrupt("it ends too early");
        }

        var cells = GC.AllocateUninitializedArray<T>(fitting is null ? Math.Min(rows, PieceRows) : rows);
        reader.ReadExactly(MemoryMarshal.AsBytes(cells.AsSpan()));
        while (cells.Length < rows)
        {
            var read = cells.Length;
            Array.Resize(ref cells, (int)Math.Min(rows, 2L * read));
            reader.ReadExactly(MemoryMarshal.AsBytes(cells.AsSpan(read)));
        }

        return cells;
    }
}
