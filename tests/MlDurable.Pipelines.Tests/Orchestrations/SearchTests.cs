using MlDurable.Pipelines.Runs;

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

    private static PipelineSource Source(string search)
    {
        var pipeline = FlowHarness.Pipeline;
        var start = pipeline.IndexOf("  search:", StringComparison.Ordinal);
        return FlowHarness.Source(pipeline[..start] + search + "\n" + pipeline[pipeline.IndexOf("evaluate:", StringComparison.Ordinal)..]);
    }
}
