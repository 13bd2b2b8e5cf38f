using System.Globalization;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Bench.Learning;

/// <summary>The bird strikes as bird_strikes.py reads them: all years before one for training, that year for the test.</summary>
internal static class BirdStrikes
{
    private const int FirstYear = 1990;

    private static readonly RowFeatures Features = new()
    {
        Label = "Effect Amount of damage",
        Rule = LabelRule.Not("None"),
        Time = "Flight Date",
        Drop = ["Cost Other", "Cost Repair", "Cost Total $"],
        DateParts = [DatePart.Month, DatePart.Weekday],
    };

    public static async Task<(LabeledRows Training, LabeledRows Test)> YearAsync(string folder, int year)
    {
        var years = await Task.WhenAll(Enumerable.Range(FirstYear, year - FirstYear).Select(before => ReadAsync(folder, before)));
        return (LabeledRows.From(Table.Concat(years)), LabeledRows.From(await ReadAsync(folder, year)));
    }

    private static async Task<Table> ReadAsync(string folder, int year)
    {
        await using var file = File.OpenRead(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"birdstrikes-{year}.csv")));
        return Features.Build((await CsvTable.ReadAsync(file, new CsvOptions())).Table);
    }
}
