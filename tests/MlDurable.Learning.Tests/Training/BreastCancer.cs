using System.Globalization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Training;

/// <summary>Thirty measures of cell nuclei, and whether a tumour is benign; see Vectors/README.md.</summary>
internal static class BreastCancer
{
    public static LabeledRows Training { get; } = Read("train");

    public static LabeledRows Testing { get; } = Read("test");

    private static LabeledRows Read(string part)
    {
        using var reader = new StreamReader(typeof(BreastCancer).Assembly.GetManifestResourceStream("Vectors/breast_cancer.csv")!);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')).ToArray();
        var rows = lines.Where(line => line[^1] == part).Select(line => Array.ConvertAll(line[..^1], cell => double.Parse(cell, CultureInfo.InvariantCulture))).ToArray();
        return new LabeledRows(
            new Table([.. lines[0][..^2].Select((name, column) => new NumberColumn(name, [.. rows.Select(row => row[column])]))]),
            [.. rows.Select(row => row[^1])]);
    }
}
