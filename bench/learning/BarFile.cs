using System.Text.Json;

namespace MlDurable.Bench.Learning;

/// <summary>What was measured, each with its bar, as JSON.</summary>
internal static class BarFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(string path, SortedDictionary<string, object> bars) => File.WriteAllText(path, JsonSerializer.Serialize(bars, Indented));
}
