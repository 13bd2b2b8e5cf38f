using System.Text;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>The whole flow with a trainer of one's own.</summary>
public sealed class CustomTrainerFlowTests : IAsyncLifetime
{
    private static readonly string Pipeline = FlowHarness.Pipeline.Replace(
        "    - trainer: logistic-regression\n      l2: [1, 10]\n    - trainer: gradient-boosting\n      trees: 20\n      leaves: 8\n",
        $"    - trainer: {LevelsTrainer.Registered}\n      smoothing: [1, 20]\n",
        StringComparison.Ordinal);

    private static readonly string Transformed = Pipeline.Replace(
        "split: {", $"features:\n  transforms:\n    - {{ transform: {CenterTransform.Registered}, columns: [Speed IAS in knots] }}\nsplit: {{", StringComparison.Ordinal)
        .Replace($"    - trainer: {LevelsTrainer.Registered}\n      smoothing: [1, 20]\n", "    - trainer: logistic-regression\n", StringComparison.Ordinal);

    private FlowHarness flow = null!;

    public async Task InitializeAsync()
    {
        flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
    }

    public async Task DisposeAsync()
    {
        LevelsTrainer.CurrentVersion = "1";
        CenterTransform.CurrentVersion = "1";
        await flow.DisposeAsync();
    }

    [Fact]
    public async Task Run_TrainerOfOnesOwn_IsPromotedAndPredictsAsItWasJudged()
    {
        var run = await flow.RunAsync(FlowHarness.Source(Pipeline));

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.Equal([LevelsTrainer.Registered, LevelsTrainer.Registered, "baseline"], run.Leaderboard.OrderBy(candidate => candidate.Index).Select(candidate => candidate.Trainer));
        var manifest = await flow.Runs.ManifestAsync(run.RunId);
        Assert.Equal((LevelsTrainer.Registered, "1"), (manifest!.Trainer, manifest.TrainerVersion));
        var explanation = (await flow.Runs.ExplanationAsync(run.RunId))!;
        Assert.Empty(explanation.Contributions);
        Assert.Contains(LevelsTrainer.Registered, explanation.Obstacle, StringComparison.Ordinal);
        Assert.NotEmpty(explanation.Curves);
        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes");
        await using var file = File.OpenRead(Path.Combine(FlowHarness.SampleData, "birdstrikes-1993.csv"));
        var probabilities = predictor.Predict((await CsvTable.ReadAsync(file, new CsvOptions { Schema = predictor.Schema })).Table).Outputs;
        var judged = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, "predictions.csv"), 1 << 20)).Split('\n')
            .Where(line => line.Contains("1993", StringComparison.Ordinal))
            .Select(line => line.Split(','))
            .ToList();
        Assert.NotEmpty(judged);
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), probabilities[int.Parse(fields[1])]));

        var reproduced = await new Reproduction(flow.Store).ReproduceAsync(run.RunId);
        Assert.True(reproduced.Identical);
        Assert.Empty(reproduced.Differences);
    }

    [Fact]
    public async Task Run_OtherVersionOfTheTrainer_TrainsAnew()
    {
        var first = await flow.RunAsync(FlowHarness.Source(Pipeline));
        var again = await flow.RunAsync(FlowHarness.Source(Pipeline));
        LevelsTrainer.CurrentVersion = "2";
        var changed = await flow.RunAsync(FlowHarness.Source(Pipeline));

        Assert.Equal([false, false, false], Reused(first));
        Assert.Equal([true, true, true], Reused(again));
        Assert.Equal([false, false, true], Reused(changed));
        Assert.Equal("2", (await flow.Runs.ManifestAsync(changed.RunId))!.TrainerVersion);
        Assert.Equal(["trainer test-levels: 1 then, 2 now"], (await new Reproduction(flow.Store).ReproduceAsync(first.RunId)).Differences);
    }

    [Fact]
    public async Task Reproduce_PipelineNamesATrainerThatIsNotRegistered_IsRefused()
    {
        var run = await flow.RunAsync(FlowHarness.Source(Pipeline));
        var elsewhere = Pipeline.Replace(LevelsTrainer.Registered, "elsewhere", StringComparison.Ordinal);
        await flow.Store.WriteBytesAsync(RunStore.FileName(run.RunId, "pipeline.yaml"), Encoding.UTF8.GetBytes(elsewhere), BlobCondition.None);

        var exception = await Assert.ThrowsAsync<PipelineException>(() => new Reproduction(flow.Store).ReproduceAsync(run.RunId));

        Assert.Equal("trainer-not-registered", exception.Code);
        Assert.Contains("'elsewhere'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TransformOfOnesOwn_IsLearnedKeptAndTrainedAnewWhenItChanges()
    {
        var first = await flow.RunAsync(FlowHarness.Source(Transformed));
        var again = await flow.RunAsync(FlowHarness.Source(Transformed));
        var reproduced = await new Reproduction(flow.Store).ReproduceAsync(first.RunId);
        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes");
        CenterTransform.CurrentVersion = "2";
        var changed = await flow.RunAsync(FlowHarness.Source(Transformed));

        Assert.Equal(RunOutcome.Promoted, first.Outcome);
        Assert.Equal([false, false], Reused(first));
        Assert.Equal([true, true], Reused(again));
        Assert.Equal([false, false], Reused(changed));
        Assert.Equal([KeyValuePair.Create(CenterTransform.Registered, "1")], (await flow.Runs.ManifestAsync(first.RunId))!.Transforms!);
        Assert.True(reproduced.Identical);
        Assert.Empty(reproduced.Differences);
        Assert.Equal(["transform test-center: 1 then, 2 now"], (await new Reproduction(flow.Store).ReproduceAsync(first.RunId)).Differences);

        var judged = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(first.RunId, "predictions.csv"), 1 << 20)).Split('\n')
            .Where(line => line.Contains("1993", StringComparison.Ordinal))
            .Select(line => line.Split(','))
            .ToList();
        await using var file = File.OpenRead(Path.Combine(FlowHarness.SampleData, "birdstrikes-1993.csv"));
        var probabilities = predictor.Predict((await CsvTable.ReadAsync(file, new CsvOptions { Schema = predictor.Schema })).Table).Outputs;
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), probabilities[int.Parse(fields[1])]));
    }

    [Theory]
    [InlineData("Wildlife Size", "column-kind", "'Wildlife Size' holds no numbers")]
    [InlineData("Speed", "unknown-column", "features.transforms: the data has no column 'Speed'")]
    public async Task Run_TransformOfAColumnThatItCannotBeFor_IsRefusedAtOnce(string column, string code, string message)
    {
        var run = await flow.RunAsync(FlowHarness.Source(Transformed.Replace("[Speed IAS in knots]", $"[{column}]", StringComparison.Ordinal)));

        Assert.Equal(code, run.Failure!.Code);
        Assert.Contains(message, run.Failure.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<bool> Reused(RunRecord run) => run.Leaderboard.OrderBy(candidate => candidate.Index).Select(candidate => candidate.Reused);
}
