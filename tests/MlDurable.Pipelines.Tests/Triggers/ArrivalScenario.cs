using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>What came of a scenario.</summary>
/// <param name="Uploads">How many blobs were uploaded.</param>
/// <param name="Effects">How many blobs were given to runs, counted as often as they were.</param>
/// <param name="Blobs">How many different ones.</param>
/// <param name="Runs">How many runs there are.</param>
internal sealed record ArrivalOutcome(int Uploads, int Effects, int Blobs, int Runs);

/// <summary>
/// Uploads whose notifications are duplicated and lost, to a host that is another process and is killed in the middle. The runs' records are real; their
/// orchestration is not: each ends as soon as it has started.
/// </summary>
internal static class ArrivalScenario
{
    private const int Percent = 100;

    public static PipelineSource Source(DataTriggerDefinition trigger)
    {
        var bytes = """
            pipeline: arrivals
            data:
              files: arrivals/*.csv
              label: { column: y }
            train: { candidates: [{ trainer: logistic-regression }] }
            evaluate: { primary: roc-auc }
            promote: { gates: ["roc-auc >= 0.6"] }
            """u8.ToArray();
        var loaded = PipelineFile.Load("pipeline.yaml", bytes, new PipelineLoadOptions());
        var definition = loaded.Definition ?? throw new InvalidOperationException(string.Join("; ", loaded.Problems));
        return new PipelineSource(
            "pipeline.yaml",
            bytes,
            loaded.ContentHash,
            definition with { Triggers = new TriggersDefinition { Data = trigger } },
            ImmutableSortedDictionary<string, string>.Empty);
    }

    public static DataWatch Watch(IBlobStore store, DataTriggerDefinition trigger, IRunStarter starter, DataWatchOptions? options = null)
    {
        var source = Source(trigger);
        return new DataWatch(
            store,
            _ => Task.FromResult<IReadOnlyList<PipelineSource>>([source]),
            starter,
            new ClaimStore(store, "host", TimeProvider.System),
            options ?? new DataWatchOptions { SettleFor = TimeSpan.Zero },
            TimeProvider.System);
    }

    /// <summary>The host's process: hears notifications on its standard input until that ends, and ticks.</summary>
    public static async Task HostAsync(string directoryOrConnection)
    {
        var store = BlobStoreFactory.Open(directoryOrConnection);
        var watch = Watch(store, new DataTriggerDefinition { QuietFor = TimeSpan.Zero }, new EndingRuns(store));
        var hearing = new ConcurrentQueue<Task>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var parts = line.Split('\t');
            hearing.Enqueue(watch.NotifyAsync([new DataNotification(parts[0], parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture))]));
        }

        await Task.WhenAll(hearing);
        await watch.TickAsync();
        await Console.Out.WriteLineAsync("done");
    }

    /// <summary>Uploads, kills the host in the middle, starts it again, and lets a listing find what was lost.</summary>
    public static async Task<ArrivalOutcome> RunAsync(string directoryOrConnection, int uploads)
    {
        var store = BlobStoreFactory.Open(directoryOrConnection);
        var random = new Random(7);
        var host = StartHost(directoryOrConnection);
        var heard = new List<string>();
        for (var from = 0; from < uploads; from += Percent)
        {
            var written = new BlobProperties[Math.Min(Percent, uploads - from)];
            await Parallel.ForEachAsync(Enumerable.Range(0, written.Length), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (index, token) =>
                written[index] = await store.WriteBytesAsync(
                    string.Create(CultureInfo.InvariantCulture, $"data/arrivals/{from + index:000000}.csv"), Encoding.ASCII.GetBytes($"x,y\n{from + index},1\n"), BlobCondition.None, token));
            foreach (var blob in written)
            {
                var line = string.Create(CultureInfo.InvariantCulture, $"{blob.Name}\t{blob.ETag}\t{blob.Length}");
                var luck = random.Next(Percent);
                if (luck >= 10)
                {
                    heard.Add(line);
                    await host.StandardInput.WriteLineAsync(line);
                }

                if (luck >= 90)
                {
                    await host.StandardInput.WriteLineAsync(heard[random.Next(heard.Count)]);
                    await host.StandardInput.WriteLineAsync(line);
                }
            }

            await host.StandardInput.FlushAsync();
            if (from <= uploads / 2 && from + Percent > uploads / 2)
            {
                // It is at work: it has started runs, and has not heard everything.
                host.Kill();
                await host.WaitForExitAsync();
                host.Dispose();
                host = StartHost(directoryOrConnection);
            }
        }

        host.StandardInput.Close();
        var end = await host.StandardOutput.ReadToEndAsync();
        await host.WaitForExitAsync();
        host.Dispose();
        if (end.Trim() != "done")
        {
            throw new InvalidOperationException("the second host did not come to its end");
        }

        await Watch(store, new DataTriggerDefinition { QuietFor = TimeSpan.Zero }, new EndingRuns(store)).ReconcileAsync();
        return await CountAsync(store, uploads);
    }

    public static async Task<ArrivalOutcome> CountAsync(IBlobStore store, int uploads)
    {
        var records = new RunStore(store);
        var effects = new List<TriggerBlob>();
        var runs = 0;
        await foreach (var run in records.ListAsync())
        {
            runs++;
            effects.AddRange((await records.RequestAsync(run.RunId)).Blobs);
        }

        return new ArrivalOutcome(uploads, effects.Count, effects.Distinct().Count(), runs);
    }

    private static Process StartHost(string directoryOrConnection) => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ArrivalScenario).Assembly.Location, directoryOrConnection])
    { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
}

/// <summary>Real records of runs that end as soon as they have started.</summary>
internal sealed class EndingRuns(IBlobStore store) : IRunStarter
{
    private readonly RunLauncher launcher = new(store, Mock.Of<IOrchestrationClient>(), "host", TimeProvider.System);

    /// <summary>Called when a run's record is durable and its instance's start has been asked for.</summary>
    public Action? Started { get; init; }

    public async Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default)
    {
        var isNew = await launcher.StartAsync(start, cancellationToken);
        Started?.Invoke();
        await EndAsync(start.RunId, cancellationToken);
        return isNew;
    }

    /// <remarks>A host that died between the start and the end of a run leaves it unfinished; whoever asks ends it.</remarks>
    public async Task<IReadOnlyList<RunRecord>> UnfinishedAsync(string pipeline, CancellationToken cancellationToken = default)
    {
        foreach (var run in await launcher.UnfinishedAsync(pipeline, cancellationToken))
        {
            await EndAsync(run.RunId, cancellationToken);
        }

        return [];
    }

    public Task CancelAsync(string runId, string reason, CancellationToken cancellationToken = default) => launcher.CancelAsync(runId, reason, cancellationToken);

    private async Task EndAsync(string runId, CancellationToken cancellationToken)
    {
        var name = RunStore.FileName(runId, "run.json");
        var (record, _) = await store.ReadJsonAsync(name, PipelinesJson.Default.RunRecord, ct: cancellationToken)
            ?? throw new InvalidOperationException($"run {runId} has no record");
        await store.WriteJsonAsync(name, record with { Status = RunStatus.Completed }, PipelinesJson.Default.RunRecord, BlobCondition.None, cancellationToken);
        await store.DeleteAsync($"triggers/unfinished/{record.Pipeline}/{runId}", BlobCondition.None, cancellationToken);
    }
}
