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
/// The whole flow on a journal and a store in memory. The power is lost at the n-th operation of either and the next process goes on, the n-th operation of the
/// disk fails and another engine is opened, or the n-th call of the store fails and the same command is given again. Whatever n, the run ends as the
/// undisturbed one: the same record, the same champion, the same model, bit for bit, and nothing is promoted twice.
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
    public async Task Failure_AtEveryOperationOfATinyPipeline_EndsAsTheUndisturbedRun()
    {
        var data = TinyData();
        var tried = await CrashLoop.RunAsync(() => new Play(FlowHarness.Source(Tiny), data.Copy()));

        Assert.True(tried.Count > 150, $"{tried.Count} places are no test.");
    }

    /// <summary>With two rounds after ten trials have finished, which the results guide.</summary>
    [Fact]
    public async Task Failure_AtRandomOperationsOfASearch_EndsAsTheUndisturbedRun()
    {
        var data = TinyData();
        var start = Tiny.IndexOf("  search:", StringComparison.Ordinal);
        var pipeline = $"""
            {Tiny[..start]}  search: {"{ strategy: tpe, trials: 13, parallel: 5 }"}
              candidates:
                - trainer: logistic-regression
                  l2: {"{ from: 0.01, to: 100, scale: log }"}
                - trainer: gradient-boosting
                  trees: {"{ from: 1, to: 5 }"}
                  leaves: [2, 4]
            {Tiny[Tiny.IndexOf("promote:", StringComparison.Ordinal)..]}
            """;
        await CrashLoop.RunAsync(() => new Play(FlowHarness.Source(pipeline), data.Copy()), points: Points(40));
    }

    [Fact]
    public async Task Failure_AtRandomOperationsOfASuccessiveHalving_EndsAsTheUndisturbedRun()
    {
        var data = TinyData();
        var start = Tiny.IndexOf("  search:", StringComparison.Ordinal);
        var pipeline = $"""
            {Tiny[..start]}  search: {"{ strategy: asha, trials: 9, parallel: 3 }"}
              candidates:
                - trainer: logistic-regression
                  l2: {"{ from: 0.01, to: 100, scale: log }"}
            {Tiny[Tiny.IndexOf("promote:", StringComparison.Ordinal)..]}
            """;
        await CrashLoop.RunAsync(() => new Play(FlowHarness.Source(pipeline), data.Copy()), points: Points(40));
    }

    [Fact]
    public async Task Failure_AtRandomOperationsOfACrossValidation_EndsAsTheUndisturbedRun()
    {
        var data = TinyData();
        var pipeline = Tiny.Replace("train:\n", "train:\n  cross-validate: { folds: 3, by: stratified }\n", StringComparison.Ordinal);
        await CrashLoop.RunAsync(() => new Play(FlowHarness.Source(pipeline), data.Copy()), points: Points(20));
    }

    [Theory]
    [InlineData("bird-strikes")]
    [InlineData("own-trainer")]
    public async Task Failure_AtRandomOperationsOfASample_EndsAsTheUndisturbedRun(string sample)
    {
        var pipeline = Repository.Read("samples", sample, "pipeline.yaml");
        var data = new MemoryStore();
        foreach (var year in new[] { 1990, 1991 })
        {
            await data.WriteBytesAsync(
                $"data/bird-strikes/{year}.csv",
                await File.ReadAllBytesAsync(Repository.PathOf("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv")),
                BlobCondition.None);
        }

        await CrashLoop.RunAsync(() => new Play(FlowHarness.Source(pipeline), data.Copy()), points: Points(40));
    }

    private static int? Points(int few)
    {
        var points = Environment.GetEnvironmentVariable(PointsVariable);
        return points == "all" ? null : points is null ? few : int.Parse(points, CultureInfo.InvariantCulture);
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

    private sealed class Play(PipelineSource source, MemoryStore blobs) : CrashPlay
    {
        public override async Task LiveAsync()
        {
            var store = blobs.With((_, _) =>
            {
                Pass();
                return Task.CompletedTask;
            });
            await using var engine = await EmbeddedEngine.OpenAsync(
                FlowCatalog.Create(store, TimeProvider.System),
                Options with { ActivitySlots = 2, SegmentBytes = 4096, CompactionBytes = 8192 });
            await LiveAsync(CarryOutAsync(store, engine.Client), engine);
        }

        public override async Task<string> FactsAsync()
        {
            var run = (await new RunStore(blobs).FindAsync(RunId))!;
            var registry = await new ModelRegistry(blobs, TimeProvider.System).ReadAsync(run.Model);
            var manifest = await new RunStore(blobs).ManifestAsync(RunId);
            Assert.Equal((RunStatus.Completed, RunOutcome.Promoted), (run.Status, run.Outcome));
            return string.Join('\n',
            [
                $"{run.Status} {run.Outcome} {run.Summary} {run.Failure}",
                .. run.Leaderboard.Select(candidate => $"{candidate.Index} {candidate.ModelHash} {candidate.Figure("roc-auc"):R}"),
                $"champion {registry.ChampionVersion} of {registry.Versions.Length}, {registry.History.Length} changes",
                $"model {manifest?.ModelHash}",
            ]);
        }

        // What a person does whose command has met an error: the same command again, and a rewind of a run that has failed.
        private async Task CarryOutAsync(IBlobStore store, IOrchestrationClient client)
        {
            var launcher = new RunLauncher(store, client, "test", TimeProvider.System);
            while (true)
            {
                try
                {
                    await launcher.ReconcileAsync();
                    await launcher.StartAsync(new RunStart(RunId, source, "test"));
                    if ((await launcher.WaitAsync(RunId)).Status != RunStatus.Failed)
                    {
                        return;
                    }

                    await launcher.RewindAsync(RunId, "test");
                }
                catch (IOException) when (!HasLostPower)
                {
                    // Of the one call that failed.
                }
            }
        }
    }
}
