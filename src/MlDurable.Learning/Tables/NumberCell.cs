namespace MlDurable.Learning.Tables;

/// <summary>A cell of a <see cref="NumberColumn"/>.</summary>
internal readonly struct NumberCell : ICsvCell<double>
{
    public static double Missing => double.NaN;

    public static bool TryParse(ReadOnlySpan<byte> text, out double cell) => CellText.TryParseNumber(text, out cell);

    public static ReadOnlySpan<double> Of(CsvCells cells) => cells.Numbers;

    public static Column Build(string name, double[] cells) => new NumberColumn(name, cells);
}
