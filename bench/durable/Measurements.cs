using System.Diagnostics;
using System.Globalization;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;

namespace MlDurable.Bench.Durable;

/// <summary>The engine's own bars. Each measurement prints a line for each figure, with the bar where there is one.</summary>
internal sealed class Measurements(bool isQuick, Report report) : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-bench-");
    private int journals;

    public async Task ChainAsync()
    {
        var steps = isQuick ? 1_000 : 5_000;
        for (var round = 0; round < report.Rounds; round++)
        {
            var workloads = new Workloads();
            var counted = new CountedDirectory(NewJournal());
            await using var engine = await OpenAsync(workloads, counted.Path, options => options with { Files = counted });
            await RunAsync(engine, Workloads.Chain, 500);
            workloads.Begun = new();
            var (bytes, flushes) = (counted.Bytes, counted.Flushes);
            await RunAsync(engine, Workloads.Chain, steps);
            var record = (int)((counted.Bytes - bytes) / steps);
            var begun = workloads.Begun.ToArray();
            var gaps = begun.Zip(begun.Skip(1), (from, to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds).Order().ToArray();
            var growing = RawDisk.Append(folder.FullName, record, 2_000, isPreallocated: false);
            var preallocated = RawDisk.Append(folder.FullName, record, 2_000, isPreallocated: true);
            Report.Note(
                $"chain: {record} bytes and {(counted.Flushes - flushes) / (double)steps:0.00} flushes a step; p50 {Microseconds(gaps)}; raw append+fdatasync p50 {Microseconds(growing)} growing, {Microseconds(preallocated)} preallocated");
            report.Add("chain, p50 of a step beside raw append+fdatasync, growing file", Median(gaps) / Median(growing), "times", atMost: 2);
            report.Add("chain, p50 of a step beside raw append+fdatasync, preallocated", Median(gaps) / Median(preallocated), "times", atMost: 2);
        }
    }

    public async Task ManyAsync()
    {
        const int Instances = 256;
        var steps = isQuick ? 100 : 400;
        for (var round = 0; round < report.Rounds; round++)
        {
            var counted = new CountedDirectory(NewJournal());
            await using var engine = await OpenAsync(new Workloads(), counted.Path, options => options with { Files = counted });
            await RunManyAsync(engine, Instances, 20);
            var before = counted.Flushes;
            var started = Stopwatch.GetTimestamp();
            await RunManyAsync(engine, Instances, steps);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            report.Add($"{Instances} instances, steps", Instances * steps / seconds, "a second", atLeast: 25_000);
            report.Add($"{Instances} instances, flushes", (counted.Flushes - before) / (double)(Instances * steps), "a step", atMost: 0.1);
        }

        async Task RunManyAsync(EmbeddedEngine engine, int instances, int length) =>
            await Task.WhenAll(Enumerable.Range(0, instances).Select(_ => RunAsync(engine, Workloads.Chain, length)));
    }

    public async Task FanOutAsync()
    {
        for (var round = 0; round < report.Rounds; round++)
        {
            await using var engine = await OpenAsync(new Workloads(), NewJournal());
            await RunAsync(engine, Workloads.FanOut, 1_000);
            var thousand = await TimeAsync(() => RunAsync(engine, Workloads.FanOut, 1_000));
            var tenThousand = await TimeAsync(() => RunAsync(engine, Workloads.FanOut, 10_000));
            Report.Note($"fan-out: 1,000 in {thousand * 1e3:0.0} ms, 10,000 in {tenThousand * 1e3:0.0} ms");
            report.Add("fan-out of 10,000 beside one of 1,000", tenThousand / thousand, "times", atMost: 12);
        }
    }

    public async Task ReplayAsync()
    {
        const int Events = 16_000;
        for (var round = 0; round < report.Rounds; round++)
        {
            var journal = NewJournal();
            await using (var engine = await OpenAsync(new Workloads(), journal))
            {
                await engine.Client.StartAsync(Workloads.Events, Events + 1, new() { InstanceId = "long" });
                await Task.WhenAll(Enumerable.Range(0, Events).Select(_ => engine.Client.RaiseEventAsync("long", Workloads.Signal, 1)));
            }

            var opening = Stopwatch.GetTimestamp();
            await using var again = await OpenAsync(new Workloads(), journal);
            var opened = Stopwatch.GetElapsedTime(opening).TotalSeconds;

            // An event takes three entries of the history: it was raised, waited for, and taken.
            var processor = Environment.CpuUsage.TotalTime;
            await again.Client.RaiseEventAsync("long", Workloads.Signal, 1);
            await again.Client.WaitForCompletionAsync("long");
            var replayed = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / (3 * Events);
            Report.Note($"replay: {3 * Events} events of history; opened in {opened * 1e3:0} ms");
            report.Add("replay, CPU", replayed, "µs an event", atMost: 2);
        }
    }

    public async Task EternalAsync()
    {
        var journal = NewJournal();
        var generations = isQuick ? 20_000 : 100_000;
        await using var engine = await OpenAsync(new Workloads(), journal);
        var id = await engine.Client.StartAsync(Workloads.Eternal, generations);
        var end = engine.Client.WaitForCompletionAsync(id);
        long largest = 0;
        while (await Task.WhenAny(end, Task.Delay(50)) != end)
        {
            largest = Math.Max(largest, SizeOf(journal));
        }

        report.Add($"{generations} generations, largest size of the journal", largest / 1024.0 / 1024, "MiB", atMost: 64);
    }

    public async Task OpeningAsync()
    {
        var finished = isQuick ? 20_000 : 100_000;
        var waiting = isQuick ? 2_000 : 10_000;
        var journal = NewJournal();
        await using (var engine = await OpenAsync(new Workloads(), journal))
        {
            for (var begun = 0; begun < finished; begun += 1_000)
            {
                await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => RunAsync(engine, Workloads.Chain, 1)));
            }

            var before = GC.GetTotalMemory(forceFullCollection: true);
            await StartWaitingAsync(engine, waiting);
            report.Add("memory of a waiting instance that is live", (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)waiting, "bytes", atMost: 4096);
        }

        Report.Note($"opening: {finished} finished and {waiting} waiting instances in {SizeOf(journal) / 1024.0 / 1024:0.0} MiB");
        for (var round = 0; round < report.Rounds; round++)
        {
            using var opened = Child.Start("open", journal);
            var milliseconds = double.Parse(await opened.ReadLineAsync(), CultureInfo.InvariantCulture);
            report.Add("opening, the whole process until it is ready", milliseconds / 1000, "s", atMost: 2);
        }
    }

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Starts instances that do a step and then wait, and returns when all have done it.</summary>
    internal static async Task StartWaitingAsync(EmbeddedEngine engine, int count)
    {
        var left = count;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Observed += Observe;
        await Task.WhenAll(Enumerable.Range(0, count).Select(index => engine.Client.StartAsync(
            Workloads.Wait, index, new() { InstanceId = string.Create(CultureInfo.InvariantCulture, $"waiting-{index}") })));
        await done.Task;
        engine.Observed -= Observe;

        void Observe(EngineEvent happened)
        {
            if (happened.Kind == EngineEventKind.ActivityCompleted && Interlocked.Decrement(ref left) == 0)
            {
                done.SetResult();
            }
        }
    }

    internal static Task<EmbeddedEngine> OpenAsync(Workloads workloads, string journal, Func<EmbeddedEngineOptions, EmbeddedEngineOptions>? change = null)
    {
        var options = new EmbeddedEngineOptions { Directory = journal, ActivitySlots = 256 };
        return EmbeddedEngine.OpenAsync(workloads.Catalog(), change is null ? options : change(options));
    }

    internal static async Task<OrchestrationState> RunAsync<TOutput>(EmbeddedEngine engine, OrchestratorDefinition<int, TOutput> orchestrator, int input)
    {
        var state = await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(orchestrator, input));
        return state.RuntimeStatus == OrchestrationRuntimeStatus.Completed ? state : throw new InvalidOperationException(state.Failure?.ErrorMessage);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(double[] ascending) => ascending[ascending.Length / 2];

    private static string Microseconds(double[] ascending) => $"{Median(ascending) * 1e6:0} µs";

    private static long SizeOf(string journal) => new DirectoryInfo(journal).EnumerateFiles().Sum(file => file.Exists ? file.Length : 0);

    private string NewJournal() => folder.CreateSubdirectory($"{journals++}").FullName;
}
