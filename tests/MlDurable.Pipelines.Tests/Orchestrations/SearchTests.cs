using System.Collections.Concurrent;
using System.Text;
using MlDurable.Learning.Searching;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>Runs whose candidates are searched rather than listed.</summary>
public sealed class SearchTests
{
    private const string Random = """
          search: { strategy: random, parallel: 2, trials: 5 }
          candidates:
            - trainer: logistic-regression
              l2: { from: 0.01, to: 100, scale: log }
            - trainer: gradient-boosting
              trees: { from: 5, to: 30 }
              leaves: [4, 8]
        """;

    private static readonly string Tpe = Random.Replace("random, parallel: 2, trials: 5", "tpe, parallel: 3, trials: 14", StringComparison.Ordinal);

    [Fact]
    public async Task Run_RandomSearch_TrainsTheDrawnCandidatesAndTheBaseline()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);

        var run = await flow.RunAsync(Source(Random));

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.Equal((6, 6), (run.Work!.Candidates, run.Work.Trained));
        var plan = (await flow.Runs.PlanAsync(run.RunId))!;
        Assert.Equal(Enumerable.Range(0, 6), plan.Candidates.Select(candidate => candidate.Index));
        Assert.Equal("baseline", plan.Candidates[^1].Trainer);
        Assert.Equal(6, CandidateNames.Of(plan.Candidates).Distinct().Count());
        Assert.All(
            plan.Candidates.Where(candidate => candidate.Trainer == "gradient-boosting"),
            candidate =>
            {
                Assert.InRange(candidate.Hyperparameters["trees"], 5, 30);
                Assert.Contains(candidate.Hyperparameters["leaves"], new double[] { 4, 8 });
                Assert.Equal(0.05, candidate.Hyperparameters["learning-rate"]);
            });
        Assert.Equal(plan.Candidates.Select(candidate => candidate.Index), run.Leaderboard.Select(result => result.Index).Order());
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);
    }

    [Fact]
    public async Task Run_RandomSearchWithMoreTrials_ReusesTheFirstOnes()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync(Source(Random));
        var longer = Source(Random.Replace("trials: 5", "trials: 7", StringComparison.Ordinal));

        var forecast = await new RunForecaster(flow.Store).ForecastAsync(longer.Definition, longer.Hash);
        var run = await flow.RunAsync(longer);

        Assert.Equal([0, 1, 2, 3, 4, 7], forecast.CachedCandidates.AsEnumerable());
        Assert.Equal((8, 2), (run.Work!.Candidates, run.Work.Trained));
    }

    [Fact]
    public async Task Run_Tpe_TrainsInRoundsWhatIsProposedByTheResults()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        var source = Source(Tpe);

        var run = await flow.RunAsync(source);

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.Equal((15, 15), (run.Work!.Candidates, run.Work.Trained));
        var plan = (await flow.Runs.PlanAsync(run.RunId))!;
        Assert.Equal((14, "baseline"), (Assert.Single(plan.Candidates).Index, plan.Candidates[0].Trainer));
        var candidates = await flow.Runs.CandidatesAsync(run.RunId, plan);
        Assert.Equal(Enumerable.Range(0, 15), candidates.Select(candidate => candidate.Index));
        Assert.Equal(15, CandidateNames.Of(candidates, plan.Search).Distinct().Count());
        Assert.Equal(candidates.Select(candidate => candidate.Index), run.Leaderboard.Select(result => result.Index).Order());

        // The rounds of 3 before which ten trials had finished are those of a random search; the last round is proposed by twelve results.
        var space = source.Definition.Train.Space!;
        var points = candidates.SkipLast(1).Select(candidate => space.Find(candidate.Trainer, candidate.Hyperparameters)!).ToList();
        Assert.Equal(space.Draw(12, plan.Seed), points.Take(12));
        Assert.Equal(
            TreeParzenSearch.Propose(
                space,
                [.. points.Take(12).Select((point, index) => new Trial(point, -run.Leaderboard.Single(result => result.Index == index).Validation["roc-auc"]))],
                2,
                plan.Seed),
            points.Skip(12));
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);
    }

    [Fact]
    public async Task Run_TpeOnTheSameDataWithoutAWarmStart_ReusesEveryTrial()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var source = Source(Tpe.Replace("trials: 14", "trials: 14, warm-start: false", StringComparison.Ordinal));
        await flow.RunAsync(source);

        var again = await flow.RunAsync(source);

        Assert.Equal((RunOutcome.Unchanged, 15, 0), (again.Outcome, again.Work!.Candidates, again.Work.Trained));
    }

    [Fact]
    public async Task Run_TpeWithTheEngineClosedInTheMiddle_GoesOnWithTheSameTrialsAndRepeatsNone()
    {
        await using var undisturbed = await FlowHarness.OpenAsync();
        await undisturbed.AddYearsAsync(1990, 1992);
        var expected = await undisturbed.RunAsync(Source(Tpe));

        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var (written, finished) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.AfterWrite = name =>
        {
            if (name.Contains("/candidates/", StringComparison.Ordinal) && name.StartsWith("runs/", StringComparison.Ordinal))
            {
                written.Add(name);
            }

            return Task.CompletedTask;
        };
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityCompleted, Name: "train" })
            {
                finished.Add(change.Input!);
                if (finished.Count == 7)
                {
                    midway.TrySetResult();
                }
            }
        };
        var runId = await flow.StartAsync(Source(Tpe));
        await midway.Task;
        await flow.RestartAsync();
        var done = finished.Count;
        var before = written.Count;
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal(
            expected.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash)), run.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash)));
        Assert.InRange(written.Count - before, 1, 15 - done);
    }

    /// <summary>A reader that was opened before a round was proposed names its candidates too, and none is named in another way later.</summary>
    [Fact]
    public async Task Read_TrialsOfAnOpenSearch_AreNamedByWhatIsVaried()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        RunStepReader? reader = null;
        var names = new List<string?>();
        flow.AfterWrite = async name =>
        {
            if (name.EndsWith("/search.json", StringComparison.Ordinal) && names.Count == 0)
            {
                reader = new RunStepReader(flow.Store, name.Split('/')[1]);
                names.Add(await NameAsync(0));
            }
        };
        var run = await flow.RunAsync(Source(Tpe));
        var plan = (await flow.Runs.PlanAsync(run.RunId))!;
        for (var index = 1; index < 15; index++)
        {
            names.Add(await NameAsync(index));
        }

        Assert.Equal(CandidateNames.Of(await flow.Runs.CandidatesAsync(run.RunId, plan), plan.Search), names);
        Assert.All(names.SkipLast(1), name => Assert.Contains('=', name!));

        async Task<string?> NameAsync(int index)
        {
            var step = await reader!.ReadAsync("train", RunStepState.Started, $$"""{ "runId": "x", "index": {{index}} }""", null);
            Assert.Equal(15, step.Count);
            return step.Name;
        }
    }

    [Fact]
    public async Task Forecast_Tpe_SaysWhatIsSearched()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1990);
        var source = Source(Tpe);

        var plan = (await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash)).Plan;

        Assert.Equal(15, plan.MostCandidates);
        Assert.Equal(14, plan.Search!.Trials);
        Assert.Equal(["leaves", "trees"], plan.Search.Varied["gradient-boosting"].AsEnumerable());
    }

    [Fact]
    public async Task Run_SearchRecordLost_FailsWithItsCode()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        flow.AfterWrite = async name =>
        {
            if (name.EndsWith("/candidates/2.json", StringComparison.Ordinal) && name.StartsWith("runs/", StringComparison.Ordinal))
            {
                await flow.Store.DeleteAsync($"runs/{name.Split('/')[1]}/search.json", BlobCondition.None);
            }
        };

        var run = await flow.RunAsync(Source(Tpe));

        Assert.Equal((RunStatus.Failed, "run-incomplete"), (run.Status, run.Failure!.Code));
        Assert.Contains("search.json", run.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("tpe")]
    public async Task Run_ThereIsAChampionOfTheSpace_TriesItFirst(string strategy)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var source = Source((strategy == "tpe" ? Tpe : Random).Replace("l2: { from", "max-iterations: 400\n      l2: { from", StringComparison.Ordinal));
        var first = await flow.RunAsync(source);
        var champion = (await flow.Runs.ManifestAsync(first.RunId))!;
        await flow.AddYearsAsync(1993, 1993);

        var forecast = await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash);
        var second = await flow.RunAsync(source);

        var plan = (await flow.Runs.PlanAsync(second.RunId))!;
        var candidates = await flow.Runs.CandidatesAsync(second.RunId, plan);
        Assert.Equal((0, champion.Trainer), (plan.Candidates[0].Index, plan.Candidates[0].Trainer));
        Assert.Equal(champion.Hyperparameters, plan.Candidates[0].Hyperparameters);
        Assert.Equal(CandidateNames.Of(plan.Candidates, plan.Search).AsEnumerable(), CandidateNames.Of(forecast.Plan.Candidates, forecast.Plan.Search));
        Assert.Equal(first.Work!.Candidates, candidates.Length);
        Assert.Equal(candidates.Length, CandidateNames.Of(candidates).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, candidates.Length), candidates.Select(candidate => candidate.Index));
    }

    /// <summary>The candidates of a random search with a warm start are those of the same search without, of which the champion is one.</summary>
    [Fact]
    public async Task Run_RandomSearchOnTheSameData_ReusesEverythingWithAWarmStartToo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        await flow.RunAsync(Source(Random));

        var again = await flow.RunAsync(Source(Random));

        Assert.Equal((RunOutcome.Unchanged, 6, 0), (again.Outcome, again.Work!.Candidates, again.Work.Trained));
    }

    [Theory]
    [InlineData("warm-start: false", "trials: 5", "trials: 5, warm-start: false")]
    [InlineData("the champion's value is outside its range", "from: 0.01, to: 100, scale: log", "from: 1000, to: 2000")]
    [InlineData("the champion's value is not the default", "l2: { from: 0.01, to: 100, scale: log }", "max-iterations: [500, 700]")]
    [InlineData("the champion's trainer is not searched", "    - trainer: logistic-regression\n      l2: { from: 0.01, to: 100, scale: log }\n", "")]
    public async Task Forecast_NoWarmStart_DrawsAllCandidates(string why, string found, string replaced)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        await flow.RunAsync(Source("""
              candidates: [{ trainer: logistic-regression, l2: 3 }]
            """));
        var source = Source(Random.Replace(found, replaced, StringComparison.Ordinal));

        var plan = (await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash)).Plan;

        var space = source.Definition.Train.Space!;
        Assert.True(
            space.Draw(5, 7).SequenceEqual(plan.Candidates.SkipLast(1).Select(candidate => space.Find(candidate.Trainer, candidate.Hyperparameters)!)), why);
    }

    /// <summary>A run of the past must not know which hyperparameters were found to be the best later.</summary>
    [Fact]
    public async Task Run_AsOfThePast_HasNoWarmStart()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync(Source("""
              candidates: [{ trainer: logistic-regression, l2: 3 }]
            """));

        var past = await flow.RunAsync(Source(Random), start => start with { AsOf = new DateTimeOffset(1993, 1, 1, 0, 0, 0, TimeSpan.Zero) });

        Assert.DoesNotContain((await flow.Runs.PlanAsync(past.RunId))!.Candidates, candidate => candidate.Hyperparameters.GetValueOrDefault("l2") == 3);
    }

    [Theory]
    [InlineData("random", 5)]
    [InlineData("tpe", 14)]
    public async Task Run_SearchOutOfTime_EndsItsRoundAndBeginsNoOther(string strategy, int trials)
    {
        var clock = new ShiftedTime();
        await using var flow = await FlowHarness.OpenAsync(clock: clock);
        await flow.AddYearsAsync(1990, 1992);
        flow.AfterWrite = name =>
        {
            // The third candidate is of the second round; of that, no one is given up.
            if (name.StartsWith("runs/", StringComparison.Ordinal) && name.EndsWith("/candidates/2.json", StringComparison.Ordinal))
            {
                clock.Shift = TimeSpan.FromMinutes(10);
            }

            return Task.CompletedTask;
        };

        var run = await flow.RunAsync(Source((strategy == "tpe" ? Tpe : Random)
            .Replace("parallel: 3", "parallel: 2", StringComparison.Ordinal)
            .Replace($"trials: {trials}", $"trials: {trials}, time: 10m", StringComparison.Ordinal)));

        Assert.Equal((RunOutcome.Promoted, 5, 5), (run.Outcome, run.Work!.Candidates, run.Work.Trained));
        Assert.Equal([0, 1, 2, 3, trials], run.Leaderboard.Select(result => result.Index).Order());
        var report = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ReportFile), 1 << 20));
        Assert.Contains($"5 of at most {trials + 1} candidates were trained: the time of the search was over.", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SearchInTime_TrainsAll()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);

        var run = await flow.RunAsync(Source(Random.Replace("trials: 5", "trials: 5, time: 366d", StringComparison.Ordinal)));

        Assert.Equal((6, 6), (run.Work!.Candidates, run.Leaderboard.Length));
        var report = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ReportFile), 1 << 20));
        Assert.DoesNotContain("the time of the search", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_RunsOfAGridAndASearch_NamesBoth()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var first = await flow.RunAsync();
        var second = await flow.RunAsync(Source(Random));

        var differences = (await RunComparison.CompareAsync(flow.Store, first.RunId, second.RunId)).Differences;

        Assert.Contains(new RunDifference("settings", "search", "grid", "random, 5 trials"), differences);
        Assert.Contains(
            new RunDifference(
                "settings",
                "candidates",
                "logistic-regression l2=1; logistic-regression l2=10; gradient-boosting leaves=8 trees=20",
                "logistic-regression l2=0.01 to 100 (log); gradient-boosting leaves=[4, 8] trees=5 to 30"),
            differences);
    }

    /// <summary>The system's clock, which a test sets forward.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    private static PipelineSource Source(string search)
    {
        var pipeline = FlowHarness.Pipeline;
        var start = pipeline.IndexOf("  search:", StringComparison.Ordinal);
        return FlowHarness.Source(pipeline[..start] + search + "\n" + pipeline[pipeline.IndexOf("evaluate:", StringComparison.Ordinal)..]);
    }
}
