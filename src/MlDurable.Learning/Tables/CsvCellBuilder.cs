namespace MlDurable.Learning.Tables;

/// <summary>Collects cells that are kept as they are.</summary>
internal sealed class CsvCellBuilder<T, TCell> : CsvColumnBuilder
    where T : unmanaged
    where TCell : ICsvCell<T>
{
    private readonly SegmentedList<T> all = new();

    public override int Count => all.Count;

    public override void AppendMissing(int count) => all.Append(TCell.Missing, count);

    public override int? Append(CsvCells cells)
    {
        all.Append(TCell.Of(cells));
        return null;
    }

    public override Column Build(string name) => TCell.Build(name, all.Take());
}
