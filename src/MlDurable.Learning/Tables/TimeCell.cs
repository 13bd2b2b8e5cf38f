namespace MlDurable.Learning.Tables;

/// <summary>A cell of a <see cref="TimeColumn"/>.</summary>
internal readonly struct TimeCell : ICsvCell<long>
{
    public static long Missing => TimeColumn.MissingTicks;

    public static bool TryParse(ReadOnlySpan<byte> text, out long cell) => CellText.TryParseTime(text, out cell);

    public static ReadOnlySpan<long> Of(CsvCells cells) => cells.Ticks;

    public static Column Build(string name, long[] cells) => new TimeColumn(name, cells);
}
