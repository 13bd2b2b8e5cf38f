using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Tests.Triggers;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using MlDurable.Testing.Azurite;

// `run` starts it. With one argument that is a store, it is the host that the scenario kills.
if (args is [var host] && !host.StartsWith("--", StringComparison.Ordinal))
{
    await ArrivalScenario.HostAsync(host);
    return 0;
}

var quick = args.Contains("--quick");
var json = Array.IndexOf(args, "--json") is var at and >= 0 ? args[at + 1] : null;
var bars = new SortedDictionary<string, object>(StringComparer.Ordinal);
var atOnce = new DataTriggerDefinition { QuietFor = TimeSpan.Zero };
var later = new DataTriggerDefinition { QuietFor = TimeSpan.FromHours(1) };
var azurite = new AzuriteFixture();
await azurite.InitializeAsync();
var folders = new List<DirectoryInfo>();
try
{
    Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
    foreach (var kind in new[] { "directory", "azurite" })
    {
        await StartsAsync(kind);
    }

    await ReconcileAsync("directory", quick ? 20_000 : 100_000);
    await RestartAzuriteAsync();
    await ReconcileAsync("azurite", quick ? 2_000 : 10_000);
    await RestartAzuriteAsync();
    await ScenarioAsync("directory", quick ? 1_500 : 10_000);
    if (!quick)
    {
        await ScenarioAsync("azurite", 10_000);
    }
}
finally
{
    await azurite.DisposeAsync();
    folders.ForEach(folder => folder.Delete(recursive: true));
}

if (json is not null)
{
    File.WriteAllText(json, JsonSerializer.Serialize(bars, new JsonSerializerOptions { WriteIndented = true }) + "\n");
}

return 0;

string Store(string kind)
{
    if (kind == "azurite")
    {
        return azurite.ConnectionString;
    }

    folders.Add(Directory.CreateTempSubdirectory("mldurable-bench-"));
    return folders[^1].FullName;
}

async Task RestartAzuriteAsync()
{
    await azurite.DisposeAsync();
    azurite = new AzuriteFixture();
    await azurite.InitializeAsync();
}

void Bar(string name, double value, string unit, double bar, bool holds)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-64} {value,10:0.###} {unit,-8} bar {bar,-8} {(holds ? "holds" : "MISSED")}"));
    bars[name] = new { value, unit, bar, holds };
}

// From the call of NotifyAsync to the run's durable record and the call that starts its instance.
async Task StartsAsync(string kind)
{
    const int samples = 30;
    var store = BlobStoreFactory.Open(Store(kind));
    var started = 0L;
    var watch = ArrivalScenario.Watch(store, atOnce, new EndingRuns(store) { Started = () => started = Stopwatch.GetTimestamp() });
    var milliseconds = new List<double>();
    for (var index = 0; index <= samples; index++)
    {
        var written = await store.WriteBytesAsync($"data/arrivals/{index}.csv", Encoding.ASCII.GetBytes($"x,y\n{index},1\n"), BlobCondition.None);
        var begun = Stopwatch.GetTimestamp();
        await watch.NotifyAsync([DataNotification.Of(written)]);
        milliseconds.Add(Stopwatch.GetElapsedTime(begun, started).TotalMilliseconds);
    }

    // The first one compiles.
    var sorted = milliseconds.Skip(1).Order().ToList();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"notified to started, {kind}: median {sorted[samples / 2]:0.0} ms, longest {sorted[^1]:0.0} ms, first {milliseconds[0]:0.0} ms"));
    Bar($"notified upload to run start, {kind}, longest of {samples}", sorted[^1], "ms", 1000, sorted[^1] < 1000);
}

// All blobs but ten are known; those ten, which nobody told of, must wait after one call.
async Task ReconcileAsync(string kind, int blobs)
{
    const int missed = 10;
    var text = Store(kind);
    var store = BlobStoreFactory.Open(text);
    if (kind == "directory")
    {
        // Made as a person would copy them in: the store's own writes are flushed one by one, which is not what is measured.
        var folder = Directory.CreateDirectory(Path.Combine(text, "data", "arrivals")).FullName;
        Parallel.For(0, blobs - missed, index => File.WriteAllText(Path.Combine(folder, $"{index:000000}.csv"), $"x,y\n{index},1\n"));
    }
    else
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, blobs - missed), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, token) =>
            await store.WriteBytesAsync($"data/arrivals/{index:000000}.csv", Encoding.ASCII.GetBytes($"x,y\n{index},1\n"), BlobCondition.None, token));
    }

    var first = Stopwatch.GetTimestamp();
    await ArrivalScenario.Watch(store, atOnce, new EndingRuns(store)).ReconcileAsync();
    var firstSeconds = Stopwatch.GetElapsedTime(first).TotalSeconds;
    var watch = ArrivalScenario.Watch(store, later, new EndingRuns(store));
    await watch.ReconcileAsync();
    for (var index = 0; index < missed; index++)
    {
        await store.WriteBytesAsync($"data/arrivals/{index * (blobs / missed):000000}-missed.csv", Encoding.ASCII.GetBytes("x,y\n1,1\n"), BlobCondition.None);
    }

    var begun = Stopwatch.GetTimestamp();
    await watch.ReconcileAsync();
    var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
    var state = (await watch.StateAsync("arrivals"))!;
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"reconcile among {blobs}, {kind}: {seconds:0.00} s for one call that found {state.Waiting} of {missed}; the first run was given {state.Given} in {firstSeconds:0.00} s"));
    Bar($"reconcile finds missed blobs in one call among {blobs}, {kind}", state.Waiting, "blobs", missed, state.Waiting == missed && state.ListedBlobs == blobs);
    Bar($"reconcile among {blobs}, {kind}: seconds of an interval of 60", seconds, "s", 60, seconds < 60);
}

async Task ScenarioAsync(string kind, int uploads)
{
    var begun = Stopwatch.GetTimestamp();
    var outcome = await ArrivalScenario.RunAsync(Store(kind), uploads);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{uploads} uploads, 10 % duplicated, 10 % lost, a kill, {kind}: {outcome.Blobs} blobs in {outcome.Runs} runs, {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
    Bar($"{uploads} uploads with duplicates, losses and a kill, {kind}: effects", outcome.Effects, "effects", uploads, outcome.Effects == uploads && outcome.Blobs == uploads);
}
