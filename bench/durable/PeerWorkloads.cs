using System.Diagnostics;
using System.Globalization;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Bench.Durable;

/// <summary>
/// The workloads of other engines' benchmarks, with the engine in the process of its client, and over HTTP with the engine in a process of its own.
/// W1: chains of three steps, so many in flight. W2: a fan-out and join. W3: a thousand instances do a step and wait; the process is killed; how
/// long from its restart until all have ended.
/// </summary>
internal sealed class PeerWorkloads(bool isQuick, Report report, PeerFigures peers) : IDisposable
{
    private const int Waiting = 1_000;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-bench-");

    public async Task W1Async()
    {
        await using var engine = await Measurements.OpenAsync(new Workloads(), NewJournal("w1"));
        await W1Async("W1", 5, () => Measurements.RunAsync(engine, Workloads.Chain, 3));
    }

    public async Task W2Async()
    {
        await using var engine = await Measurements.OpenAsync(new Workloads(), NewJournal("w2"));
        await W2Async("W2", 10, size => Measurements.RunAsync(engine, Workloads.FanOut, size));
    }

    public Task W3Async() => W3Async("W3", async journal =>
    {
        using (var first = Child.Start("w3-start", journal))
        {
            await first.ReadLineAsync();
            first.Kill();
        }

        var restarted = Stopwatch.GetTimestamp();
        using var second = Child.Start("w3-finish", journal);
        await second.ReadLineAsync();
        return Stopwatch.GetElapsedTime(restarted);
    });

    public Task W1OverHttpAsync() => ServedAsync(NewJournal("w1-http"), client => W1Async("W1 over HTTP", 2, () => PostAsync(client, "chain/3")));

    public Task W2OverHttpAsync() => ServedAsync(
        NewJournal("w2-http"), client => W2Async("W2 over HTTP", 2, size => PostAsync(client, string.Create(CultureInfo.InvariantCulture, $"fan-out/{size}"))));

    public Task W3OverHttpAsync() => W3Async("W3 over HTTP", async journal =>
    {
        await ServedAsync(journal, client => PostAsync(client, string.Create(CultureInfo.InvariantCulture, $"waiting/{Waiting}")));
        var restarted = Stopwatch.GetTimestamp();
        var ended = TimeSpan.Zero;
        await ServedAsync(journal, async client =>
        {
            await ForEachWaitingAsync((id, index) => PostAsync(client, string.Create(CultureInfo.InvariantCulture, $"waiting/{id}/signal/{index}")));
            ended = Stopwatch.GetElapsedTime(restarted);
        });
        return ended;
    });

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
        await ForEachWaitingAsync(async (id, index) =>
        {
            await engine.Client.RaiseEventAsync(id, Workloads.Signal, index);
            await engine.Client.WaitForCompletionAsync(id);
        });
        Console.WriteLine("ended");
    }

    public static string LogOf(string journal) => journal + ".log";

    public void Dispose() => folder.Delete(recursive: true);

    // Starts the server, gives a client of it, and kills the server, as a crash would.
    private static async Task ServedAsync(string journal, Func<HttpClient, Task> use)
    {
        using var server = Child.Start("serve", journal);
        using var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(await server.ReadLineAsync()) };
        await use(client);
        server.Kill();
    }

    private static async Task PostAsync(HttpClient client, string path)
    {
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content: null);
        await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
    }

    private static Task ForEachWaitingAsync(Func<string, int, Task> act) => Parallel.ForEachAsync(
        Enumerable.Range(0, Waiting),
        new ParallelOptions { MaxDegreeOfParallelism = 64 },
        async (index, _) => await act(string.Create(CultureInfo.InvariantCulture, $"waiting-{index}"), index));

    private static async Task<(double PerSecond, double[] Latencies)> DriveAsync(int count, int concurrency, Func<Task> run)
    {
        var latencies = new double[count];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
            {
                var begun = Stopwatch.GetTimestamp();
                await run();
                latencies[index] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Array.Sort(latencies);
        return (count / seconds, latencies);
    }

    // The bar is to be so many times as fast as the best peer; one at a time in process, at most a third of its time.
    private async Task W1Async(string name, int times, Func<Task> run)
    {
        await DriveAsync(2_000, 64, run);
        for (var round = 0; round < report.Rounds; round++)
        {
            foreach (var concurrency in new[] { 1, 16, 64, 256 })
            {
                var (perSecond, latencies) = await DriveAsync(concurrency == 1 ? 300 : isQuick ? 2_000 : 10_000, concurrency, run);
                report.Add($"{name}, {concurrency} in flight", perSecond, "workflows/s", atLeast: concurrency >= 64 ? times * peers.PerSecond(concurrency) : null);
                report.Add(
                    $"{name}, {concurrency} in flight, p50", latencies[latencies.Length / 2], "ms",
                    atMost: concurrency == 1 ? peers.ChainMilliseconds / (times > 2 ? 3 : 2) : null);
                report.Add($"{name}, {concurrency} in flight, p99", latencies[(int)(latencies.Length * 0.99)], "ms");
            }
        }
    }

    private async Task W2Async(string name, int times, Func<int, Task> run)
    {
        await run(1_000);
        foreach (var (size, runs) in new[] { (100, 15), (1_000, 5) })
        {
            for (var repetition = 0; repetition < runs; repetition++)
            {
                var started = Stopwatch.GetTimestamp();
                await run(size);
                report.Add($"{name}, fan-out of {size}", Stopwatch.GetElapsedTime(started).TotalMilliseconds, "ms", atMost: peers.FanOutMilliseconds(size) / times);
            }
        }
    }

    private async Task W3Async(string name, Func<string, Task<TimeSpan>> recover)
    {
        for (var round = 0; round < report.Rounds; round++)
        {
            var journal = NewJournal(string.Create(CultureInfo.InvariantCulture, $"{name}-{round}"));
            var time = await recover(journal);
            report.Add($"{name}, restart until all have ended", time.TotalMilliseconds, "ms", atMost: peers.RecoveryMilliseconds / (name == "W3" ? 3 : 2));
            var lines = await File.ReadAllLinesAsync(LogOf(journal));
            var once = lines.Length == 2 * Waiting && lines.Distinct().Count() == lines.Length;
            report.Add($"{name}, effects that are not exactly once", once ? 0 : Math.Abs(lines.Length - (2 * Waiting)) + lines.Length - lines.Distinct().Count(), "effects", atMost: 0);
        }
    }

    private string NewJournal(string name) => folder.CreateSubdirectory(name).FullName;
}
