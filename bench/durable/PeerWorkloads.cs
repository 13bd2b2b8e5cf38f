using System.Diagnostics;
using System.Globalization;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Bench.Durable;

/// <summary>
/// The workloads of other engines' benchmarks, with the engine in the process of its client. W1: chains of three steps, so many in flight.
/// W2: a fan-out and join. W3: a thousand instances do a step and wait; the process is killed; how long from its restart until all have ended.
/// </summary>
internal sealed class PeerWorkloads(bool isQuick, Report report) : IDisposable
{
    private const int Waiting = 1_000;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-bench-");

    public async Task W1Async()
    {
        await using var engine = await Measurements.OpenAsync(new Workloads(), folder.CreateSubdirectory("w1").FullName);
        await DriveAsync(engine, 2_000, 64);
        for (var round = 0; round < report.Rounds; round++)
        {
            foreach (var concurrency in new[] { 1, 16, 64, 256 })
            {
                var count = concurrency == 1 ? 300 : isQuick ? 2_000 : 10_000;
                var (perSecond, latencies) = await DriveAsync(engine, count, concurrency);
                report.Add($"W1, {concurrency} in flight", perSecond, "workflows/s");
                report.Add($"W1, {concurrency} in flight, p50", latencies[latencies.Length / 2] * 1e3, "ms");
                report.Add($"W1, {concurrency} in flight, p99", latencies[(int)(latencies.Length * 0.99)] * 1e3, "ms");
            }
        }
    }

    public async Task W2Async()
    {
        await using var engine = await Measurements.OpenAsync(new Workloads(), folder.CreateSubdirectory("w2").FullName);
        await Measurements.RunAsync(engine, Workloads.FanOut, 1_000);
        foreach (var (size, runs) in new[] { (100, 15), (1_000, 5) })
        {
            for (var run = 0; run < runs; run++)
            {
                var started = Stopwatch.GetTimestamp();
                await Measurements.RunAsync(engine, Workloads.FanOut, size);
                report.Add($"W2, fan-out of {size}", Stopwatch.GetElapsedTime(started).TotalMilliseconds, "ms");
            }
        }
    }

    public async Task W3Async()
    {
        for (var round = 0; round < report.Rounds; round++)
        {
            var journal = folder.CreateSubdirectory(string.Create(CultureInfo.InvariantCulture, $"w3-{round}")).FullName;
            using (var first = Child.Start("w3-start", journal))
            {
                await first.ReadLineAsync();
                first.Kill();
            }

            var restarted = Stopwatch.GetTimestamp();
            using (var second = Child.Start("w3-finish", journal))
            {
                await second.ReadLineAsync();
                report.Add("W3, restart until all have ended", Stopwatch.GetElapsedTime(restarted).TotalMilliseconds, "ms");
            }

            var lines = await File.ReadAllLinesAsync(LogOf(journal));
            var once = lines.Length == 2 * Waiting && lines.Distinct().Count() == lines.Length;
            report.Add("W3, effects that are not exactly once", once ? 0 : Math.Abs(lines.Length - (2 * Waiting)) + lines.Length - lines.Distinct().Count(), "effects", atMost: 0);
        }
    }

    public static async Task StartAsync(string journal)
    {
        await using var log = new StreamWriter(LogOf(journal), append: true);
        await using var engine = await Measurements.OpenAsync(new Workloads { Log = log }, journal);
        await Measurements.StartWaitingAsync(engine, Waiting);
        Console.WriteLine("waiting");
        await Task.Delay(Timeout.Infinite);
    }

    public static async Task FinishAsync(string journal)
    {
        await using var log = new StreamWriter(LogOf(journal), append: true);
        await using var engine = await Measurements.OpenAsync(new Workloads { Log = log }, journal);
        await Parallel.ForEachAsync(Enumerable.Range(0, Waiting), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (index, cancellationToken) =>
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"waiting-{index}");
            await engine.Client.RaiseEventAsync(id, Workloads.Signal, index, cancellationToken);
            await engine.Client.WaitForCompletionAsync(id, cancellationToken);
        });
        Console.WriteLine("ended");
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static string LogOf(string journal) => journal + ".log";

    private static async Task<(double PerSecond, double[] Latencies)> DriveAsync(EmbeddedEngine engine, int count, int concurrency)
    {
        var latencies = new double[count];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
            {
                var begun = Stopwatch.GetTimestamp();
                await Measurements.RunAsync(engine, Workloads.Chain, 3);
                latencies[index] = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Array.Sort(latencies);
        return (count / seconds, latencies);
    }
}
