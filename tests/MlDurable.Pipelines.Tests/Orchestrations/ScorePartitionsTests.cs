using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

public sealed class ScorePartitionsTests
{
    private const string Yaml = FlowHarness.Pipeline + "\nscore: { files: incoming/**/*.csv*, parallel: 2 }\n";

    [Fact]
    public async Task Score_NewPartitions_WritesPredictionsAndTheirLineage()
    {
        await using var flow = await TrainedAsync();
        var rows = await WithoutLabelAsync(1994);
        await flow.AddAsync("incoming/a/1994.csv", Encoding.UTF8.GetBytes(rows));

        var run = await ScoreAsync(flow);

        Assert.Equal((RunStatus.Completed, RunOutcome.Scored), (run.Status, run.Outcome));
        var lines = (await TextAsync(flow, "predictions/strikes/1/incoming/a/1994.csv.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var input = rows.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(input[0] + ",probability,decision", lines[0]);
        Assert.Equal(input.Length, lines.Length);
        Assert.All(lines.Skip(1), (line, index) => Assert.StartsWith(input[index + 1] + ",", line, StringComparison.Ordinal));
        Assert.All(lines.Skip(1), line => Assert.InRange(double.Parse(line.Split(',')[^2], CultureInfo.InvariantCulture), 0, 1));

        var lineage = await LineageAsync(flow, "predictions/strikes/1/incoming/a/1994.csv.json");
        var champion = (await flow.Registry.ReadAsync("strikes")).Find(1)!;
        Assert.Equal(("incoming/a/1994.csv", ContentHash.Of(Encoding.UTF8.GetBytes(rows)), run.RunId), (lineage.Partition, lineage.Hash, lineage.RunId));
        Assert.Equal(("strikes", 1, champion.ModelHash), (lineage.Model, lineage.Version, lineage.ModelHash));
        Assert.Equal((await flow.Store.GetPropertiesAsync("data/incoming/a/1994.csv"))!.ETag, lineage.ETag);
        Assert.Equal((input.Length - 1L, lines.Skip(1).LongCount(line => line.EndsWith(",1", StringComparison.Ordinal))), (lineage.Rows, lineage.Positives));
        Assert.Equal((1, 1, 1, lineage.Rows, lineage.Positives), (run.Scoring!.Version, run.Scoring.Partitions, run.Scoring.Scored, run.Scoring.Rows, run.Scoring.Positives));
    }

    [Fact]
    public async Task Score_Again_DoesOnlyWhatIsNewOrChanged()
    {
        await using var flow = await TrainedAsync();
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1994)));
        await flow.AddAsync("incoming/1995.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1995)));
        await ScoreAsync(flow);

        var nothing = await ScoreAsync(flow);
        await flow.AddAsync("incoming/1995.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1996)));
        await flow.AddAsync("incoming/1997.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1997)));
        var some = await ScoreAsync(flow);

        Assert.Equal((RunOutcome.Unchanged, 2, 0), (nothing.Outcome, nothing.Scoring!.Partitions, nothing.Scoring.Scored));
        Assert.Equal((RunOutcome.Scored, 3, 2), (some.Outcome, some.Scoring!.Partitions, some.Scoring.Scored));
        Assert.Equal(some.RunId, (await LineageAsync(flow, "predictions/strikes/1/incoming/1995.csv.json")).RunId);
        Assert.NotEqual(some.RunId, (await LineageAsync(flow, "predictions/strikes/1/incoming/1994.csv.json")).RunId);
    }

    [Fact]
    public async Task Score_AfterAPromotion_IsByTheNewChampion()
    {
        await using var flow = await TrainedAsync();
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1994)));
        await ScoreAsync(flow);
        await flow.AddYearsAsync(1994, 1996);
        var second = await flow.RunAsync(FlowHarness.Source(Yaml));
        await flow.Registry.PromoteAsync("strikes", new ChampionDecision(second.Version!.Value, second.ChampionAfter, true, "ada", "by-hand", "try it"));

        var run = await ScoreAsync(flow);

        Assert.Equal((2, 1), (run.Scoring!.Version, run.Scoring.Scored));
        Assert.True(await flow.Store.ExistsAsync("predictions/strikes/2/incoming/1994.csv.csv"));
        Assert.True(await flow.Store.ExistsAsync("predictions/strikes/1/incoming/1994.csv.csv"));
    }

    [Fact]
    public async Task Score_BadPartitions_AreNamedAndTheOthersAreScored()
    {
        await using var flow = await TrainedAsync();
        var good = await WithoutLabelAsync(1994);
        await flow.AddAsync("incoming/good.csv", Encoding.UTF8.GetBytes(good));
        await flow.AddAsync("incoming/other.csv", Encoding.UTF8.GetBytes("a,b\n1,2\n"));
        await flow.AddAsync("incoming/ragged.csv", Encoding.UTF8.GetBytes(good + "1,2\n"));
        await flow.AddAsync("incoming/short.csv.gz", Gzip(good)[..^40]);

        var run = await ScoreAsync(flow);

        Assert.Equal(RunOutcome.Incomplete, run.Outcome);
        Assert.Equal((1, 3), (run.Scoring!.Scored, run.Scoring.FailedCount));
        Assert.Equal(
            [("incoming/other.csv", "signature-mismatch"), ("incoming/ragged.csv", "csv-ragged-row"), ("incoming/short.csv.gz", "csv-gzip-corrupt")],
            run.Scoring.Failed.Select(finding => (finding.Partition, finding.Code)));
        Assert.Contains("incoming/other.csv", run.Summary, StringComparison.Ordinal);
        Assert.True(await flow.Store.ExistsAsync("predictions/strikes/1/incoming/good.csv.csv"));
        Assert.False(await flow.Store.ExistsAsync("predictions/strikes/1/incoming/ragged.csv.csv"));
        Assert.Equal(RunOutcome.Incomplete, (await ScoreAsync(flow)).Outcome);
    }

    [Fact]
    public async Task Score_Gzip_GivesThePlainPredictions()
    {
        await using var flow = await TrainedAsync();
        var rows = await WithoutLabelAsync(1994);
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(rows));
        await flow.AddAsync("incoming/1994.csv.gz", Gzip(rows));

        await ScoreAsync(flow);

        Assert.Equal(
            await TextAsync(flow, "predictions/strikes/1/incoming/1994.csv.csv"), await TextAsync(flow, "predictions/strikes/1/incoming/1994.csv.gz.csv"));
    }

    [Fact]
    public async Task Score_PartitionReplacedAfterThePlan_IsLeftToTheNextRun()
    {
        await using var flow = await TrainedAsync();
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1994)));
        var planned = (await flow.Store.GetPropertiesAsync("data/incoming/1994.csv"))!;
        var champion = (await flow.Registry.ReadAsync("strikes")).Find(1)!;
        var plan = new ScoringPlan("strikes", "strikes", 1, champion.ModelHash, 0, [new("incoming/1994.csv", planned.Length, planned.ETag)]);
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1995)));

        var run = await flow.RunAsync(FlowHarness.Source(Yaml), start =>
        {
            flow.Runs.WriteAsync(start.RunId, RunStore.ScoringFile, plan, PipelinesJson.Default.ScoringPlan, default).GetAwaiter().GetResult();
            return start with { Stage = RunStage.Score };
        });

        Assert.Equal("blob-changed", Assert.Single(run.Scoring!.Failed).Code);
        Assert.False(await flow.Store.ExistsAsync("predictions/strikes/1/incoming/1994.csv.csv"));
        Assert.Equal(1, (await ScoreAsync(flow)).Scoring!.Scored);
    }

    [Fact]
    public async Task Score_EngineClosedInTheMiddle_GoesOnAndRepeatsNothing()
    {
        await using var flow = await TrainedAsync();
        for (var part = 0; part < 12; part++)
        {
            await flow.AddAsync($"incoming/{part:D2}.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1990 + part)));
        }

        var some = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finished = new HashSet<string>();
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityCompleted, Name: "score" } && finished.Add(change.Result!) && finished.Count == 4)
            {
                some.TrySetResult();
            }
        };
        var runId = await flow.StartAsync(FlowHarness.Source(Yaml), start => start with { Stage = RunStage.Score });
        await some.Task;
        await flow.RestartAsync();
        var repeated = new List<string>();
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityStarted, Name: "score" })
            {
                repeated.Add($"\"index\":{JsonDocument.Parse(change.Input!).RootElement.GetProperty("index").GetInt32()},");
            }
        };

        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal((RunOutcome.Scored, 12), (run.Outcome, run.Scoring!.Scored));
        Assert.DoesNotContain(repeated, index => finished.Any(result => result.Contains(index, StringComparison.Ordinal)));
        Assert.Equal(12, (await flow.Store.ListAsync("predictions/strikes/1/").ToListAsync()).Count(blob => blob.Name.EndsWith(".json", StringComparison.Ordinal)));
        Assert.Equal(RunOutcome.Unchanged, (await ScoreAsync(flow)).Outcome);
    }

    [Fact]
    public async Task Score_PredictionsWithoutLineage_AreMadeAgain()
    {
        await using var flow = await TrainedAsync();
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1994)));
        await flow.Store.WriteBytesAsync("predictions/strikes/1/incoming/1994.csv.csv", "half"u8.ToArray(), BlobCondition.None);

        var run = await ScoreAsync(flow);

        Assert.Equal(1, run.Scoring!.Scored);
        Assert.StartsWith("Airport Name", await TextAsync(flow, "predictions/strikes/1/incoming/1994.csv.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_TwoRunsAtOnce_LeaveOneResult()
    {
        await using var flow = await TrainedAsync();
        for (var part = 0; part < 6; part++)
        {
            await flow.AddAsync($"incoming/{part}.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1990 + part)));
        }

        var both = await Task.WhenAll(ScoreAsync(flow), ScoreAsync(flow));

        Assert.All(both, run => Assert.Equal(RunStatus.Completed, run.Status));
        Assert.Equal(6, both.Sum(run => run.Scoring!.Scored));
    }

    [Fact]
    public async Task Score_NoChampion_SaysWhatToDo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddAsync("incoming/1994.csv", Encoding.UTF8.GetBytes(await WithoutLabelAsync(1994)));

        var run = await ScoreAsync(flow);

        Assert.Equal("no-champion", run.Failure!.Code);
    }

    [Fact]
    public async Task Score_PipelineWithoutTheSection_IsRefusedBeforeAnythingIsWritten()
    {
        await using var flow = await FlowHarness.OpenAsync();

        var refused = await Assert.ThrowsAsync<PipelineException>(() => flow.StartAsync(change: start => start with { Stage = RunStage.Score }));

        Assert.Equal("no-score", refused.Code);
        Assert.Empty(await flow.Runs.ListAsync().ToListAsync());
    }

    private static async Task<FlowHarness> TrainedAsync()
    {
        var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        Assert.Equal(RunOutcome.Promoted, (await flow.RunAsync(FlowHarness.Source(Yaml))).Outcome);
        return flow;
    }

    private static Task<RunRecord> ScoreAsync(FlowHarness flow) => flow.RunAsync(FlowHarness.Source(Yaml), start => start with { Stage = RunStage.Score });

    /// <summary>A year without what is known only afterwards, as rows to score are.</summary>
    private static async Task<string> WithoutLabelAsync(int year)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(FlowHarness.SampleData, $"birdstrikes-{year}.csv"));
        var label = Array.IndexOf(lines[0].Split(','), "Effect Amount of damage");
        return string.Concat(lines
            .Select(line => line.Split(','))
            .Where(fields => fields.Length == lines[0].Split(',').Length)
            .Select(fields => string.Join(',', fields.Where((_, index) => index != label)) + "\n"));
    }

    private static async Task<string> TextAsync(FlowHarness flow, string name) => Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(name, 1 << 24));

    private static async Task<PredictionLineage> LineageAsync(FlowHarness flow, string name) =>
        (await flow.Store.ReadJsonAsync(name, PipelinesJson.Default.PredictionLineage))!.Value.Value;

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
