using System.Text.Json.Serialization;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Serving;
using MlDurable.Testing.Serving;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class ModelPredictorTests : IAsyncLifetime
{
    private readonly TemporaryStore temporary = new();
    private SampleModels models = null!;
    private ServedModels served = null!;
    private double[] expected = null!;

    public async Task InitializeAsync()
    {
        models = await SampleModels.CreateAsync(temporary.Store);
        expected = models.Expected((await models.AddAsync()).Model);
        await models.PromoteAsync(1);
        served = new ServedModels(temporary.Store, TimeProvider.System);
    }

    public Task DisposeAsync()
    {
        served.Dispose();
        temporary.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task PredictAsync_Objects_AreScoredAsTheirRows()
    {
        var predictor = new ModelPredictor<Strike, Prediction>(served, SampleModels.Name);
        var rows = Enumerable.Range(0, 50).Select(RowAt).ToList();

        Assert.Equal(expected[..50], (await predictor.PredictAsync(rows)).Select(prediction => prediction.Probability));
        var one = await predictor.PredictAsync(rows[3]);
        Assert.Equal((expected[3], expected[3] >= one.Threshold, 1, false), (one.Probability, one.Decision, one.Version, one.Stale));
    }

    [Fact]
    public async Task PredictAsync_OwnTypeOfPrediction_GetsWhatItNames()
    {
        var byConstructor = await new ModelPredictor<Strike, Risk>(served, SampleModels.Name, "1").PredictAsync(RowAt(3));
        var byProperties = await new ModelPredictor<Strike, Settable>(served, SampleModels.Name).PredictAsync(RowAt(3));
        Assert.Equal((expected[3], 1), (byConstructor.Probability, byConstructor.Version));
        Assert.Equal(expected[3], byProperties.Probability);
    }

    [Fact]
    public async Task PredictAsync_RowThatDoesNotFit_NamesEveryColumn()
    {
        var exception = await Assert.ThrowsAsync<PipelineException>(
            async () => await new ModelPredictor<Wrong, Prediction>(served, SampleModels.Name).PredictAsync(new Wrong("fast", "Small")));
        Assert.Equal("predictor-mismatch", exception.Code);
        Assert.Contains("'Speed IAS in knots' is String, and the column holds values of the type number", exception.Message, StringComparison.Ordinal);
        Assert.Contains("no property for the column 'Wildlife Size' (category); did you mean 'WildlifeSize'?", exception.Message, StringComparison.Ordinal);
        Assert.Contains("no property for the column 'Flight Date' (time)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_TypesThatCannotBeUsed_AreNamed()
    {
        var row = Assert.Throws<PipelineException>(() => new ModelPredictor<int[], Prediction>(served, SampleModels.Name));
        var output = Assert.Throws<PipelineException>(() => new ModelPredictor<Strike, Unknown>(served, SampleModels.Name));
        Assert.Equal("predictor-type", row.Code);
        Assert.Contains("Unknown.Score (Double) is nothing that a prediction has; it has: Probability (Double)", output.Message, StringComparison.Ordinal);
    }

    private Strike RowAt(int row)
    {
        string? Text(string column) => ((CategoryColumn)models.Raw[column]).TextAt(row);
        var speed = ((NumberColumn)models.Raw["Speed IAS in knots"]).Values[row];
        return new Strike(
            Text("Airport Name"),
            Text("Aircraft Make Model"),
            ((TimeColumn)models.Raw["Flight Date"]).At(row) is { } date ? DateOnly.FromDateTime(date) : null,
            Text("Aircraft Airline Operator"),
            Text("Origin State"),
            Text("Phase of flight"),
            Text("Wildlife Size"),
            Text("Wildlife Species"),
            Text("Time of day"),
            double.IsNaN(speed) ? null : (decimal)speed);
    }

    private sealed record Strike(
        [property: JsonPropertyName("Airport Name")] string? Airport,
        [property: JsonPropertyName("Aircraft Make Model")] string? Aircraft,
        [property: JsonPropertyName("Flight Date")] DateOnly? Date,
        [property: JsonPropertyName("Aircraft Airline Operator")] string? Operator,
        [property: JsonPropertyName("Origin State")] string? State,
        [property: JsonPropertyName("Phase of flight")] string? Phase,
        [property: JsonPropertyName("Wildlife Size")] string? Size,
        [property: JsonPropertyName("Wildlife Species")] string? Species,
        [property: JsonPropertyName("Time of day")] string? Time,
        [property: JsonPropertyName("Speed IAS in knots")] decimal? Speed)
    {
        public string Unrelated => "not a column of the model";
    }

    private sealed record Risk(double Probability, int Version);

    private sealed class Settable
    {
        public double Probability { get; set; }
    }

    private sealed record Unknown(double Score);

    private sealed record Wrong([property: JsonPropertyName("Speed IAS in knots")] string Speed, string WildlifeSize);
}
