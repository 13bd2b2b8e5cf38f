using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace MlDurable.Bench.Server;

/// <summary>Runs the product's server and the bare endpoint side by side, in turns of a few seconds, and compares.</summary>
internal static class Measurement
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private const int PerSecond = 1000;
    private const int Swaps = 100;

    public static async Task RunAsync(bool isQuick, string? jsonFile)
    {
        var rounds = isQuick ? 5 : 15;
        var turn = TimeSpan.FromSeconds(isQuick ? 2 : 4);
        var folder = Directory.CreateTempSubdirectory("mldurable-bench-");
        using var product = Start("product", folder.FullName);
        using var bare = Start("bare");
        var productAddress = new Uri((await product.StandardOutput.ReadLineAsync())!);
        var body = Encoding.UTF8.GetBytes((await product.StandardOutput.ReadLineAsync())!);
        using var ours = new OpenLoop(productAddress, "/api/models/strikes/predict", body);
        using var theirs = new OpenLoop(new Uri((await bare.StandardOutput.ReadLineAsync())!), "/predict", body);
        Console.WriteLine($"load average {LoadAverage()}; {PerSecond} requests/s, {rounds} rounds of {turn.TotalSeconds} s each; a row of {body.Length} bytes");

        // Until the just-in-time compiler has reached its last tier.
        for (var i = 0; i < (isQuick ? 3 : 5); i++)
        {
            await ours.RunAsync(2 * PerSecond, TimeSpan.FromSeconds(1));
            await theirs.RunAsync(2 * PerSecond, TimeSpan.FromSeconds(1));
        }

        var ourRounds = new List<LoadResult>();
        var theirRounds = new List<LoadResult>();
        for (var round = 0; round < rounds; round++)
        {
            theirRounds.Add(await theirs.RunAsync(PerSecond, turn));
            ourRounds.Add(await ours.RunAsync(PerSecond, turn));
            Console.WriteLine($"  round {round + 1}: ours {Text(ourRounds[^1])}, bare {Text(theirRounds[^1])}, load average {LoadAverage()}");
        }

        var load = ours.RunAsync(PerSecond, TimeSpan.FromSeconds(8));
        for (var i = 0; i < Swaps; i++)
        {
            await product.StandardInput.WriteLineAsync("swap");
            await product.StandardOutput.ReadLineAsync();
        }

        var whileSwapping = await load;
        Console.WriteLine($"  {Swaps} swaps: {Text(whileSwapping)}, {whileSwapping.Failures} of {whileSwapping.Latencies.Length} failed");
        using var starts = new RunStarts(productAddress);
        var startRounds = isQuick ? 3 : 10;
        var started = await starts.RunAsync(startRounds);
        Console.WriteLine(
            $"  {startRounds} rounds of {RunStarts.Clients} starts at once with {RunStarts.Keys} keys: {started.PerSecond:0} starts/s, "
            + $"p50 {Percentile(0.5):0} ms, p99 {Percentile(0.99):0} ms, load average {LoadAverage()}");
        Stop(product);
        Stop(bare);
        folder.Delete(recursive: true);

        var bars = new SortedDictionary<string, Bar>(StringComparer.Ordinal);
        Add("predict p50 beside a bare endpoint", Ratio(0.5), "times", 1.5);
        Add("predict p99 beside a bare endpoint", Ratio(0.99), "times", 3);
        Add("failed requests", ourRounds.Sum(round => round.Failures), "requests", 0);
        Add($"failed requests during {Swaps} swaps", whileSwapping.Failures, "requests", 0);
        Add($"refused of {startRounds * RunStarts.Clients} POST runs", started.Failures, "requests", 0);
        Add($"rounds without exactly {RunStarts.Keys} runs", started.WrongRounds, "rounds", 0);
        if (jsonFile is not null)
        {
            await File.WriteAllTextAsync(jsonFile, JsonSerializer.Serialize(bars, Json) + "\n");
        }

        double Ratio(double share) => Median(ourRounds, share) / Median(theirRounds, share);

        double Percentile(double share) => started.Latencies[(int)(share * started.Latencies.Length)] * 1000;

        void Add(string name, double value, string unit, double bar)
        {
            bars[name] = new Bar(Math.Round(value, 3), unit, bar, value <= bar);
            Console.WriteLine($"{name,-45} {value,8:0.00} {unit,-9} bar {bar,-4} {(value <= bar ? "holds" : "MISSED")}");
        }
    }

    private static double Median(List<LoadResult> rounds, double share) =>
        rounds.Select(round => round.Percentile(share)).Order().ElementAt(rounds.Count / 2);

    private static string Text(LoadResult result) => $"p50 {result.Percentile(0.5) * 1e6:0} µs, p99 {result.Percentile(0.99) * 1e6:0} µs";

    private static string LoadAverage() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(Measurement).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

    private static void Stop(Process process)
    {
        process.StandardInput.Close();
        process.WaitForExit();
    }

    private sealed record Bar(double Value, string Unit, double Limit, bool Holds)
    {
        [System.Text.Json.Serialization.JsonPropertyName("bar")]
        public double Limit { get; init; } = Limit;
    }
}
