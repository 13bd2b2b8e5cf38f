using System.Text;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Training;

/// <summary>The whole flow with columns that have encodings of their own, interactions and cycles of dates.</summary>
public sealed class EncodingFlowTests : IAsyncLifetime
{
    private const string Features = """
        features:
          encodings:
            - { columns: [Airport Name, Aircraft Make Model], target: { smooth: 20 } }
            - { columns: [Wildlife Species], hash: { buckets: 64 } }
          dates: [month-cycle]
        split: {
        """;

    private static readonly string Pipeline = FlowHarness.Pipeline.Replace("split: {", Features, StringComparison.Ordinal);

    private static readonly string OfText = FlowHarness.Pipeline
        .Replace("split: {", "features:\n  encodings: [{ columns: [Wildlife Species], text: {} }]\nsplit: {", StringComparison.Ordinal)
        .Replace("    - trainer: gradient-boosting\n      trees: 20\n      leaves: 8\n", "", StringComparison.Ordinal);

    private FlowHarness flow = null!;

    public async Task InitializeAsync()
    {
        flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
    }

    public async Task DisposeAsync() => await flow.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_EncodedColumns_AreLearnedReproducedExplainedAndPredictedAsJudged(bool ofText)
    {
        var run = await flow.RunAsync(FlowHarness.Source(ofText ? OfText : Pipeline));

        Assert.Null(run.Failure);
        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        var reproduced = await new Reproduction(flow.Store).ReproduceAsync(run.RunId);
        Assert.True(reproduced.Identical);
        Assert.Empty(reproduced.Differences);
        Assert.Contains((await flow.Runs.ExplanationAsync(run.RunId))!.Contributions, mean => mean is { Column: "Wildlife Species", MeanAbsolute: > 0 });

        var predictor = await Predictor.OpenAsync(flow.Store, flow.Registry, "strikes");
        await using var file = File.OpenRead(Path.Combine(FlowHarness.SampleData, "birdstrikes-1993.csv"));
        var probabilities = predictor.Predict((await CsvTable.ReadAsync(file, new CsvOptions { Schema = predictor.Schema })).Table).Outputs;
        var judged = Encoding.UTF8.GetString(await flow.Store.ReadBytesAsync(RunStore.FileName(run.RunId, "predictions.csv"), 1 << 20)).Split('\n')
            .Where(line => line.Contains("1993", StringComparison.Ordinal))
            .Select(line => line.Split(','))
            .ToList();
        Assert.NotEmpty(judged);
        Assert.All(judged, fields => Assert.Equal(double.Parse(fields[3]), probabilities[int.Parse(fields[1])]));
    }

    [Fact]
    public async Task Run_OtherSettingsOfAnEncoding_TrainsAnew()
    {
        var first = await flow.RunAsync(FlowHarness.Source(Pipeline));
        var again = await flow.RunAsync(FlowHarness.Source(Pipeline));
        var changed = await flow.RunAsync(FlowHarness.Source(Pipeline.Replace("smooth: 20", "smooth: 21", StringComparison.Ordinal)));

        Assert.All(first.Leaderboard, candidate => Assert.False(candidate.Reused));
        Assert.All(again.Leaderboard, candidate => Assert.True(candidate.Reused));
        Assert.All(changed.Leaderboard, candidate => Assert.False(candidate.Reused));
    }

    [Theory]
    [InlineData("encodings: [{ columns: [Speed IAS in knots], target: {} }]", "column-kind", "features.encodings: 'Speed IAS in knots' holds no categories, but number values")]
    [InlineData("encodings: [{ columns: [Airport], target: {} }]", "unknown-column", "features.encodings: the data has no column 'Airport'")]
    [InlineData("interactions: [[Speed IAS in knots, Wildlife Size]]", "column-kind", "features.interactions: 'Wildlife Size' holds no numbers, but category values")]
    [InlineData("interactions: [[Speed IAS in knots, Height]]", "unknown-column", "features.interactions: the data has no column 'Height'")]
    public async Task Run_ColumnThatCannotBe_IsRefusedAtOnce(string features, string code, string message)
    {
        var run = await flow.RunAsync(FlowHarness.Source(FlowHarness.Pipeline.Replace("split: {", $"features:\n  {features}\nsplit: {{", StringComparison.Ordinal)));

        Assert.Equal(code, run.Failure!.Code);
        Assert.Contains(message, run.Failure.Message, StringComparison.Ordinal);
    }
}
