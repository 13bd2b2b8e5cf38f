using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlDurable.Bench.Durable;

/// <summary>Collects the figures of all rounds and shows the median of each beside its bar.</summary>
internal sealed class Report(int rounds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly OrderedDictionary<string, (List<double> Values, string Unit, double? AtMost, double? AtLeast)> figures = [];

    public int Rounds => rounds;

    public static void Note(string text) => Console.WriteLine($"  {text}, load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");

    public void Add(string name, double value, string unit, double? atMost = null, double? atLeast = null)
    {
        if (!figures.TryGetValue(name, out var figure))
        {
            figures.Add(name, figure = ([], unit, atMost, atLeast));
        }

        figure.Values.Add(value);
        Console.WriteLine($"  {name}: {Text(value)} {unit}");
    }

    /// <summary>Prints the medians, and writes them to a file if one is given.</summary>
    public void Finish(string? jsonFile)
    {
        var bars = new SortedDictionary<string, Figure>(StringComparer.Ordinal);
        foreach (var (name, (values, unit, atMost, atLeast)) in figures)
        {
            var median = values.Order().ElementAt(values.Count / 2);
            var bar = atMost ?? atLeast;
            bool? holds = bar is null ? null : atMost is null ? median >= bar : median <= bar;
            bars[name] = new Figure(Math.Round(median, 4), unit, bar, holds);
            Console.WriteLine($"{name,-70} {Text(median),10} {unit,-12} {(holds is null ? "" : $"bar {Text(bar!.Value)}: {(holds.Value ? "holds" : "MISSED")}")}");
        }

        if (jsonFile is not null)
        {
            File.WriteAllText(jsonFile, JsonSerializer.Serialize(bars, Json) + "\n");
        }
    }

    private static string Text(double value) => value.ToString(value < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private sealed record Figure(double Value, string Unit, double? Bar, bool? Holds);
}
