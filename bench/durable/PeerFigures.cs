using System.Text.Json;

namespace MlDurable.Bench.Durable;

/// <summary>
/// The best figures of other durable engines, from a folder of their results of the same hour on the same machine (<c>--peers FOLDER</c>). Each
/// file is <c>{ "out": [ { "peer", "workload", "concurrency" or "fan", "per_s", "lat": { "p50_ms" }, "restart_to_all_done_ms" } ] }</c>. Without the
/// folder a workload has no bar.
/// </summary>
internal sealed class PeerFigures
{
    private readonly List<JsonElement> records = [];

    public PeerFigures(string? folder)
    {
        foreach (var file in folder is null ? [] : Directory.EnumerateFiles(folder, "*.json"))
        {
            records.AddRange(JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("out").EnumerateArray().Where(IsComparable));
        }
    }

    /// <summary>The most workflows a second with so many in flight.</summary>
    public double? PerSecond(int concurrency) => Best(record => Is(record, "W1", "concurrency", concurrency), record => -record.GetProperty("per_s").GetDouble()) * -1;

    /// <summary>The shortest median of a chain, one at a time, in milliseconds.</summary>
    public double? ChainMilliseconds => Best(record => Is(record, "W1", "concurrency", 1), MedianMilliseconds);

    /// <summary>The shortest fan-out and join of a size, in milliseconds.</summary>
    public double? FanOutMilliseconds(int size) => Best(record => Is(record, "W2", "fan", size), MedianMilliseconds);

    /// <summary>The shortest recovery, in milliseconds.</summary>
    public double? RecoveryMilliseconds => Best(record => Is(record, "W3", null, 0), record => record.GetProperty("restart_to_all_done_ms").GetDouble());

    // Memory alone is no durable engine, and a delayed job that is promoted is easier work than a workflow that goes on.
    private static bool IsComparable(JsonElement record) =>
        record.GetProperty("peer").GetString() is { } peer && !peer.Contains("in-memory", StringComparison.Ordinal)
        && !(record.GetProperty("workload").GetString() == "W3" && peer.StartsWith("bullmq", StringComparison.Ordinal));

    private static bool Is(JsonElement record, string workload, string? property, int value) =>
        record.GetProperty("workload").GetString()!.StartsWith(workload, StringComparison.Ordinal)
        && (property is null || record.GetProperty(property).GetInt32() == value);

    private static double MedianMilliseconds(JsonElement record) => record.GetProperty("lat").GetProperty("p50_ms").GetDouble();

    // The median of each peer's repetitions, then the smallest of these.
    private double? Best(Func<JsonElement, bool> isMeant, Func<JsonElement, double> value) => records.Where(isMeant)
        .GroupBy(record => (record.GetProperty("peer").GetString(), record.GetProperty("workload").GetString()))
        .Select(repetitions => (double?)repetitions.Select(value).Order().ElementAt(repetitions.Count() / 2))
        .Min();
}
