using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;
using MlDurable.Testing;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>The whole flow on several classes and on numbers: the samples digits and diabetes.</summary>
public sealed class TaskFlowTests : IAsyncLifetime
{
    private FlowHarness flow = null!;

    public async Task InitializeAsync() => flow = await FlowHarness.OpenAsync();

    public async Task DisposeAsync() => await flow.DisposeAsync();

    [Fact]
    public async Task Run_Digits_IsPromotedComparedReproducedAndPredictedAsJudged()
    {
        var source = FlowHarness.Source(Repository.Read("samples", "digits", "pipeline.yaml"));
        await AddAsync("digits", 1);
        var first = await flow.RunAsync(source);

        Assert.Null(first.Failure);
        Assert.Equal(RunOutcome.Promoted, first.Outcome);
        var judged = await EvaluationAsync(first);
        Assert.Equal(LearningTask.Multiclass, judged.Task);
        Assert.Null(judged.Rows.Positives);
        Assert.Null(judged.Candidate.Threshold);
        Assert.Equal(10, judged.Candidate.ClassConfusion!.Classes.Length);
        Assert.Equal(judged.Rows.Compared, judged.Candidate.ClassConfusion.Counts.Sum(row => row.Sum()));
        Assert.True(judged.Candidate.Metrics.Single(metric => metric.Metric == "accuracy").Value > 0.9);
        Assert.True(judged.VersusBaseline.Interval.Low > 0);

        await AddAsync("digits", 2);
        await AddAsync("digits", 3);
        var second = await flow.RunAsync(source);
        Assert.Null(second.Failure);
        var compared = await EvaluationAsync(second);
        Assert.NotEmpty(compared.VersusChampion);
        Assert.NotNull(compared.Decisions);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(second.RunId)).Identical);

        var report = await TextAsync(second, "report.html");
        Assert.Contains("decisions, class by class", report, StringComparison.Ordinal);
        Assert.Contains("McNemar", report, StringComparison.Ordinal);
        Assert.DoesNotContain("ROC curve", report, StringComparison.Ordinal);

        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "digits");
        using var scored = new StringWriter();
        await using var file = File.OpenRead(PathOf("digits", 3));
        var file3 = await new CsvScoring(predictor).ScoreAsync(file, scored);
        Assert.Null(file3.Positives);
        var table = (await CsvTable.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(scored.ToString())), new CsvOptions())).Table;
        var decided = (NumberColumn)table[CsvScoring.ClassColumn];
        Assert.InRange(((NumberColumn)table["digit"]).Values.ToArray().Zip(decided.Values.ToArray()).Count(pair => pair.First == pair.Second) / (double)table.RowCount, 0.9, 1);
        Assert.Equal(1, Enumerable.Range(0, 10).Sum(digit => ((NumberColumn)table[$"probability: {digit}"]).Values[5]), 9);
    }

    [Fact]
    public async Task Run_Diabetes_IsPromotedAndItsErrorsAreShown()
    {
        var source = FlowHarness.Source(Repository.Read("samples", "diabetes", "pipeline.yaml"));
        await AddAsync("diabetes", 1);
        await AddAsync("diabetes", 2);
        var run = await flow.RunAsync(source);

        Assert.Null(run.Failure);
        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        var judged = await EvaluationAsync(run);
        Assert.Equal(LearningTask.Regression, judged.Task);
        Assert.Null(judged.Candidate.Confusion);
        Assert.Equal(judged.Rows.Compared, judged.Candidate.Errors!.Points.Length);
        Assert.Contains((await flow.Runs.ExplanationAsync(run.RunId))!.Contributions, mean => mean is { Column: "bmi", MeanAbsolute: > 0 });
        var report = await TextAsync(run, "report.html");
        Assert.Contains("Predictions against the truth", report, StringComparison.Ordinal);
        Assert.Contains("its prediction", report, StringComparison.Ordinal);
        var judgedRow = (await TextAsync(run, "predictions.csv")).Split('\n')[1].Split(',');

        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "diabetes");
        using var scored = new StringWriter();
        await using var file = File.OpenRead(PathOf("diabetes", judgedRow[0].Contains("-1", StringComparison.Ordinal) ? 1 : 2));
        await new CsvScoring(predictor) { Reasons = 2 }.ScoreAsync(file, scored);
        var table = (await CsvTable.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(scored.ToString())), new CsvOptions())).Table;
        Assert.Equal(double.Parse(judgedRow[3]), ((NumberColumn)table[CsvScoring.PredictionColumn]).Values[int.Parse(judgedRow[1])], 12);
    }

    [Fact]
    public async Task Run_WeightColumn_IsNoFeatureAndChangesTheModel()
    {
        var text = Repository.Read("samples", "diabetes", "pipeline.yaml");
        await AddAsync("diabetes", 1);
        await AddAsync("diabetes", 2);
        var plain = await flow.RunAsync(FlowHarness.Source(text));
        var weighted = await flow.RunAsync(FlowHarness.Source(text.Replace("task: regression }", "task: regression }\n  weight: age", StringComparison.Ordinal)));

        Assert.Null(weighted.Failure);
        Assert.NotEqual(plain.Leaderboard[0].ModelHash, weighted.Leaderboard[0].ModelHash);
        Assert.DoesNotContain((await EvaluationAsync(weighted)).Importance, column => column.Feature == "age");
        Assert.Contains((await EvaluationAsync(plain)).Importance, column => column.Feature == "age");
    }

    [Fact]
    public async Task Run_PipelineThatChangesItsTask_SaysThatTheChampionCannotScore()
    {
        var text = Repository.Read("samples", "digits", "pipeline.yaml");
        await AddAsync("digits", 1);
        Assert.Equal(RunOutcome.Promoted, (await flow.RunAsync(FlowHarness.Source(text))).Outcome);
        await AddAsync("digits", 2);
        var changed = text.Replace("task: multiclass", "task: regression", StringComparison.Ordinal)
            .Replace("primary: log-loss", "primary: rmse", StringComparison.Ordinal)
            .Replace("also: [accuracy, macro-f1, roc-auc]", "also: [mae]", StringComparison.Ordinal)
            .Replace("\"accuracy >= 0.9\", ", "", StringComparison.Ordinal);
        var run = await flow.RunAsync(FlowHarness.Source(changed));

        Assert.Equal("champion-cannot-score", run.Failure!.Code);
        Assert.Contains("one of 10 classes", run.Failure.Message, StringComparison.Ordinal);
    }

    private static string PathOf(string sample, int part) => Repository.PathOf("samples", sample, "data", $"{sample}-{part}.csv");

    private async Task AddAsync(string sample, int part) => await flow.AddAsync($"{sample}/{sample}-{part}.csv", await File.ReadAllBytesAsync(PathOf(sample, part)));

    private async Task<Evaluation> EvaluationAsync(RunRecord run) => (await flow.Runs.EvaluationAsync(run.RunId))!;

    private async Task<string> TextAsync(RunRecord run, string file) => Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, file), 1 << 24));
}
