using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests;

/// <summary>The sample data of the repository: 10,000 wildlife strikes of the years 1990 to 2002.</summary>
internal static class BirdStrikes
{
    public static readonly RowFeatures Rule = new()
    {
        Label = "Effect Amount of damage",
        Rule = LabelRule.Not("None"),
        Time = "Flight Date",
        Drop = ["Cost Other", "Cost Repair", "Cost Total $"],
        DateParts = [DatePart.Month, DatePart.Weekday],
    };

    private static readonly Lazy<Task<Table>> LazyRaw = new(ReadAsync);

    public static Task<Table> RawAsync() => LazyRaw.Value;

    /// <summary>Features, labels and times of the rows of some years.</summary>
    public static async Task<Table> BuiltAsync(int fromYear, int toYear) => Years(Rule.Build(await RawAsync()), fromYear, toYear);

    public static Table Years(Table built, int fromYear, int toYear)
    {
        var times = (TimeColumn)built[RowFeatures.TimeColumnName];
        return built.Take([.. Enumerable.Range(0, built.RowCount).Where(row => times.At(row)!.Value.Year >= fromYear && times.At(row)!.Value.Year <= toYear)]);
    }

    private static async Task<Table> ReadAsync()
    {
        var files = Directory.GetFiles(Repository.PathOf("samples", "bird-strikes", "data"), "birdstrikes-*.csv").Order(StringComparer.Ordinal);
        var tables = new List<Table>();
        foreach (var file in files)
        {
            await using var stream = File.OpenRead(file);
            tables.Add((await CsvTable.ReadAsync(stream, new CsvOptions())).Table);
        }

        return Table.Concat(tables);
    }
}
