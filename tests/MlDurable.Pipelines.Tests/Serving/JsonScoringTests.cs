using System.Buffers;
using System.Text;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;
using MlDurable.Testing.Serving;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class JsonScoringTests : IAsyncLifetime
{
    private readonly TemporaryStore temporary = new();
    private SampleModels models = null!;
    private Predictor predictor = null!;
    private double[] expected = null!;

    public async Task InitializeAsync()
    {
        models = await SampleModels.CreateAsync(temporary.Store);
        var (number, model) = await models.AddAsync();
        expected = models.Expected(model);
        predictor = await Predictor.OpenAsync(temporary.Store, new ModelRegistry(temporary.Store, TimeProvider.System), $"{SampleModels.Name}/{number}");
    }

    public Task DisposeAsync()
    {
        temporary.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void Score_OneRow_IsThatOfTheTable()
    {
        for (var row = 0; row < 100; row++)
        {
            var predictions = Score(models.Json(row));
            Assert.False(predictions.IsBatch);
            Assert.Equal(expected[row], Assert.Single(predictions.Result.Outputs));
        }
    }

    [Fact]
    public void Score_Batch_KeepsTheOrder() => Assert.Equal(expected[..200], Score(models.JsonBatch(200)).Result.Outputs);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Score_BodyInPieces_IsTheSame(int size) => Assert.Equal(expected[..20], Score(Pieces(models.JsonBatch(20), size)).Result.Outputs);

    [Fact]
    public void Score_NumbersAndTimesAsText_AreReadAsInCsv()
    {
        Assert.Equal(Score(With("Speed IAS in knots", "100")).Result.Outputs, Score(With("Speed IAS in knots", "\" 100 \"")).Result.Outputs);
        Assert.Equal(Score(With("Speed IAS in knots", "null")).Result.Outputs, Score(With("Speed IAS in knots", "\"NA\"")).Result.Outputs);
        Assert.Equal(Score(With("Flight Date", "\"1990-03-01\"")).Result.Outputs, Score(With("Flight Date", "\"1990-03-01T05:00:00Z\"")).Result.Outputs);
        Assert.Equal(Score(With("Wildlife Size", "\"Small\"")).Result.Outputs, Score(With("Wildlife Size", "\"\\u0053mall\"")).Result.Outputs);
    }

    [Fact]
    public void Score_WithReasons_GivesThoseOfTheTable()
    {
        var ofTable = predictor.Explainer.Explain(models.Raw, 3);
        var batch = JsonScoring.Score(new ReadOnlySequence<byte>(models.JsonBatch(50)), predictor, maxRows: 50, reasons: 3);
        Assert.Equal(50, batch.Explanations.Count);
        for (var row = 0; row < 50; row++)
        {
            var one = Assert.Single(JsonScoring.Score(new ReadOnlySequence<byte>(models.Json(row)), predictor, maxRows: 1, reasons: 3).Explanations);
            Assert.Equal(ofTable[row].Reasons.AsEnumerable(), one.Reasons);
            Assert.Equal(ofTable[row] with { Reasons = one.Reasons }, one);
            Assert.Equal(one.Reasons.AsEnumerable(), batch.Explanations[row].Reasons);
        }

        Assert.Empty(Score(models.Json(0)).Explanations);
    }

    [Fact]
    public void Score_ReasonsForCellsAsText_NamesThemAsTheyWereGiven()
    {
        var json = With("Speed IAS in knots", "\" 100 \"");
        var explanation = Assert.Single(JsonScoring.Score(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), predictor, maxRows: 1, reasons: 100).Explanations);
        Assert.Equal(" 100 ", explanation.Reasons.Single(reason => reason.Column == "Speed IAS in knots").Value);
    }

    [Theory]
    [InlineData("Speed IAS in knots", "\"fast\"", "wrong-type", "the column 'Speed IAS in knots' holds a string, 'fast'; expected a number or null")]
    [InlineData("Speed IAS in knots", "true", "wrong-type", "holds a truth value; expected a number or null")]
    [InlineData("Speed IAS in knots", "1e999", "wrong-type", "holds a number, '1e999'; expected a number")]
    [InlineData("Speed IAS in knots", "[1]", "wrong-type", "holds an array; expected a number")]
    [InlineData("Wildlife Size", "{}", "wrong-type", "holds an object; expected a string or null")]
    [InlineData("Flight Date", "\"yesterday\"", "wrong-type", "holds a string, 'yesterday'; expected a string with an ISO 8601 date")]
    [InlineData("Flight Date", "5", "wrong-type", "holds a number, '5'; expected a string with an ISO 8601 date")]
    public void Score_WrongType_NamesColumnAndExpectation(string column, string value, string code, string message)
    {
        var exception = Assert.Throws<RowException>(() => Score(With(column, value)));
        Assert.Equal(code, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal([column], exception.Columns);
    }

    [Fact]
    public void Score_MissingColumns_NamesAllOfThem()
    {
        var exception = Assert.Throws<RowException>(() => Score("[" + Row() + ",{\"Speed IAS in knots\":1}]"));
        Assert.Equal("missing-column", exception.Code);
        Assert.Equal(1, exception.Row);
        Assert.Contains("row 1: the model needs ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'Wildlife Size' (category)", exception.Message, StringComparison.Ordinal);
        Assert.Equal(predictor.Rows.Columns.Count(column => column.IsNeeded) - 1, exception.Columns.Count);
    }

    [Fact]
    public void Score_OtherMembers_AreIgnoredWhateverTheyHold() =>
        Assert.Equal(
            Score(Row()).Result.Outputs, Score(Row().Replace("{", "{\"id\":{\"a\":[1,{}]},\"Effect Amount of damage\":[],", StringComparison.Ordinal)).Result.Outputs);

    [Theory]
    [InlineData("", "invalid-json")]
    [InlineData("{", "invalid-json")]
    [InlineData("[]{}", "invalid-json")]
    [InlineData("[]", null)]
    [InlineData("5", "not-a-row")]
    [InlineData("[5]", "not-a-row")]
    [InlineData("null", "not-a-row")]
    [InlineData("{\"Speed IAS in knots\":1,\"Speed IAS in knots\":2}", "duplicate-column")]
    [InlineData("{\"Wildlife Size\":\"\\ud800\"}", "invalid-json")]
    [InlineData("{\"x\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}", "invalid-json")]
    public void Score_OtherText_IsRefusedWithItsCode(string json, string? code)
    {
        if (code is null)
        {
            Assert.Empty(Score(json).Result.Outputs);
        }
        else
        {
            Assert.Equal(code, Assert.Throws<RowException>(() => Score(json)).Code);
        }
    }

    [Fact]
    public void Score_NotUtf8_IsRefused()
    {
        byte[] body = [.. "{\"Wildlife Size\":\"\\n"u8, 0xFF, .. "\"}"u8];
        Assert.Equal("invalid-json", Assert.Throws<RowException>(() => Score(body)).Code);
    }

    [Fact]
    public void Score_MoreRowsThanAllowed_IsRefused()
    {
        var json = new ReadOnlySequence<byte>(models.JsonBatch(11));
        Assert.Equal("too-many-rows", Assert.Throws<RowException>(() => JsonScoring.Score(json, predictor, maxRows: 10)).Code);
        Assert.Equal(11, JsonScoring.Score(json, predictor, maxRows: 11).Result.Rows);
    }

    private string Row() => Encoding.UTF8.GetString(models.Json(0));

    private string With(string column, string value)
    {
        var row = System.Text.Json.Nodes.JsonNode.Parse(models.Json(0))!.AsObject();
        row.Remove(column);
        var text = row.ToJsonString();
        return $"{text[..^1]},\"{column}\":{value}}}";
    }

    private JsonPredictions Score(string json) => Score(Encoding.UTF8.GetBytes(json));

    private JsonPredictions Score(byte[] json) => Score(new ReadOnlySequence<byte>(json));

    private JsonPredictions Score(ReadOnlySequence<byte> json) => JsonScoring.Score(json, predictor, maxRows: 1000);

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int size)
    {
        Piece? first = null;
        Piece? last = null;
        for (var at = 0; at < bytes.Length; at += size)
        {
            last = new Piece(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
