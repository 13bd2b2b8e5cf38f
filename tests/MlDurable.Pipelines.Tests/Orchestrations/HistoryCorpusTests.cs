using System.Globalization;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>
/// Journals of runs that were under way when a release was current, in <c>Histories/RELEASE/SCENARIO</c>: the flows of this build follow them all,
/// or get a new version beside the old one. <c>MLDURABLE_RECORD_HISTORIES=RELEASE</c> in front of these tests adds those of a release.
/// </summary>
public sealed class HistoryCorpusTests
{
    private const string RecordVariable = "MLDURABLE_RECORD_HISTORIES";
    private static readonly string Corpus = Repository.PathOf("tests", "MlDurable.Pipelines.Tests", "Histories");

    public static TheoryData<string> Recorded =>
        [.. Directory.GetDirectories(Corpus).SelectMany(Directory.GetDirectories).Select(folder => Path.GetRelativePath(Corpus, folder).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Replay_RecordedHistories_AreFollowedByTheFlowsOfThisBuild(string history)
    {
        using var temporary = new TemporaryStore();
        var replayed = HistoryReplay.Check(Path.Combine(Corpus, history), FlowCatalog.Create(temporary.Store, TimeProvider.System));

        Assert.True(replayed.Replayed > 0, "there is nothing to replay");
        Assert.Empty(replayed.Mismatches);
    }

    [Theory]
    [InlineData("flow")]
    [InlineData("featurize")]
    [InlineData("score")]
    [InlineData("search")]
    [InlineData("asha")]
    [InlineData("approve")]
    [InlineData("backfill")]
    public async Task Replay_AtEveryStep_IsFollowed(string scenario)
    {
        using var copies = new TemporaryStore();
        var steps = 0;
        await using (var harness = await FlowHarness.OpenAsync())
        {
            await harness.AddYearsAsync(1990, 1991);
            if (scenario == "score")
            {
                await harness.RunAsync();
                await harness.AddAsync("incoming/1992.csv", await File.ReadAllBytesAsync(Path.Combine(FlowHarness.SampleData, "birdstrikes-1992.csv")));
            }

            harness.Engine.Observed += happened =>
            {
                if (happened.Kind is EngineEventKind.ActivityStarted or EngineEventKind.ActivityCompleted)
                {
                    Copy(Path.Combine(harness.Directory, "journal"), CopyOf(steps++));
                }
            };
            await PlayAsync(harness, scenario);
        }

        var catalog = FlowCatalog.Create(copies.Store, TimeProvider.System);
        var replays = Enumerable.Range(0, steps).Select(step => HistoryReplay.Check(CopyOf(step), catalog)).ToList();
        Assert.All(replays, replay => Assert.Empty(replay.Mismatches));
        var last = replays.FindLastIndex(replay => replay.Replayed > 0);
        Assert.True(last >= 0, "no history was under way");
        if (Environment.GetEnvironmentVariable(RecordVariable) is { Length: > 0 } release)
        {
            Copy(CopyOf(last), Path.Combine(Corpus, release, scenario));
        }

        string CopyOf(int step) => Path.Combine(copies.Path, string.Create(CultureInfo.InvariantCulture, $"step-{step}"));
    }

    private static async Task PlayAsync(FlowHarness harness, string scenario)
    {
        switch (scenario)
        {
            case "flow":
                await harness.RunAsync();
                break;
            case "featurize":
                await harness.RunAsync(change: start => start with { Stage = RunStage.Featurize });
                break;
            case "score":
                await harness.RunAsync(
                    FlowHarness.Source(FlowHarness.Pipeline + "\nscore: { files: incoming/*.csv }\n"), start => start with { Stage = RunStage.Score });
                break;
            case "search":
                await harness.RunAsync(FlowHarness.Source(FlowHarness.Pipeline
                    .Replace("strategy: grid", "strategy: tpe, trials: 5, time: 1d", StringComparison.Ordinal)
                    .Replace("l2: [1, 10]", "l2: { from: 1, to: 10 }", StringComparison.Ordinal)));
                break;
            case "asha":
                await harness.RunAsync(FlowHarness.Source(FlowHarness.Pipeline
                    .Replace("strategy: grid", "strategy: asha, trials: 4, reduction: 2, time: 1d", StringComparison.Ordinal)
                    .Replace("l2: [1, 10]", "l2: { from: 1, to: 10 }", StringComparison.Ordinal)));
                break;
            case "approve":
                await harness.StartUntilAskedAsync(FlowHarness.Source(FlowHarness.Pipeline + "\napprove: { by: [ada], timeout: 7d, remind: [1d] }\n"));
                break;
            default:
                var launcher = new BackfillLauncher(harness.Store, "test", TimeProvider.System);
                var source = FlowHarness.Source();
                var planned = await launcher.PlanAsync(
                    new BackfillRequest(source, new BackfillRange.Partitions(null, null), "test") { Stage = RunStage.Featurize });
                await launcher.StartAsync(source, planned, harness.Engine.Client);
                await harness.Engine.Client.WaitForCompletionAsync(planned.Id);
                break;
        }
    }

    private static void Copy(string journal, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(journal).Where(file => Path.GetFileName(file) is "manifest" or ['s', 'e', 'g', ..] or ['s', 'n', 'a', ..]))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }
    }
}
