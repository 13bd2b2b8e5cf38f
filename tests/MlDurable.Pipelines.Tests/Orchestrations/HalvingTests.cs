using System.Collections.Concurrent;
using System.Text;
using MlDurable.Learning.Searching;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>Runs whose candidates begin on few rows, and of which the best go on with more.</summary>
public sealed class HalvingTests
{
    private const string Search = """
          search: { strategy: asha, trials: 9, parallel: 2 }
          candidates:
            - trainer: logistic-regression
              l2: { from: 0.01, to: 100, scale: log }
            - trainer: gradient-boosting
              trees: { from: 5, to: 30 }
              leaves: [4, 8]
        """;

    [Fact]
    public async Task Run_Asha_StopsMostCandidatesAndSelectsAmongTheOthers()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);

        var run = await flow.RunAsync(FlowHarness.Source(With(Search)));

        Assert.Equal((RunOutcome.Promoted, 10, 10), (run.Outcome, run.Work!.Candidates, run.Work.Trained));
        Assert.Equal(Enumerable.Range(0, 10), run.Leaderboard.Select(candidate => candidate.Index).Order());
        var split = (await flow.Runs.DatasetAsync(run.RunId))!.Split;
        var stopped = run.Leaderboard.Where(candidate => candidate.Halving is { IsStopped: true }).ToList();
        var finalists = run.Leaderboard.Where(candidate => candidate.Halving is { IsStopped: false }).ToList();
        Assert.InRange(finalists.Count, 1, 3);
        Assert.Equal(9, stopped.Count + finalists.Count);
        Assert.All(finalists, candidate =>
        {
            Assert.Equal([9, 3, 1], candidate.Halving!.Rungs.Select(rung => rung.Divisor));
            Assert.Equal(candidate.Validation, candidate.Halving.Rungs[^1].Validation);
            Assert.Null(candidate.TrainingRows);
        });
        Assert.All(stopped, candidate => Assert.InRange(
            candidate.TrainingRows!.Value, split.TrainingRows / candidate.Halving!.Rungs[^1].Divisor, (split.TrainingRows / candidate.Halving.Rungs[^1].Divisor) + 2));
        Assert.Equal(finalists, run.Leaderboard.Where(candidate => candidate.Trainer != "baseline").Take(finalists.Count));
        Assert.Equal(finalists[0].ModelHash, (await flow.Runs.ManifestAsync(run.RunId))!.ModelHash);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);

        // Each round is what the results of the rounds before ask for.
        var halving = (await flow.Runs.PlanAsync(run.RunId))!.Halving!;
        Assert.Equal(new SuccessiveHalving(9, 3, 3), halving);
        var rounds = (await RecordAsync(flow, run)).Rounds;
        var before = new List<RungFit>();
        foreach (var round in rounds)
        {
            Assert.Equal(halving.Next(before, 2).Select(fit => (fit.Trial, fit.Rung)), round.Select(fit => (fit.Candidate, fit.Rung)));
            foreach (var fit in round)
            {
                var reached = run.Leaderboard.Single(candidate => candidate.Index == fit.Candidate).Halving!.Rungs[fit.Rung].Validation["roc-auc"];
                before.Add(new RungFit(fit.Candidate, fit.Rung, -reached));
            }
        }

        Assert.Empty(halving.Next(before, 2));
    }

    /// <summary>The model of a candidate on all rows is that of any other search.</summary>
    [Fact]
    public async Task Run_RandomSearchAfterAsha_ReusesTheCandidatesThatCameToAllRows()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var asha = Search.Replace("trials: 9", "trials: 9, warm-start: false", StringComparison.Ordinal);
        var first = await flow.RunAsync(FlowHarness.Source(With(asha)));

        var again = await flow.RunAsync(FlowHarness.Source(With(asha)));
        var random = await flow.RunAsync(FlowHarness.Source(With(asha.Replace("asha", "random", StringComparison.Ordinal))));

        Assert.Equal((RunOutcome.Unchanged, 10, 0), (again.Outcome, again.Work!.Candidates, again.Work.Trained));
        Assert.Equal(first.Leaderboard.Count(candidate => candidate.Halving is { IsStopped: true }), random.Work!.Trained);
    }

    [Fact]
    public async Task Run_EngineClosedInTheMiddle_GoesOnWithTheSameFitsAndRepeatsNone()
    {
        await using var undisturbed = await FlowHarness.OpenAsync();
        await undisturbed.AddYearsAsync(1990, 1992);
        var expected = await undisturbed.RunAsync(FlowHarness.Source(With(Search)));

        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var written = new ConcurrentBag<string>();
        var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.AfterWrite = name =>
        {
            if (name.StartsWith("cache/strikes/candidates/", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
            {
                written.Add(name);
                if (written.Count == 6)
                {
                    midway.TrySetResult();
                }
            }

            return Task.CompletedTask;
        };
        var runId = await flow.StartAsync(FlowHarness.Source(With(Search)));
        await midway.Task;
        await flow.RestartAsync();
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal(Facts(expected), Facts(run));
        Assert.Equal(written.Count, written.Distinct().Count());
        Assert.Equal((await RecordAsync(flow, run)).Rounds.Sum(round => round.Length) + 1, written.Count);

        static IEnumerable<(int Index, string Model, int Rungs)> Facts(RunRecord run) =>
            run.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash, candidate.Halving?.Rungs.Length ?? 0));
    }

    [Fact]
    public async Task Run_OutOfTimeBeforeOneCameToAllRows_FitsTheBestOnAll()
    {
        var clock = new ShiftedTime();
        await using var flow = await FlowHarness.OpenAsync(clock: clock);
        await flow.AddYearsAsync(1990, 1992);
        flow.AfterWrite = name =>
        {
            // The third candidate is of the second round.
            if (name.StartsWith("runs/", StringComparison.Ordinal) && name.EndsWith("/candidates/2.rung-0.json", StringComparison.Ordinal))
            {
                clock.Shift = TimeSpan.FromMinutes(10);
            }

            return Task.CompletedTask;
        };

        var run = await flow.RunAsync(FlowHarness.Source(With(Search.Replace("trials: 9", "trials: 9, time: 10m", StringComparison.Ordinal))));

        Assert.Equal((RunOutcome.Promoted, 5, 5), (run.Outcome, run.Work!.Candidates, run.Work.Trained));
        var finalist = Assert.Single(run.Leaderboard, candidate => candidate.Halving is { IsStopped: false });
        Assert.Equal([9, 1], finalist.Halving!.Rungs.Select(rung => rung.Divisor));
        Assert.Equal(
            run.Leaderboard.Where(candidate => candidate.Halving is not null).Max(candidate => candidate.Halving!.Rungs[0].Validation["roc-auc"]),
            finalist.Halving.Rungs[0].Validation["roc-auc"]);
        var report = await ReportAsync(flow, run);
        Assert.Contains("5 of at most 10 candidates were trained: the time of the search was over.", report, StringComparison.Ordinal);
        Assert.Contains("of 4 candidates that began on 1/9 of the training rows, 1 came to all of them", report, StringComparison.Ordinal);
        Assert.Equal(3, report.Split("stopped at 1/9").Length - 1);
        var csv = LeaderboardCsv.Write(run).Split('\n').Select(line => line.Split(',')).ToList();
        var share = Array.IndexOf(csv[0], "rows-share");
        Assert.Equal(2, csv.Count(line => line.Length > share && line[share] == "1"));
        Assert.Equal(3, csv.Count(line => line.Length > share && line[share].StartsWith("0.111", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_AshaWithFolds_CrossValidatesOnlyWhatCameToAllRows()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);

        var run = await flow.RunAsync(FlowHarness.Source(With("  cross-validate: { folds: 2, by: stratified }\n" + Search)));

        Assert.All(run.Leaderboard, candidate => Assert.Equal(candidate.Halving is { IsStopped: true }, candidate.CrossValidation is null));
        Assert.Equal(run.Leaderboard[0].ModelHash, (await flow.Runs.ManifestAsync(run.RunId))!.ModelHash);
    }

    [Fact]
    public async Task Run_HalvingRecordLost_FailsWithItsCode()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        flow.AfterWrite = async name =>
        {
            if (name.EndsWith("/candidates/2.rung-0.json", StringComparison.Ordinal))
            {
                await flow.Store.DeleteAsync($"runs/{name.Split('/')[1]}/halving.json", BlobCondition.None);
            }
        };

        var run = await flow.RunAsync(FlowHarness.Source(With(Search)));

        Assert.Equal((RunStatus.Failed, "run-incomplete"), (run.Status, run.Failure!.Code));
        Assert.Contains("halving.json", run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_FitOnAPartOfTheRows_IsNamedSo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var run = await flow.RunAsync(FlowHarness.Source(With(Search)));
        var reader = new RunStepReader(flow.Store, run.RunId);

        var part = await reader.ReadAsync("train", RunStepState.Started, """{ "runId": "x", "index": 3, "rung": 1 }""", null);
        var all = await reader.ReadAsync("train", RunStepState.Started, """{ "runId": "x", "index": 3, "rung": 2 }""", null);

        Assert.Equal(all.Name + " on 1/3 of the rows", part.Name);
        Assert.Equal(Enumerable.Range(0, 10), (await reader.FinishedCandidatesAsync()).Order());
    }

    [Fact]
    public async Task Compare_AshaAndAGrid_NamesBoth()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var first = await flow.RunAsync();
        var source = FlowHarness.Source(With(Search));
        var second = await flow.RunAsync(source);

        var differences = (await RunComparison.CompareAsync(flow.Store, first.RunId, second.RunId)).Differences;
        var forecast = await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash);

        Assert.Contains(new RunDifference("settings", "search", "grid", "asha, 9 trials in rounds of 2, 3 rungs of which one of 3 goes on"), differences);
        Assert.InRange(forecast.CachedCandidates.Length, 9, 10);
    }

    /// <summary>The system's clock, which a test sets forward.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    private static async Task<HalvingRecord> RecordAsync(FlowHarness flow, RunRecord run) =>
        (await flow.Store.ReadJsonAsync(RunStore.FileName(run.RunId, "halving.json"), PipelinesJson.Default.HalvingRecord))!.Value.Value;

    private static async Task<string> ReportAsync(FlowHarness flow, RunRecord run) =>
        Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ReportFile), 1 << 20));

    private static string With(string search)
    {
        var pipeline = FlowHarness.Pipeline;
        var start = pipeline.IndexOf("  search:", StringComparison.Ordinal);
        return pipeline[..start] + search + "\n" + pipeline[pipeline.IndexOf("evaluate:", StringComparison.Ordinal)..];
    }
}
