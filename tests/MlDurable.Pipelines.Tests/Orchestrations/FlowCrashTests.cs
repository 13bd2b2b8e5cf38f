using System.Globalization;
using System.Text;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Approvals;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>
/// The whole flow on a journal and a store in memory. The power is lost at the n-th operation of either; the next process goes on. Whatever n, the run ends
/// as the undisturbed one: the same record, the same champion, the same model, bit for bit, and nothing is promoted twice.
/// </summary>
public sealed class FlowCrashTests
{
    /// <summary>How many places of the sample are tried: a number, or <c>all</c>, as <c>bench/durable/crash</c> says.</summary>
    private const string PointsVariable = "MLDURABLE_CRASH_POINTS";

    private const string RunId = "20260301T030000-7f3a00";

    private const string Tiny = """
        pipeline: tiny
        seed: 7
        data:
          files: tiny/*.csv
          label: { column: damaged, positive: "yes" }
        split: { validation: 0.25, holdout: 0.25 }
        train:
          search: { parallel: 2 }
          candidates:
            - { trainer: logistic-regression, l2: 1 }
            - { trainer: gradient-boosting, trees: 5, leaves: 4 }
        promote:
          model: tiny
        """;

    [Fact]
    public async Task PowerLoss_AtEveryOperationOfATinyPipeline_EndsAsTheUndisturbedRun() =>
        await LoseEverywhereAsync(FlowHarness.Source(Tiny), TinyData(), points: null);

    [Fact]
    public async Task PowerLoss_AtRandomOperationsOfTheSample_EndsAsTheUndisturbedRun()
    {
        var pipeline = Repository.Read("samples", "bird-strikes", "pipeline.yaml");
        var data = new MemoryStore();
        foreach (var year in new[] { 1990, 1991 })
        {
            await data.WriteBytesAsync(
                $"data/bird-strikes/{year}.csv",
                await File.ReadAllBytesAsync(Repository.PathOf("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv")),
                BlobCondition.None);
        }

        var points = Environment.GetEnvironmentVariable(PointsVariable);
        await LoseEverywhereAsync(FlowHarness.Source(pipeline), data, points == "all" ? null : int.Parse(points ?? "40", CultureInfo.InvariantCulture));
    }

    // All points, or so many of them, chosen by a fixed seed.
    private static async Task LoseEverywhereAsync(PipelineSource source, MemoryStore data, int? points)
    {
        var undisturbed = await PlayAsync(source, data, int.MaxValue, int.MaxValue);
        Assert.True(undisturbed.DiskOperations > 30 && undisturbed.StoreCalls > 60, $"{undisturbed.DiskOperations} and {undisturbed.StoreCalls} operations are no test.");
        Assert.StartsWith("Completed Promoted", undisturbed.Facts, StringComparison.Ordinal);
        (int Disk, int Store)[] places =
        [
            .. Enumerable.Range(1, undisturbed.DiskOperations).Select(at => (at, int.MaxValue)),
            .. Enumerable.Range(1, undisturbed.StoreCalls).Select(at => (int.MaxValue, at)),
        ];
        var chosen = points is { } count ? new Random(1).GetItems(places, count) : places;
        foreach (var (disk, store) in chosen)
        {
            Result disturbed;
            try
            {
                disturbed = await PlayAsync(source, data, disk, store).WaitAsync(TimeSpan.FromMinutes(1));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Power lost at {Place(disk, store)}: {exception.Message}", exception);
            }

            Assert.True(undisturbed.Facts == disturbed.Facts, $"Power lost at {Place(disk, store)}:\n{disturbed.Facts}\ninstead of\n{undisturbed.Facts}");
        }

        static string Place(int disk, int store) => disk == int.MaxValue ? $"store call {store}" : $"disk operation {disk}";
    }

    private static async Task<Result> PlayAsync(PipelineSource source, MemoryStore data, int failDiskAt, int failStoreAt)
    {
        var blobs = data.Copy();
        var disk = new SimulatedDisk { FailAt = failDiskAt };
        var (calls, hasCrashed) = (0, false);
        while (!await LiveAsync())
        {
            disk.PowerOff();
            disk.PowerOn(new Random(failDiskAt ^ failStoreAt));
            hasCrashed = true;
        }

        var run = (await new RunStore(blobs).FindAsync(RunId))!;
        var registry = await new ModelRegistry(blobs, TimeProvider.System).ReadAsync(run.Model);
        var manifest = await new RunStore(blobs).ManifestAsync(RunId);
        var facts = string.Join('\n',
        [
            $"{run.Status} {run.Outcome} {run.Summary} {run.Failure}",
            .. run.Leaderboard.Select(candidate => $"{candidate.Index} {candidate.ModelHash}"),
            $"champion {registry.ChampionVersion} of {registry.Versions.Length}, {registry.History.Length} changes",
            $"model {manifest?.ModelHash}",
        ]);
        return new(facts, disk.Operations, calls);

        async Task<bool> LiveAsync()
        {
            var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var store = blobs.With((_, _) =>
            {
                if (crashed.Task.IsCompleted || (!hasCrashed && Interlocked.Increment(ref calls) == failStoreAt))
                {
                    disk.PowerOff();
                    crashed.TrySetResult();
                    throw new IOException("The power is off.");
                }

                return Task.CompletedTask;
            });
            try
            {
                await using var engine = await EmbeddedEngine.OpenAsync(
                    FlowCatalog.Create(store, TimeProvider.System),
                    new EmbeddedEngineOptions { Directory = "/simulated", Files = disk.Mount(), ActivitySlots = 2, SegmentBytes = 4096, CompactionBytes = 8192 });
                var launcher = new RunLauncher(store, engine.Client, "test", TimeProvider.System);
                var life = CarryOutAsync(launcher);
                if (await Task.WhenAny(life, crashed.Task, engine.Completion) == life)
                {
                    await life;
                    return true;
                }

                // What the process still does comes to nothing: its disk and its store are gone.
                await ((Task)life).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return false;
            }
            catch (Exception exception) when (exception is IOException or OrchestrationException && !hasCrashed)
            {
                return false;
            }
        }

        async Task CarryOutAsync(RunLauncher launcher)
        {
            await launcher.ReconcileAsync();
            await launcher.StartAsync(new RunStart(RunId, source, "test"));
            await launcher.WaitAsync(RunId);
        }
    }

    private static MemoryStore TinyData()
    {
        var chance = new Random(5);
        var rows = new StringBuilder("speed,height,phase,damaged\n");
        for (var row = 0; row < 200; row++)
        {
            var (speed, height) = (chance.Next(60, 300), chance.Next(0, 9000));
            var isDamaged = speed + (chance.NextDouble() * 120) > 260;
            rows.Append(CultureInfo.InvariantCulture, $"{speed},{height},{(height > 3000 ? "cruise" : "climb")},{(isDamaged ? "yes" : "no")}\n");
        }

        var store = new MemoryStore();
        store.WriteBytesAsync("data/tiny/1.csv", Encoding.UTF8.GetBytes(rows.ToString()), BlobCondition.None).GetAwaiter().GetResult();
        return store;
    }

    private sealed record Result(string Facts, int DiskOperations, int StoreCalls);
}
