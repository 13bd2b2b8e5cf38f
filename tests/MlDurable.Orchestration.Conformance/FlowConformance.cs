using System.Collections.Immutable;
using System.Globalization;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Orchestration.Conformance;

/// <summary>The whole flow of the product on an engine: the story that the demo tells, on the sample's pipeline and data.</summary>
[Trait("Speed", "Slow")]
public abstract class FlowConformance : ConformanceSuite
{
    private const int ResultBytes = 64 << 20;

    private static readonly TimeSpan s_runPatience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Demo_YearsArrive_EachIsJudgedByTheRuleAndADamagedOneIsQuarantined()
    {
        using var workspace = new Workspace();
        await OpenAsync(workspace);

        workspace.Arrive(1990, 1998);
        var first = await RunAsync(workspace, 1);
        workspace.Arrive(1999, 1999);
        var second = await RunAsync(workspace, 2);
        workspace.Arrive(2000, 2000);
        var third = await RunAsync(workspace, 3);
        workspace.ArriveDamaged(2001);
        var fourth = await RunAsync(workspace, 4);

        Assert.Equal(
            [RunOutcome.Promoted, RunOutcome.Promoted, RunOutcome.Promoted, RunOutcome.Quarantined],
            new[] { first, second, third, fourth }.Select(run => run.Outcome));
        Assert.Equal((9, 1, 1), (first.Work!.Featurized, second.Work!.Featurized, third.Work!.Featurized));
        Assert.Equal("bird-strikes/birdstrikes-2001.csv", Assert.Single(fourth.Quarantined));
        Assert.Equal(3, (await workspace.Registry.ReadAsync("bird-strike-damage")).ChampionVersion);
    }

    [Fact]
    public async Task Demo_CrashWhileTraining_ResultIsThatOfAnUndisturbedRunBitForBit()
    {
        using var undisturbed = new Workspace();
        undisturbed.Arrive(1990, 1998);
        await OpenAsync(undisturbed);
        var expected = await RunAsync(undisturbed, 1);
        await Harness.CloseAsync();

        using var crashed = new Workspace();
        crashed.Arrive(1990, 1998);
        var launcher = await OpenAsync(crashed);
        var start = crashed.Start(2);
        await launcher.StartAsync(start);
        await crashed.ReachAsync(RunStore.FileName(start.RunId, "candidates/0.json"));
        await Harness.CrashAsync();
        launcher = await OpenAsync(crashed);
        await launcher.ReconcileAsync();
        var run = await launcher.WaitAsync(start.RunId).WaitAsync(s_runPatience);

        Assert.Equal((expected.Status, expected.Outcome, expected.Summary), (run.Status, run.Outcome, run.Summary));
        Assert.Equal(
            (await undisturbed.Runs.ManifestAsync(expected.RunId))!.ModelHash, (await crashed.Runs.ManifestAsync(run.RunId))!.ModelHash);
        foreach (var file in new[] { RunStore.EvaluationFile, RunStore.PredictionsFile })
        {
            Assert.Equal(
                await undisturbed.Store.ReadBytesAsync(RunStore.FileName(expected.RunId, file), ResultBytes),
                await crashed.Store.ReadBytesAsync(RunStore.FileName(run.RunId, file), ResultBytes));
        }
    }

    private async Task<RunLauncher> OpenAsync(Workspace workspace)
    {
        await Harness.OpenAsync(FlowCatalog.Create(workspace.Store, TimeProvider.System));
        return Launcher(workspace);
    }

    private RunLauncher Launcher(Workspace workspace) => new(workspace.Store, Client, "conformance", TimeProvider.System);

    private async Task<RunRecord> RunAsync(Workspace workspace, int number)
    {
        var start = workspace.Start(number);
        await Launcher(workspace).StartAsync(start);
        return await Launcher(workspace).WaitAsync(start.RunId).WaitAsync(s_runPatience);
    }

    /// <summary>A directory store of its own, deleted at the end.</summary>
    private sealed class Workspace : IDisposable
    {
        private static readonly string s_sample = Repository.PathOf("samples", "bird-strikes");

        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mldurable-");
        private readonly string _data;
        private readonly PipelineSource _pipeline;

        public Workspace()
        {
            Store = new DirectoryBlobStore(_folder.FullName);
            _data = Directory.CreateDirectory(Path.Combine(_folder.FullName, "data", "bird-strikes")).FullName;
            var file = File.ReadAllBytes(Path.Combine(s_sample, "pipeline.yaml"));
            var loaded = PipelineFile.Load("pipeline.yaml", file);
            Assert.Empty(loaded.Problems);
            _pipeline = new("pipeline.yaml", file, loaded.ContentHash, loaded.Definition!, ImmutableSortedDictionary<string, string>.Empty);
        }

        public IBlobStore Store { get; }

        public RunStore Runs => new(Store);

        public ModelRegistry Registry => new(Store, TimeProvider.System);

        public RunStart Start(int number) => new(RunIds.Of(DateTimeOffset.UnixEpoch.AddSeconds(number), "conformance"), _pipeline, "test");

        public void Arrive(int from, int to)
        {
            for (var year = from; year <= to; year++)
            {
                var name = FileName(year);
                File.Copy(Path.Combine(s_sample, "data", name), Path.Combine(_data, name));
            }
        }

        /// <summary>A year whose speeds are impossible.</summary>
        public void ArriveDamaged(int year)
        {
            var name = FileName(year);
            var lines = File.ReadAllLines(Path.Combine(s_sample, "data", name));
            var speed = Array.IndexOf(lines[0].Split(','), "Speed IAS in knots");
            var damaged = lines.Select((line, index) =>
            {
                var cells = line.Split(',');
                cells[speed] = index > 0 && index % 7 == 0 ? "9000" : cells[speed];
                return string.Join(',', cells);
            });
            File.WriteAllLines(Path.Combine(_data, name), damaged);
        }

        /// <summary>Waits until a blob is there.</summary>
        public async Task ReachAsync(string blob)
        {
            using var patience = new CancellationTokenSource(s_runPatience);
            while (!await Store.ExistsAsync(blob, patience.Token))
            {
                await Task.Yield();
            }
        }

        public void Dispose() => _folder.Delete(recursive: true);

        private static string FileName(int year) => string.Create(CultureInfo.InvariantCulture, $"birdstrikes-{year}.csv");
    }
}
