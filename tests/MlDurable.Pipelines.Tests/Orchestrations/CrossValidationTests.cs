using System.Collections.Concurrent;
using System.Text;
using MlDurable.Learning.Judging;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>Runs that select their candidate by a cross-validation.</summary>
public sealed class CrossValidationTests
{
    private static readonly string Stratified = With("{ folds: 3, by: stratified }");

    [Fact]
    public async Task Run_Stratified_SelectsByTheMeanAndPromotesTheModelOfTheTrainingPart()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);

        var run = await flow.RunAsync(FlowHarness.Source(Stratified));

        Assert.Equal((RunOutcome.Promoted, 4, 4), (run.Outcome, run.Work!.Candidates, run.Work.Trained));
        var split = (await flow.Runs.DatasetAsync(run.RunId))!.Split;
        Assert.All(run.Leaderboard, candidate =>
        {
            var folds = candidate.CrossValidation!;
            Assert.Equal(("stratified", 3), (folds.By, folds.Folds.Length));
            Assert.Equal(split.TrainingRows + split.ValidationRows, folds.Folds.Sum(fold => fold.TestRows));
            Assert.All(folds.Folds, fold => Assert.Equal(split.TrainingRows + split.ValidationRows, fold.TrainingRows + fold.ValidationRows + fold.TestRows));
            Assert.Equal(FoldMean.Of([.. folds.Folds.Select(fold => fold.Metrics["roc-auc"])], 0.5), folds.Metrics["roc-auc"]);
        });
        Assert.Equal(
            run.Leaderboard.OrderByDescending(candidate => candidate.CrossValidation!.Metrics["roc-auc"].Mean).Select(candidate => candidate.Index),
            run.Leaderboard.Select(candidate => candidate.Index));
        Assert.Equal(run.Leaderboard[0].ModelHash, (await flow.Runs.ManifestAsync(run.RunId))!.ModelHash);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);

        // The models are those of a run without folds, which finds them all.
        var plain = await flow.RunAsync();
        Assert.Equal(0, plain.Work!.Trained);
        Assert.Equal(
            run.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash)).Order(),
            plain.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash)).Order());
        Assert.All(plain.Leaderboard, candidate => Assert.Null(candidate.CrossValidation));
    }

    [Fact]
    public async Task Run_CrossValidated_ShowsMeansWithTheirErrors()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var run = await flow.RunAsync(FlowHarness.Source(Stratified));

        var report = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, RunStore.ReportFile), 1 << 20));
        var csv = LeaderboardCsv.Write(run).Split('\n').Select(line => line.Split(',')).ToList();

        Assert.Contains("The candidates cross-validated in 3 stratified folds, best first", report, StringComparison.Ordinal);
        var best = run.Leaderboard[0].CrossValidation!.Metrics["roc-auc"];
        Assert.Contains($"{best.Mean:0.0000}<small>± {best.StandardError:0.0000}</small>", report, StringComparison.Ordinal);
        Assert.Equal(best.Mean, double.Parse(csv[1][Array.IndexOf(csv[0], "folds-roc-auc")]));
        Assert.Equal(best.StandardError, double.Parse(csv[1][Array.IndexOf(csv[0], "folds-roc-auc-se")]));
        Assert.Equal(csv[0].Length, csv[1].Length);
    }

    [Fact]
    public async Task Run_ByTimeWithAGap_FitsEachFoldOnWhatLiesBefore()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);

        var run = await flow.RunAsync(FlowHarness.Source(With("{ folds: 3, gap: 30d }")));

        var all = await flow.RunAsync(FlowHarness.Source(With("{ folds: 3 }")));

        var (folds, without) = (run.Leaderboard[0].CrossValidation!, all.Leaderboard[0].CrossValidation!);
        Assert.Equal(("time", "time"), (folds.By, without.By));
        Assert.Equal(folds.Folds.Select(fold => fold.TrainingRows).Order(), folds.Folds.Select(fold => fold.TrainingRows));
        Assert.Equal(without.Folds.Select(fold => fold.TestRows), folds.Folds.Select(fold => fold.TestRows));
        Assert.All(without.Folds.Zip(folds.Folds), pair => Assert.True(pair.First.TrainingRows > pair.Second.TrainingRows));
    }

    [Fact]
    public async Task Run_ByGroup_TakesADroppedColumnToo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var yaml = With("{ folds: 3, by: group, column: Airport Name }").Replace("drop: [", "drop: [Airport Name, ", StringComparison.Ordinal);

        var run = await flow.RunAsync(FlowHarness.Source(yaml));

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.Equal("group", run.Leaderboard[0].CrossValidation!.By);
        Assert.NotEqual(run.Leaderboard[0].CrossValidation!.Folds[0].TestRows, run.Leaderboard[0].CrossValidation!.Folds[1].TestRows);
    }

    [Fact]
    public async Task Run_Again_ReusesEveryFoldAndAnotherNumberOfFoldsOnlyTheModels()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var source = FlowHarness.Source(Stratified);
        var before = await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash);
        var first = await flow.RunAsync(source);
        var after = await new RunForecaster(flow.Store).ForecastAsync(source.Definition, source.Hash);
        var other = FlowHarness.Source(With("{ folds: 4, by: stratified }"));

        var again = await flow.RunAsync(source);
        var forecast = await new RunForecaster(flow.Store).ForecastAsync(other.Definition, other.Hash);
        var more = await flow.RunAsync(other);

        Assert.Empty(before.CachedCandidates);
        Assert.Equal([0, 1, 2, 3], after.CachedCandidates.AsEnumerable());
        Assert.Equal((RunOutcome.Unchanged, 0), (again.Outcome, again.Work!.Trained));
        Assert.Equal(first.Leaderboard.Select(candidate => candidate.Figure("roc-auc")), again.Leaderboard.Select(candidate => candidate.Figure("roc-auc")));
        Assert.Empty(forecast.CachedCandidates);
        Assert.Equal(4, more.Work!.Trained);
        Assert.Equal(4, more.Leaderboard[0].CrossValidation!.Folds.Length);
    }

    [Fact]
    public async Task Run_EngineClosedBetweenTwoFolds_RepeatsNoFinishedFold()
    {
        await using var undisturbed = await FlowHarness.OpenAsync();
        await undisturbed.AddYearsAsync(1990, 1992);
        var expected = await undisturbed.RunAsync(FlowHarness.Source(Stratified));

        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var written = new ConcurrentBag<string>();
        var midway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.AfterWrite = name =>
        {
            if (name.StartsWith("cache/strikes/folds/", StringComparison.Ordinal))
            {
                written.Add(name);
                if (written.Count == 4)
                {
                    midway.TrySetResult();
                }
            }

            return Task.CompletedTask;
        };
        var runId = await flow.StartAsync(FlowHarness.Source(Stratified));
        await midway.Task;
        await flow.RestartAsync();
        var run = await flow.Launcher.WaitAsync(runId);

        Assert.Equal(12, written.Count);
        Assert.Equal(12, written.Distinct().Count());
        Assert.Equal(
            expected.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash, candidate.Figure("roc-auc"))),
            run.Leaderboard.Select(candidate => (candidate.Index, candidate.ModelHash, candidate.Figure("roc-auc"))));
    }

    [Fact]
    public async Task Run_Tpe_IsGuidedByTheMeans()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var yaml = Stratified
            .Replace("strategy: grid, parallel: 2", "strategy: tpe, parallel: 2, trials: 4", StringComparison.Ordinal)
            .Replace("l2: [1, 10]", "l2: { from: 1, to: 10 }", StringComparison.Ordinal)
            .Replace("trees: 20", "trees: { from: 2, to: 5 }", StringComparison.Ordinal);

        var run = await flow.RunAsync(FlowHarness.Source(yaml));

        var search = (await flow.Store.ReadJsonAsync(RunStore.FileName(run.RunId, "search.json"), PipelinesJson.Default.SearchRecord))!.Value.Value;
        Assert.All(search.Trials.Take(2), trial => Assert.Equal(
            run.Leaderboard.Single(candidate => candidate.Index == trial.Candidate.Index).CrossValidation!.Metrics["roc-auc"].Mean, trial.Primary));
    }

    [Theory]
    [InlineData("{ folds: 20, by: group, column: Wildlife Size }", "", "too-few-groups", "'Wildlife Size' has")]
    [InlineData("{ folds: 3, by: group, column: Airport }", "", "unknown-column", "train.cross-validate.column: the data has no column 'Airport'")]
    [InlineData("{ folds: 3, gap: 5000d }", "", "empty-fold", "fold 1 of 3 folds by time, gap 5000d has 0 training")]
    [InlineData("{ folds: 20, by: stratified }", "\n  calibrate: isotonic", "calibration-needs-rows", "fold 1 of 20 folds by stratified: ")]
    public async Task Run_FoldsThatCannotBe_FailsWithItsCode(string folds, string more, string code, string message)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1990);

        var run = await flow.RunAsync(FlowHarness.Source(With(folds + more)));

        Assert.Equal((RunStatus.Failed, code), (run.Status, run.Failure!.Code));
        Assert.Contains(message, run.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_RunsWithAndWithoutFolds_SaysSo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);
        var first = await flow.RunAsync();
        var second = await flow.RunAsync(FlowHarness.Source(Stratified));

        var differences = (await RunComparison.CompareAsync(flow.Store, first.RunId, second.RunId)).Differences;

        Assert.Contains(new RunDifference("settings", "cross-validate", "no", "3 folds by stratified"), differences);
    }

    private static string With(string folds) => FlowHarness.Pipeline.Replace("train:\n", $"train:\n  cross-validate: {folds}\n", StringComparison.Ordinal);
}
