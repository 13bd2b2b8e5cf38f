using System.Globalization;
using System.Text;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>The whole flow with calibrated candidates, and with thresholds by other rules.</summary>
public sealed class CalibrationFlowTests : IAsyncLifetime
{
    private static readonly string Platt = With("calibrate: platt");

    private FlowHarness flow = null!;

    public async Task InitializeAsync()
    {
        flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
    }

    public Task DisposeAsync() => flow.DisposeAsync().AsTask();

    [Fact]
    public async Task Run_Calibrated_PredictsAsItWasJudgedAndIsReproduced()
    {
        var run = await flow.RunAsync(FlowHarness.Source(Platt));

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.Equal(CalibrationMethod.Platt, (await flow.Runs.ManifestAsync(run.RunId))!.Calibration);
        Assert.Equal(CalibrationMethod.Platt, (await flow.Runs.ExplanationAsync(run.RunId))!.Calibration);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);

        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes");
        await using var file = File.OpenRead(Path.Combine(FlowHarness.SampleData, "birdstrikes-1993.csv"));
        var probabilities = predictor.Predict((await CsvTable.ReadAsync(file, new CsvOptions { Schema = predictor.Schema })).Table).Outputs;
        var judged = (await TextAsync(run, "predictions.csv")).Split('\n').Where(line => line.Contains("1993", StringComparison.Ordinal)).Select(line => line.Split(',')).ToList();
        Assert.NotEmpty(judged);
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), probabilities[int.Parse(fields[1])]));
    }

    [Fact]
    public async Task Run_Calibrated_ShowsWhatTheProbabilitiesWereBefore()
    {
        var plain = await EvaluationAsync(await flow.RunAsync());
        var run = await flow.RunAsync(FlowHarness.Source(Platt));
        var evaluation = await EvaluationAsync(run);

        // The same candidates learn the same scores; of the two evaluations only the calibration differs.
        Assert.Equal(plain.Candidate.Trainer, evaluation.Candidate.Trainer);
        var before = evaluation.Candidate.Uncalibrated!;
        Assert.Equal(CalibrationMethod.Platt, before.Method);
        Assert.Equal(plain.Candidate.Metrics.Single(metric => metric.Metric == "log-loss").Value, before.LogLoss, 1e-12);
        Assert.Equal(plain.Candidate.Metrics.Single(metric => metric.Metric == "calibration-error").Value, before.CalibrationError, 1e-12);
        Assert.NotEqual(before.LogLoss, evaluation.Candidate.Metrics.Single(metric => metric.Metric == "log-loss").Value);
        Assert.Equal((null, null), (evaluation.Baseline.Uncalibrated, plain.Candidate.Uncalibrated));

        Assert.Contains("calibrated (platt) on validation rows. As they were before", await TextAsync(run, "report.html"), StringComparison.Ordinal);
        Assert.Contains("in log-odds before the calibration,", await TextAsync(run, "report.html"), StringComparison.Ordinal);
        Assert.Contains("platt, on validation rows", await TextAsync(run, "card.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OtherCalibration_TrainsAnew()
    {
        var first = await flow.RunAsync();
        var calibrated = await flow.RunAsync(FlowHarness.Source(Platt));
        var again = await flow.RunAsync(FlowHarness.Source(Platt));

        Assert.Equal((4, 4, 0), (first.Work!.Trained, calibrated.Work!.Trained, again.Work!.Trained));
        Assert.Contains(
            new RunDifference("settings", "calibrate", "none", "platt"), (await RunComparison.CompareAsync(flow.Store, first.RunId, calibrated.RunId)).Differences);
    }

    [Fact]
    public async Task Run_TooFewValidationRows_FailsAndSaysHowManyAreNeeded()
    {
        var run = await flow.RunAsync(FlowHarness.Source(
            With("calibrate: isotonic").Replace("validation: 0.15", "validation: 0.03", StringComparison.Ordinal)));

        Assert.Equal((RunStatus.Failed, "calibration-needs-rows"), (run.Status, run.Failure!.Code));
        Assert.Contains("needs at least 50 positive and 50 negative validation rows", run.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("threshold: { cost: { false-positive: 1, false-negative: 5 } }", "where mistakes on validation rows cost least, at 1 a false alarm and 5 a positive row that is missed")]
    [InlineData("threshold: 0.3", "from a probability of 0.3000, which the pipeline file gives")]
    [InlineData("threshold: f1", "where F1 on validation rows is greatest")]
    public async Task Run_ThresholdRule_IsInTheManifestAndWhereTheThresholdIsShown(string key, string words)
    {
        var run = await flow.RunAsync(FlowHarness.Source(With(key)));

        var manifest = (await flow.Runs.ManifestAsync(run.RunId))!;
        var evaluation = await EvaluationAsync(run);
        Assert.Equal(key, $"threshold: {manifest.Threshold}");
        Assert.Equal(manifest.Threshold, evaluation.Candidate.ThresholdRule);
        Assert.Equal(evaluation.Candidate.Threshold, (await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes")).Threshold);
        Assert.Contains(words, await TextAsync(run, "report.html"), StringComparison.Ordinal);
        Assert.Contains(words, await TextAsync(run, "card.md"), StringComparison.Ordinal);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);
    }

    [Fact]
    public async Task Run_Costs_AreShownForTheHoldoutAndTheChampionKeepsItsRule()
    {
        await flow.RunAsync();
        var run = await flow.RunAsync(FlowHarness.Source(With("threshold: { cost: { false-positive: 2, false-negative: 50 } }")));

        var evaluation = await EvaluationAsync(run);
        var ((_, alarms, _, misses), rows, positives) = (evaluation.Candidate.Confusion!, evaluation.Rows, evaluation.Rows.ComparedPositives!.Value);
        Assert.Equal((ThresholdRule.LeastCost(2, 50), ThresholdRule.GreatestF1), (evaluation.Candidate.ThresholdRule, evaluation.Champion!.ThresholdRule));
        Assert.True(evaluation.Candidate.Threshold < evaluation.Champion.Threshold);
        var report = await TextAsync(run, "report.html");
        foreach (var (cost, who) in new[]
        {
            ((2.0 * alarms) + (50.0 * misses), "of the candidate"),
            (50.0 * positives, "of calling every row negative"),
            (2.0 * (rows.Compared - positives), "of calling every row positive"),
        })
        {
            Assert.Contains((cost / rows.Compared).ToString("0.0000", CultureInfo.InvariantCulture) + " " + who, report, StringComparison.Ordinal);
        }
    }

    private static string With(string key) => FlowHarness.Pipeline.Replace("train:\n", $"train:\n  {key}\n", StringComparison.Ordinal);

    private async Task<Evaluation> EvaluationAsync(RunRecord run) => (await flow.Runs.EvaluationAsync(run.RunId))!;

    private async Task<string> TextAsync(RunRecord run, string file) =>
        Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, file), 1 << 22));
}
