using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MlDurable.Pipelines.Serving;
using MlDurable.Storage;
using MlDurable.Testing.Serving;

namespace MlDurable.Server.Tests.Serving;

public sealed class PredictTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-predict-");
    private SampleModels models = null!;
    private double[][] expected = null!;
    private TestServer server = null!;

    public async Task InitializeAsync()
    {
        models = await SampleModels.CreateAsync(new DirectoryBlobStore(folder.FullName));
        var first = await models.AddAsync("logistic-regression");
        var second = await models.AddAsync("logistic-regression", ("l2", 100));
        expected = [models.Expected(first.Model), models.Expected(second.Model)];
        await models.PromoteAsync(1);

        // Clients that ask as fast as they can are not what is refused here.
        server = await TestServer.StartAsync(folder.FullName, options => options with { RequestsPerSecond = 1_000_000 });
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Predict_OneRow_IsAnsweredByTheChampion()
    {
        var answer = await JsonAsync(await PostAsync("predict", models.Json(3)));

        Assert.Equal("strikes", answer.GetProperty("model").GetString());
        Assert.Equal(1, answer.GetProperty("version").GetInt32());
        Assert.Equal(64, answer.GetProperty("modelHash").GetString()!.Length);
        Assert.False(answer.GetProperty("stale").GetBoolean());
        Assert.False(answer.TryGetProperty("staleReason", out _));
        Assert.Equal(expected[0][3], answer.GetProperty("probability").GetDouble());
        Assert.Equal(expected[0][3] >= answer.GetProperty("threshold").GetDouble() ? 1 : 0, answer.GetProperty("decision").GetInt32());
    }

    [Theory]
    [InlineData("2/predict", 2)]
    [InlineData("champion/predict", 1)]
    [InlineData("predict?version=2", 2)]
    [InlineData("predict?alias=champion", 1)]
    public async Task Predict_AnyVersionOrAlias_Answers(string path, int version)
    {
        var answer = await JsonAsync(await PostAsync(path, models.Json(3)));
        Assert.Equal(version, answer.GetProperty("version").GetInt32());
        Assert.Equal(expected[version - 1][3], answer.GetProperty("probability").GetDouble());
    }

    [Fact]
    public async Task Predict_Batch_KeepsTheOrder()
    {
        var answer = await JsonAsync(await PostAsync("predict", models.JsonBatch(50)));
        Assert.Equal(expected[0][..50], answer.GetProperty("predictions").EnumerateArray().Select(row => row.GetProperty("probability").GetDouble()));
        Assert.False(answer.TryGetProperty("probability", out _));
    }

    [Theory]
    [InlineData("predict?explain=true", 5)]
    [InlineData("1/predict?explain=true&reasons=2", 2)]
    [InlineData("predict?version=1&explain=true&reasons=100", 100)]
    public async Task Predict_WithReasons_GivesThemWithEachRow(string path, int most)
    {
        var one = (await JsonAsync(await PostAsync(path, models.Json(3)))).GetProperty("explanation");
        var reasons = one.GetProperty("reasons").EnumerateArray().ToArray();
        Assert.InRange(reasons.Length, 1, most);
        Assert.All(reasons, reason => Assert.Equal(
            reason.GetProperty("contribution").GetDouble() > 0 ? "Raises" : "Lowers", reason.GetProperty("direction").GetString()));
        var score = one.GetProperty("baseValue").GetDouble() + reasons.Sum(reason => reason.GetProperty("contribution").GetDouble()) + one.GetProperty("others").GetDouble();
        Assert.Equal(Math.Log(expected[0][3] / (1 - expected[0][3])), score, 1e-9);

        var batch = (await JsonAsync(await PostAsync(path, models.JsonBatch(5)))).GetProperty("predictions").EnumerateArray().ToArray();
        Assert.Equal(5, batch.Length);
        Assert.Equal(one.GetRawText(), batch[3].GetProperty("explanation").GetRawText());
    }

    [Theory]
    [InlineData("predict?explain=yes")]
    [InlineData("predict?explain=true&explain=true")]
    [InlineData("predict?reasons=3")]
    [InlineData("predict?explain=false&reasons=3")]
    [InlineData("predict?explain=true&reasons=0")]
    [InlineData("predict?explain=true&reasons=101")]
    [InlineData("predict?explain=true&reasons=many")]
    public async Task Predict_ReasonsAskedForWrongly_IsRefused(string path)
    {
        var response = await PostAsync(path, models.Json(3));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("request-invalid", (await JsonAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Predict_NoReasonsAskedFor_GivesNone() =>
        Assert.False((await JsonAsync(await PostAsync("predict?explain=false", models.Json(3)))).TryGetProperty("explanation", out _));

    [Fact]
    public async Task Predict_ReasonsForAFileOrTooManyRows_AreRefused()
    {
        var file = await PostAsync("predict?explain=true", await File.ReadAllBytesAsync(SampleModels.DataFile(1990)), "text/csv");
        Assert.Equal("request-invalid", (await JsonAsync(file)).GetProperty("code").GetString());

        var rows = "[" + string.Join(',', Enumerable.Repeat(Encoding.UTF8.GetString(models.Json(3)), 1001)) + "]";
        var many = await PostAsync("predict?explain=true", Encoding.UTF8.GetBytes(rows));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, many.StatusCode);
        Assert.Equal("too-many-rows", (await JsonAsync(many)).GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("predict", Encoding.UTF8.GetBytes(rows))).StatusCode);
    }

    [Fact]
    public async Task Predict_Csv_IsAnsweredWithCsv()
    {
        var response = await PostAsync("predict", await File.ReadAllBytesAsync(SampleModels.DataFile(1990)), "text/csv");
        var lines = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("strikes/1", response.Headers.GetValues("MlDurable-Model").Single());
        Assert.EndsWith(",probability,decision", lines[0], StringComparison.Ordinal);
        Assert.Equal(expected[0], lines.Skip(1).Select(line => double.Parse(line.Split(',')[^2], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("predict", "{\"Wildlife Size\":5}", "application/json", HttpStatusCode.BadRequest, "missing-column")]
    [InlineData("predict", "{", "application/json", HttpStatusCode.BadRequest, "invalid-json")]
    [InlineData("predict", "", "text/csv", HttpStatusCode.BadRequest, "csv-empty")]
    [InlineData("predict", "a,b\n1,2\n", "text/csv", HttpStatusCode.BadRequest, "signature-mismatch")]
    [InlineData("9/predict", "{}", "application/json", HttpStatusCode.NotFound, "version-not-found")]
    [InlineData("predict?version=two", "{}", "application/json", HttpStatusCode.BadRequest, "request-invalid")]
    [InlineData("predict?version=1&alias=champion", "{}", "application/json", HttpStatusCode.BadRequest, "request-invalid")]
    [InlineData("..%2f..%2fsecret/predict", "{}", "application/json", HttpStatusCode.NotFound, "model-not-found")]
    public async Task Predict_WrongRequest_IsAProblemWithItsCode(string path, string body, string type, HttpStatusCode status, string code)
    {
        var response = await PostAsync(path, Encoding.UTF8.GetBytes(body), type);
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, (await JsonAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Predict_OtherMediaType_IsRefused() =>
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync("predict", models.Json(3), "application/x-www-form-urlencoded")).StatusCode);

    [Fact]
    public async Task Predict_WrongTypeInABatch_NamesRowAndColumn()
    {
        var rows = Encoding.UTF8.GetString(models.JsonBatch(1))[..^1] + "," + Encoding.UTF8.GetString(models.Json(1)).Replace("\"Speed IAS in knots\":", "\"Speed IAS in knots\":[],\"x\":", StringComparison.Ordinal) + "]";
        var problem = await JsonAsync(await PostAsync("predict", Encoding.UTF8.GetBytes(rows)));

        Assert.Equal("wrong-type", problem.GetProperty("code").GetString());
        Assert.Equal(1, problem.GetProperty("row").GetInt32());
        Assert.Equal("Speed IAS in knots", problem.GetProperty("columns")[0].GetString());
    }

    [Fact]
    public async Task Predict_WrongTypeInCsv_NamesLineAndColumn()
    {
        var lines = await File.ReadAllLinesAsync(SampleModels.DataFile(1990));
        var place = Array.IndexOf(lines[0].Split(','), "Flight Date");
        var cells = lines[1].Split(',');
        cells[place] = "yesterday";
        var response = await PostAsync("predict", Encoding.UTF8.GetBytes($"{lines[0]}\n{lines[2]}\n{string.Join(',', cells)}\n"), "text/csv");

        var problem = await JsonAsync(response);
        Assert.Equal("csv-wrong-type", problem.GetProperty("code").GetString());
        Assert.StartsWith("Line 3: the column 'Flight Date' holds 'yesterday'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_BodyBeyondTheLimit_IsRefused()
    {
        var response = await PostAsync("predict", new byte[(8 << 20) + 1]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body-too-large", (await JsonAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Predict_ChampionSwappedHundredTimes_NoRequestFailsAndEachIsOfOneVersion()
    {
        var body = models.Json(3);
        using var stop = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var answers = 0;
            for (; !stop.IsCancellationRequested; answers++)
            {
                var response = await PostAsync("predict", body);
                var answer = await JsonAsync(response);
                Assert.True(response.IsSuccessStatusCode, $"{answer}");
                Assert.Equal(expected[answer.GetProperty("version").GetInt32() - 1][3], answer.GetProperty("probability").GetDouble());
            }

            return answers;
        })).ToList();
        var served = server.Services.GetService(typeof(ServedModels)) as ServedModels;
        for (var i = 0; i < 100; i++)
        {
            var version = 2 - (i % 2);
            await models.PromoteAsync(version);
            await served!.RefreshAsync(SampleModels.Name);
            Assert.Equal(version, (await JsonAsync(await PostAsync("predict", body))).GetProperty("version").GetInt32());
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(askers), answers => Assert.True(answers > 0));
    }

    [Fact]
    public async Task Predict_RegistryGone_IsAnsweredByTheLastGoodVersionAndSaysSo()
    {
        await PostAsync("predict", models.Json(3));
        Directory.Move(Path.Combine(folder.FullName, "models"), Path.Combine(folder.FullName, "elsewhere"));
        await ((ServedModels)server.Services.GetService(typeof(ServedModels))!).RefreshAsync();

        var answer = await JsonAsync(await PostAsync("predict", models.Json(3)));
        Assert.Equal(expected[0][3], answer.GetProperty("probability").GetDouble());
        Assert.True(answer.GetProperty("stale").GetBoolean());
        Assert.Contains("there is no model 'strikes'", answer.GetProperty("staleReason").GetString(), StringComparison.Ordinal);
        Assert.True(answer.TryGetProperty("confirmedAt", out _));
    }

    [Fact]
    public async Task Promote_OverHttp_IsServedAtOnce()
    {
        await PostAsync("predict", models.Json(3));
        var promoted = await PostAsync("promote", Encoding.UTF8.GetBytes("{\"version\":2,\"reason\":\"better\"}"));
        Assert.Equal(HttpStatusCode.OK, promoted.StatusCode);
        Assert.Equal(2, (await JsonAsync(await PostAsync("predict", models.Json(3)))).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task Metrics_AfterPredictions_CountThem()
    {
        await PostAsync("predict", models.JsonBatch(7));
        var text = await server.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("# TYPE mldurable_predictions_total counter\nmldurable_predictions_total{model=\"strikes\",version=\"1\"} ", text, StringComparison.Ordinal);
        Assert.Contains("mldurable_predict_duration_seconds_bucket{model=\"strikes\",le=\"+Inf\"} ", text, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, byte[] body, string type = "application/json")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        return await server.Client.PostAsync(new Uri(path.StartsWith("..", StringComparison.Ordinal) ? $"/api/models/{path}" : $"/api/models/strikes/{path}", UriKind.Relative), content);
    }

    private static Task<JsonElement> JsonAsync(HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>();
}
