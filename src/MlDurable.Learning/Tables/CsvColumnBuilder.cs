using System.Buffers;
using System.Text;

namespace MlDurable.Learning.Tables;

/// <summary>Collects the cells of one column of a CSV file.</summary>
internal abstract class CsvColumnBuilder(string name)
{
    public string Name { get; } = name;

    /// <summary>The cells that were not of the expected kind, or null.</summary>
    public TypeErrors? TypeErrors { get; private set; }

    public abstract void AddMissing();

    public abstract void Add(ReadOnlySpan<byte> cell, long line, int field);

    public abstract Column Build();

    public static CsvColumnBuilder For(ColumnSchema column, int maxCategories) => column.Kind switch
    {
        ColumnKind.Number => new NumberColumnBuilder(column.Name),
        ColumnKind.Time => new TimeColumnBuilder(column.Name),
        _ => new CategoryColumnBuilder(column.Name, maxCategories),
    };

    protected void AddTypeError(ColumnKind expected, ReadOnlySpan<byte> cell, long line)
    {
        if (TypeErrors is null)
        {
            // A character has at most 4 bytes; a character cut in half at the end becomes a replacement character.
            var text = CellText.ToText(cell.Length > 400 ? cell[..400] : cell);
            TypeErrors = new TypeErrors(Name, expected, 0, line, text.Length > 100 ? text[..100] : text);
        }

        TypeErrors = TypeErrors with { Count = TypeErrors.Count + 1 };
        AddMissing();
    }
}

internal sealed class NumberColumnBuilder(string name) : CsvColumnBuilder(name)
{
    private readonly List<double> values = [];

    public override void AddMissing() => values.Add(double.NaN);

    public override void Add(ReadOnlySpan<byte> cell, long line, int field)
    {
        if (CellText.TryParseNumber(cell, out var value))
        {
            values.Add(value);
        }
        else
        {
            AddTypeError(ColumnKind.Number, cell, line);
        }
    }

    public override Column Build() => new NumberColumn(Name, [.. values]);
}

internal sealed class TimeColumnBuilder(string name) : CsvColumnBuilder(name)
{
    private readonly List<long> ticks = [];

    public override void AddMissing() => ticks.Add(TimeColumn.MissingTicks);

    public override void Add(ReadOnlySpan<byte> cell, long line, int field)
    {
        if (CellText.TryParseTime(cell, out var value))
        {
            ticks.Add(value);
        }
        else
        {
            AddTypeError(ColumnKind.Time, cell, line);
        }
    }

    public override Column Build() => new TimeColumn(Name, [.. ticks]);
}

internal sealed class CategoryColumnBuilder : CsvColumnBuilder
{
    private readonly List<int> codes = [];
    private readonly List<string> categories = [];
    private readonly Dictionary<string, int> lookup = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> spanLookup;
    private readonly int maxCategories;

    public CategoryColumnBuilder(string name, int maxCategories)
        : base(name)
    {
        this.maxCategories = maxCategories;
        spanLookup = lookup.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public override void AddMissing() => codes.Add(CategoryColumn.MissingCode);

    public override void Add(ReadOnlySpan<byte> cell, long line, int field)
    {
        char[]? rented = null;
        var buffer = cell.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(cell.Length);
        var text = buffer[..Encoding.UTF8.GetChars(cell, buffer)];
        if (!spanLookup.TryGetValue(text, out var code))
        {
            code = categories.Count;
            if (code >= maxCategories)
            {
                throw new CsvException(
                    "csv-too-many-categories",
                    $"column '{Name}' has more than {maxCategories} different texts. Drop it if it identifies rows, or raise the limit.",
                    line,
                    field);
            }

            categories.Add(text.ToString());
            lookup.Add(categories[code], code);
        }

        codes.Add(code);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    public override Column Build() => new CategoryColumn(Name, [.. codes], categories);
}

/// <summary>
/// Builds a column whose kind is not known yet. While every value is a number (or a time), the texts are kept beside the parsed values,
/// because a later cell may show that the column is a category after all.
/// </summary>
internal sealed class InferringColumnBuilder(string name, int maxCategories) : CsvColumnBuilder(name)
{
    private readonly ArrayBufferWriter<byte> texts = new();
    private readonly List<int> textLengths = [];
    private CsvColumnBuilder? inner;
    private ColumnKind? kind;
    private int leadingMissing;

    public override void AddMissing()
    {
        if (inner is null)
        {
            leadingMissing++;
            return;
        }

        inner.AddMissing();
        if (kind != ColumnKind.Category)
        {
            textLengths.Add(-1);
        }
    }

    public override void Add(ReadOnlySpan<byte> cell, long line, int field)
    {
        var narrowed = kind == ColumnKind.Category ? ColumnKind.Category : CellText.Narrow(kind, cell);
        if (narrowed != kind)
        {
            kind = narrowed;
            Restart(narrowed, line, field);
        }

        inner!.Add(cell, line, field);
        if (kind != ColumnKind.Category)
        {
            texts.Write(cell);
            textLengths.Add(cell.Length);
        }
    }

    public override Column Build() => inner?.Build() ?? Column.AllMissing(Name, ColumnKind.Number, leadingMissing);

    private void Restart(ColumnKind newKind, long line, int field)
    {
        inner = For(new ColumnSchema(Name, newKind), maxCategories);
        for (var i = 0; i < leadingMissing; i++)
        {
            inner.AddMissing();
        }

        var at = 0;
        foreach (var length in textLengths)
        {
            if (length < 0)
            {
                inner.AddMissing();
            }
            else
            {
                inner.Add(texts.WrittenSpan.Slice(at, length), line, field);
                at += length;
            }
        }

        texts.ResetWrittenCount();
        textLengths.Clear();
    }
}
