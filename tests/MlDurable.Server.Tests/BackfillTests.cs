using System.Net;
using System.Text.Json;

namespace MlDurable.Server.Tests;

public sealed class BackfillTests : IAsyncLifetime
{
    private const string Featurize = """{ "partitions": true, "stage": "Featurize", "parallel": 2, "parameters": { "margin": 0.1 } }""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-backfills-");
    private TestServer server = null!;

    public async Task InitializeAsync()
    {
        server = await TestServer.StartAsync(folder.FullName);
        const string Triggers = """[schedule: { name: yearly, cron: "0 0 0 1 JAN *", stage: featurize }, schedule: { name: nightly, cron: "0 0 3 * * *" }]""";
        await server.DeployAsync("past", BirdStrikes.Pipeline("past", triggers: Triggers)).ShouldBeAsync(HttpStatusCode.OK);
        foreach (var year in new[] { 1990, 1991 })
        {
            await server.UploadAsync($"bird-strikes/{year}.csv", BirdStrikes.Year(year)).ShouldBeAsync(HttpStatusCode.Created);
        }
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task StartBackfill_DryRun_SaysWhatWouldRunAndWritesNothing()
    {
        var forecast = await server.PostAsync("/api/pipelines/past/backfills", """{ "from": "1991-01-01", "to": "1993-01-01", "schedule": "yearly", "dryRun": true }""")
            .ShouldBeAsync(HttpStatusCode.OK);

        var backfill = forecast.GetProperty("backfill");
        Assert.Equal("Featurize", backfill.GetProperty("stage").GetString());
        Assert.Equal(
            ["1991-01-01T00:00:00+00:00", "1992-01-01T00:00:00+00:00", "1993-01-01T00:00:00+00:00"],
            backfill.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("asOf").GetString()));
        Assert.Empty((await server.GetJsonAsync("/api/backfills")).GetProperty("backfills").EnumerateArray());
    }

    [Fact]
    public async Task StartBackfill_Twice_IsOneBackfillWhoseRunsAllEnd()
    {
        using var response = await server.PostAsync("/api/pipelines/past/backfills", Featurize);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var started = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("backfill");
        var id = started.GetProperty("id").GetString();
        Assert.Equal($"/api/backfills/{id}", response.Headers.Location!.AbsolutePath);
        Assert.Equal("http:anonymous", started.GetProperty("requestedBy").GetString());

        using var patience = new CancellationTokenSource(Patience);
        JsonElement seen;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            seen = await server.GetJsonAsync(response.Headers.Location.AbsolutePath);
        }
        while (seen.GetProperty("backfill").GetProperty("finishedAt").ValueKind == JsonValueKind.Null);

        Assert.Equal((2, 0, 0), (seen.GetProperty("completed").GetInt32(), seen.GetProperty("failed").GetInt32(), seen.GetProperty("open").GetInt32()));
        var again = await server.PostAsync("/api/pipelines/past/backfills", Featurize).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(id, again.GetProperty("backfill").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("none", "{}", HttpStatusCode.NotFound, "pipeline-not-found")]
    [InlineData("past", "", HttpStatusCode.BadRequest, "request-invalid")]
    [InlineData("past", "{}", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "from": "yesterday", "to": "1991-01-01", "every": "1d" }""", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "from": "1990-01-01", "to": "1991-01-01", "every": "soon" }""", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "from": "1990-01-01", "to": "1991-01-01" }""", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "from": "1990-01-01", "to": "1991-01-01", "schedule": "hourly" }""", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "partitions": true, "every": "1d" }""", HttpStatusCode.BadRequest, "backfill-invalid")]
    [InlineData("past", """{ "from": "1990-01-01", "to": "9000-01-01", "every": "7d" }""", HttpStatusCode.BadRequest, "backfill-future")]
    [InlineData("past", """{ "from": "1990-01-01", "to": "1991-01-01", "every": "1s" }""", HttpStatusCode.BadRequest, "backfill-too-large")]
    [InlineData("past", """{ "partitions": true, "parallel": 65 }""", HttpStatusCode.BadRequest, "request-invalid")]
    [InlineData("past", """{ "partitions": true, "parameters": { "margin": "wide" } }""", HttpStatusCode.BadRequest, "pipeline-invalid")]
    [InlineData("past", """{ "partitions": true, "stage": "Score" }""", HttpStatusCode.BadRequest, "no-score")]
    public async Task StartBackfill_ThatCannotBe_IsRefused(string pipeline, string body, HttpStatusCode status, string code) =>
        await server.PostAsync($"/api/pipelines/{pipeline}/backfills", body).ShouldFailAsync(status, code);
}
