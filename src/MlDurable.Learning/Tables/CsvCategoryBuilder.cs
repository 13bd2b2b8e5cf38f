namespace MlDurable.Learning.Tables;

/// <summary>Collects codes. The texts of each block join those of the blocks before in the order of its rows, so that the codes are the same
/// for any division into blocks.</summary>
internal sealed class CsvCategoryBuilder(int maxCategories) : CsvColumnBuilder
{
    private readonly SegmentedList<int> codes = new();
    private readonly Utf8Dictionary categories = new();
    private int[] newCodes = [];

    public override int Count => codes.Count;

    public override void AppendMissing(int count) => codes.Append(CategoryColumn.MissingCode, count);

    public override int? Append(CsvCells cells)
    {
        var texts = cells.Texts;
        if (newCodes.Length < texts.Count)
        {
            newCodes = new int[Math.Max(texts.Count, 2 * newCodes.Length)];
        }

        for (var code = 0; code < texts.Count; code++)
        {
            newCodes[code] = categories.Find(texts[code], texts.Hash(code));
            if (newCodes[code] < 0)
            {
                if (categories.Count == maxCategories)
                {
                    return cells.FirstRows[code];
                }

                newCodes[code] = categories.Add(texts[code], texts.Hash(code));
            }
        }

        foreach (ref var code in cells.Codes)
        {
            code = code == CategoryColumn.MissingCode ? code : newCodes[code];
        }

        codes.Append(cells.Codes);
        return null;
    }

    public override Column Build(string name) =>
        new CategoryColumn(name, codes.Take(), [.. Enumerable.Range(0, categories.Count).Select(code => CellText.ToText(categories[code]))]);
}
