using System.Text;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Tables;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

public sealed class TrainEvaluatePromoteTests
{
    [Fact]
    public async Task Run_FirstData_MakesTheFirstChampion()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);

        var run = await flow.RunAsync();

        Assert.Equal((RunStatus.Completed, RunOutcome.Promoted), (run.Status, run.Outcome));
        Assert.Equal(new RunWork(6, 6, 6, 4, 4), run.Work);
        Assert.Equal(4, run.Leaderboard.Length);
        Assert.Equal(1, (await flow.Registry.ReadAsync("strikes")).ChampionVersion);
        var evaluation = await flow.Runs.EvaluationAsync(run.RunId);
        Assert.Null(evaluation!.Champion);
        Assert.InRange(evaluation.Candidate.Metrics[0].Value, 0.6, 0.95);
        foreach (var file in new[] { "report.html", "card.md", "predictions.csv", "manifest.json" })
        {
            Assert.True(await flow.Store.ExistsAsync(RunStore.FileName(run.RunId, file)), file);
        }
    }

    [Fact]
    public async Task Run_AnyCandidate_IsExplainedAndSoIsItsVersion()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);

        var run = await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace(
            "  slices: [Wildlife Size]", "  slices: [Wildlife Size]\n  slice-importance: true", StringComparison.Ordinal)));

        var explanation = (await flow.Runs.ExplanationAsync(run.RunId))!;
        var evaluation = (await flow.Runs.EvaluationAsync(run.RunId))!;
        var registered = $"models/strikes/versions/{run.Version}/explanation.json";
        Assert.Equal(
            await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ExplanationFile), 1 << 20), await flow.Store.ReadBytesAsync(registered, 1 << 20));
        Assert.Equal("roc-auc", explanation.Metric);
        Assert.Equal(evaluation.Importance.AsEnumerable(), explanation.Importance);
        Assert.All(explanation.Importance, importance => Assert.InRange(importance.Mean, importance.Interval!.Low, importance.Interval.High));

        // The parts of the date are one column.
        var columns = explanation.Importance.Select(importance => importance.Feature).Order(StringComparer.Ordinal);
        Assert.Contains("Flight Date", columns);
        Assert.DoesNotContain("Flight Date: month", columns);
        Assert.Equal(columns, explanation.Contributions.Select(mean => mean.Column).Order(StringComparer.Ordinal));
        Assert.Null(explanation.Obstacle);
        Assert.NotNull(explanation.BaseValue);
        Assert.Equal(explanation.Contributions.OrderByDescending(mean => mean.MeanAbsolute), explanation.Contributions);
        Assert.Equal(explanation.Importance[0].Feature, explanation.Curves[0].Column);
        Assert.All(explanation.Curves.SelectMany(curve => curve.Points), point => Assert.InRange(point.Mean, 0, 1));
        Assert.All(explanation.Slices, slice => Assert.Equal(columns, slice.Importance.Select(importance => importance.Feature).Order(StringComparer.Ordinal)));
        Assert.Equal(evaluation.Slices.Count(slice => slice.Finding != SliceFinding.TooSmall), explanation.Slices.Length);
        Assert.NotEmpty(explanation.Slices);
    }

    [Fact]
    public async Task Run_CandidateIsTheChampion_TakesItsExplanationOver()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1994);
        var first = await flow.RunAsync();

        var again = await flow.RunAsync();

        Assert.Equal(RunOutcome.Unchanged, again.Outcome);
        Assert.Equal(await ExplanationAsync(first), await ExplanationAsync(again));

        Task<byte[]> ExplanationAsync(RunRecord run) => flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ExplanationFile), 1 << 20);
    }

    [Fact]
    public async Task Run_WithoutSliceImportance_HasNone()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        Assert.Empty((await flow.Runs.ExplanationAsync((await flow.RunAsync()).RunId))!.Slices);
    }

    [Fact]
    public async Task Run_SameDataAgain_ReusesEverythingAndChangesNothing()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1994);
        await flow.RunAsync();

        var again = await flow.RunAsync();

        Assert.Equal(RunOutcome.Unchanged, again.Outcome);
        Assert.Equal(new RunWork(5, 0, 0, 4, 0), again.Work);
        Assert.Single((await flow.Registry.ReadAsync("strikes")).Versions);
        Assert.Single((await flow.Registry.ReadAsync("strikes")).History);
    }

    [Fact]
    public async Task Run_NewYear_WorksOnThatYearAloneAndComparesOnUnseenRows()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        var first = await flow.RunAsync();
        await flow.AddYearsAsync(1996, 1996);

        var second = await flow.RunAsync();

        Assert.Equal((1, 1), (second.Work!.Validated, second.Work.Featurized));
        Assert.Equal(1, second.ChampionBefore);
        var evaluation = await flow.Runs.EvaluationAsync(second.RunId);
        var champion = await flow.Runs.DatasetAsync(first.RunId);
        Assert.NotNull(evaluation!.Champion);
        Assert.True(evaluation.Rows.From >= champion!.Split.HoldoutFrom, "a row that the champion has seen was used to judge it");
        Assert.NotEmpty(evaluation.VersusChampion);
    }

    [Fact]
    public async Task Run_BrokenPartition_IsQuarantinedAndTheChampionStays()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync();
        var lines = await File.ReadAllLinesAsync(Path.Combine(FlowHarness.SampleData, "birdstrikes-1994.csv"));
        var broken = lines.Select((line, index) => index is > 0 and < 40 ? line[..line.LastIndexOf(',')] + ",9999" : line);
        await flow.AddAsync("strikes/1994.csv", Encoding.UTF8.GetBytes(string.Join('\n', broken) + "\n"));

        var run = await flow.RunAsync();

        Assert.Equal(RunOutcome.Quarantined, run.Outcome);
        Assert.Equal("strikes/1994.csv", Assert.Single(run.Quarantined));
        Assert.Null(run.Version);
        Assert.Equal(1, (await flow.Registry.ReadAsync("strikes")).ChampionVersion);
        Assert.Contains("9999", Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, "report.html"), 1 << 20)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BrokenPartitionWithSkip_GoesOnWithoutIt()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.AddAsync("strikes/1994.csv", Encoding.UTF8.GetBytes("a,b\n1,2\n"));
        var source = FlowHarness.Source(FlowHarness.Pipeline.Replace("  time: Flight Date", "  time: Flight Date\n  on-quarantine: skip", StringComparison.Ordinal));
        await flow.Store.DeleteAsync("data/strikes/1994.csv", BlobCondition.None);
        await flow.RunAsync(source);
        await flow.AddAsync("strikes/1994.csv", Encoding.UTF8.GetBytes("a,b\n1,2\n"));

        var run = await flow.RunAsync(source);

        Assert.Equal("strikes/1994.csv", Assert.Single(run.Quarantined));
        Assert.Equal(RunOutcome.Unchanged, run.Outcome);
        Assert.Equal(4, (await flow.Runs.DatasetAsync(run.RunId))!.Partitions.Length);
    }

    [Fact]
    public async Task Run_GateNotReached_IsBlocked()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);

        var run = await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace("roc-auc >= 0.6", "roc-auc >= 0.99", StringComparison.Ordinal)));

        Assert.Equal(RunOutcome.Blocked, run.Outcome);
        var registry = await flow.Registry.ReadAsync("strikes");
        Assert.Null(registry.ChampionVersion);
        Assert.Equal(1, registry.Aliases[RegistryDocument.Challenger]);
    }

    [Fact]
    public async Task Run_ChampionChangesMeanwhile_IsJudgedAgain()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace("roc-auc >= 0.6", "roc-auc >= 0.99", StringComparison.Ordinal)));
        await flow.AddYearsAsync(1994, 1994);

        // Once the second run has compared its candidate with no champion, a person makes the first version champion.
        var evaluations = 0;
        flow.AfterWrite = async name =>
        {
            if (name.EndsWith(RunStore.EvaluationFile, StringComparison.Ordinal) && ++evaluations == 1)
            {
                await flow.Registry.PromoteAsync("strikes", new ChampionDecision(1, null, true, "ada", "by-hand", "first"), default);
            }
        };
        var run = await flow.RunAsync();

        Assert.Equal(1, run.ChampionBefore);
        Assert.NotNull((await flow.Runs.EvaluationAsync(run.RunId))!.Champion);
    }

    [Fact]
    public async Task Run_EngineClosedInTheMiddle_ContinuesWithoutRepeatingAnything()
    {
        await using var undisturbed = await FlowHarness.OpenAsync();
        await undisturbed.AddYearsAsync(1990, 1993);
        var expected = await undisturbed.RunAsync();

        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var firstTrained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityCompleted, Name: "train" })
            {
                firstTrained.TrySetResult();
            }
        };
        var runId = await flow.StartAsync();
        await firstTrained.Task;
        await flow.RestartAsync();
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal(expected.Leaderboard.Select(candidate => candidate.ModelHash), run.Leaderboard.Select(candidate => candidate.ModelHash));
        Assert.Equal(expected.Verdict!.Summary, run.Verdict!.Summary);
        Assert.Equal(RunOutcome.Promoted, run.Outcome);
    }

    [Fact]
    public async Task Cancel_RunningRun_EndsItAndKeepsTheChampion()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var training = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityStarted, Name: "train" })
            {
                training.TrySetResult();
            }
        };
        var runId = await flow.StartAsync();
        await training.Task;
        await flow.Launcher.CancelAsync(runId, "not now");

        var run = await flow.Runs.GetAsync(runId);
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.Equal("run-ended", (await Assert.ThrowsAsync<PipelineException>(() => flow.Launcher.CancelAsync(runId, "again"))).Code);
        Assert.Empty((await flow.Registry.ReadAsync("strikes")).Versions);
    }

    [Theory]
    [InlineData("label: { column: Effect Amount of damage", "label: { column: Effect Amount of damge", "unknown-column")]
    [InlineData("positive: { not: None }", "positive: { equals: Nothing }", "one-class")]
    [InlineData("files: strikes/*.csv", "files: nowhere/*.csv", "no-partitions")]
    public async Task Run_ImpossibleRequest_FailsWithItsCode(string found, string replaced, string code)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);

        var run = await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace(found, replaced, StringComparison.Ordinal)));

        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal(code, run.Failure!.Code);
        Assert.Empty((await flow.Registry.ReadAsync("strikes")).Versions);
    }

    [Fact]
    public async Task Run_FileWithSemicolons_SaysThatFieldsAreSeparatedByCommas()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddAsync("strikes/a.csv", Encoding.UTF8.GetBytes("x;label\n1;0\n2;1\n"));
        var yaml = """
            pipeline: strikes
            data:
              files: strikes/*.csv
              label: { column: "x;label" }
            train:
              candidates: [{ trainer: logistic-regression }]
            """;

        var run = await flow.RunAsync(FlowHarness.Source(yaml));

        Assert.Equal("no-features", run.Failure!.Code);
        Assert.Contains("separated by commas", run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reproduce_FinishedRun_IsBitIdentical()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var run = await flow.RunAsync();

        var result = await new Reproduction(flow.Store).ReproduceAsync(run.RunId);

        Assert.True(result.Identical);
        Assert.Equal(0, result.LargestDifference);
        Assert.Empty(result.Differences);
    }

    [Fact]
    public async Task Reproduce_DataReplaced_SaysWhichFile()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var run = await flow.RunAsync();
        await flow.AddAsync("strikes/1991.csv", Encoding.UTF8.GetBytes("changed"));

        var exception = await Assert.ThrowsAsync<PipelineException>(() => new Reproduction(flow.Store).ReproduceAsync(run.RunId));

        Assert.Equal("data-gone", exception.Code);
        Assert.Contains("strikes/1991.csv", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_RawRows_GivesWhatTheEvaluationSaw()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var run = await flow.RunAsync();
        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes");
        await using var file = File.OpenRead(Path.Combine(FlowHarness.SampleData, "birdstrikes-1993.csv"));
        var rows = await CsvTable.ReadAsync(file, new CsvOptions { Schema = predictor.Schema });

        var result = predictor.Predict(rows.Table);

        var lines = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, "predictions.csv"), 1 << 20)).Split('\n');
        var judged = lines.Skip(1).Where(line => line.Contains("1993", StringComparison.Ordinal)).Select(line => line.Split(',')).ToList();
        Assert.NotEmpty(judged);
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), result.Outputs[int.Parse(fields[1])]));
    }
}
