namespace MlDurable.Learning.Tables;

/// <summary>What is known so far of a column of a CSV file, and its cells if they are kept.</summary>
/// <param name="name">Its name.</param>
/// <param name="field">Its place in a record, from 0.</param>
/// <param name="expectation">What it is known to be.</param>
/// <param name="keepsCells">Whether a column is to be made of the cells; otherwise only the kind is wanted.</param>
/// <param name="maxCategories">The most different texts that it may have.</param>
internal sealed class CsvColumn(string name, int field, CsvExpectation expectation, bool keepsCells, int maxCategories)
{
    private CsvExpectation expectation = expectation;
    private CsvColumnBuilder? builder;
    private int leadingMissing;

    public string Name { get; } = name;

    public int Field { get; } = field;

    /// <summary>What its values are; null while there was none.</summary>
    public ColumnKind? Kind => expectation.Kind;

    /// <summary>What its next cells are expected to be; null when they are not wanted.</summary>
    public CsvExpectation? Expectation => NeedsAnotherReading || (!keepsCells && Kind == ColumnKind.Category) ? null : expectation;

    /// <summary>Where the first value is that is of another kind than those before and so makes the column a category; null if there is
    /// none.</summary>
    public CsvPlace? Contradiction { get; set; }

    /// <summary>Whether the column turned out to be a category only after other blocks were read, whose texts are gone.</summary>
    public bool NeedsAnotherReading { get; private set; }

    /// <summary>The cells that were not of the expected kind, or null.</summary>
    public TypeErrors? TypeErrors { get; private set; }

    /// <summary>Appends the cells of a block that was read as <see cref="Expectation"/> said then.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where the block starts.</param>
    /// <param name="missing">The texts of missing cells.</param>
    /// <returns>Why the file is refused, or null.</returns>
    public CsvRefusal? Append(CsvBlock block, CsvPlace start, MissingTexts missing)
    {
        if (Expectation is null)
        {
            return null;
        }

        var cells = block.Cells[Field];
        if (cells.Expectation != expectation)
        {
            // It was read ahead when less was known.
            cells.Read(block, Field, expectation, missing);
        }

        expectation = expectation with { Kind = cells.Kind };
        if (cells.Misfits > 0)
        {
            if (expectation.IsCertain)
            {
                AddTypeErrors(block, cells, start);
            }
            else
            {
                Contradiction = start.After(block, cells.FirstMisfit);
                expectation = expectation with { Kind = ColumnKind.Category };
                NeedsAnotherReading = builder is not null;
                builder = null;
                return Append(block, start, missing);
            }
        }

        return keepsCells ? AppendCells(block, cells, start) : null;
    }

    /// <summary>Makes the column; nothing can be appended after it.</summary>
    /// <param name="rows">The number of rows.</param>
    public Column Build(int rows) => builder?.Build(Name) ?? Column.AllMissing(Name, Kind ?? ColumnKind.Number, rows);

    private CsvRefusal? AppendCells(CsvBlock block, CsvCells cells, CsvPlace start)
    {
        if (Kind is not { } kind)
        {
            leadingMissing += block.RowCount;
            return null;
        }

        if (builder is null)
        {
            builder = CsvColumnBuilder.For(kind, maxCategories);
            builder.AppendMissing(leadingMissing);
        }

        if (builder.Append(cells) is not { } row)
        {
            return null;
        }

        // Until the contradiction nobody counts the texts of a column of numbers or times.
        var place = start.After(block, row);
        place = Contradiction is { } contradiction && contradiction.Row > place.Row ? contradiction : place;
        return new CsvRefusal(
            place.Row,
            Field,
            new CsvException(
                "csv-too-many-categories",
                $"column '{Name}' has more than {maxCategories} different texts. Drop it if it identifies rows, or raise the limit.",
                place.Line,
                Field + 1));
    }

    private void AddTypeErrors(CsvBlock block, CsvCells cells, CsvPlace start)
    {
        if (TypeErrors is null)
        {
            // A character has at most 4 bytes; a character cut in half at the end becomes a replacement character.
            var cell = block.Text(cells.FirstMisfit, Field);
            var text = CellText.ToText(cell.Length > 400 ? cell[..400] : cell);
            TypeErrors = new TypeErrors(
                Name, Kind!.Value, 0, start.After(block, cells.FirstMisfit).Line, text.Length > 100 ? text[..100] : text);
        }

        TypeErrors = TypeErrors with { Count = TypeErrors.Count + cells.Misfits };
    }
}
