using System.Net;
using System.Text.Json;

namespace MlDurable.Server.Tests;

public sealed class ApiTests(RanServer ran) : IClassFixture<RanServer>
{
    private readonly TestServer server = ran.Server;

    [Fact]
    public async Task GetRun_Ended_Is200WithTheStatusAndTheRecord()
    {
        Assert.Equal("Completed", ran.Ended.GetProperty("status").GetString());

        var status = await server.GetAsync($"/api/runs/{ran.RunId}").ShouldBeAsync(HttpStatusCode.OK);

        Assert.Equal("Completed", status.GetProperty("runtimeStatus").GetString());
        Assert.Equal(ran.RunId, status.GetProperty("instanceId").GetString());
        Assert.Equal("http:anonymous", status.GetProperty("run").GetProperty("requestedBy").GetString());
        Assert.Equal("Http", status.GetProperty("run").GetProperty("trigger").GetProperty("kind").GetString());
    }

    [Fact]
    public async Task GetRunFiles_OfAnEndedRun_AreThere()
    {
        Assert.Equal(3, (await server.GetJsonAsync($"/api/runs/{ran.RunId}/plan")).GetProperty("partitions").GetArrayLength());
        Assert.Equal(ran.RunId, (await server.GetJsonAsync($"/api/runs/{ran.RunId}/manifest")).GetProperty("runId").GetString());
        Assert.True((await server.GetJsonAsync($"/api/runs/{ran.RunId}/evaluation")).TryGetProperty("verdict", out _));
        var steps = await server.GetJsonAsync($"/api/runs/{ran.RunId}/steps");
        Assert.All(steps.GetProperty("candidates").EnumerateArray(), candidate => Assert.True(candidate.GetProperty("finished").GetBoolean()));
        Assert.All(steps.GetProperty("partitions").EnumerateArray(), partition => Assert.True(partition.GetProperty("passed").GetBoolean()));
        using var report = await server.GetAsync($"/api/runs/{ran.RunId}/report");
        Assert.Equal("text/html", report.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", report.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("<html", await report.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/runs/20260101T000000-aaaaaa", "run-not-found")]
    [InlineData("/api/runs/latest", "run-not-found")]
    [InlineData("/api/runs/20260101T000000-aaaaaa/plan", "run-not-found")]
    [InlineData("/api/runs/20260101T000000-aaaaaa/steps", "run-not-found")]
    [InlineData("/api/runs/20260101T000000-aaaaaa/report", "run-not-found")]
    [InlineData("/api/runs/20260101T000000-aaaaaa/events", "run-not-found")]
    [InlineData("/api/models/none", "model-not-found")]
    [InlineData("/api/models/none/versions", "model-not-found")]
    [InlineData("/api/models/strikes/versions/99", "version-not-found")]
    [InlineData("/api/models/strikes/versions/x", "not-found")]
    [InlineData("/api/pipelines/none", "pipeline-not-found")]
    [InlineData("/api/pipelines/none/file", "pipeline-not-found")]
    [InlineData("/api/nothing", "not-found")]
    public async Task Get_WhatIsNotThere_IsAProblem(string path, string code) =>
        await server.GetAsync(path).ShouldFailAsync(HttpStatusCode.NotFound, code);

    [Fact]
    public async Task GetModels_AfterARun_ShowTheChampionAndItsLineage()
    {
        var model = Assert.Single((await server.GetJsonAsync("/api/models")).GetProperty("models").EnumerateArray());
        Assert.Equal("strikes", model.GetProperty("model").GetString());
        Assert.Equal(1, (await server.GetJsonAsync("/api/models/strikes")).GetProperty("aliases").GetProperty("champion").GetInt32());
        Assert.Equal(1, (await server.GetJsonAsync("/api/models/strikes/versions")).GetProperty("versions").GetArrayLength());
        var version = await server.GetJsonAsync("/api/models/strikes/versions/1");
        Assert.Equal("champion", version.GetProperty("aliases")[0].GetString());
        Assert.Equal(ran.RunId, version.GetProperty("manifest").GetProperty("runId").GetString());
    }

    [Fact]
    public async Task Promote_AgainstAnotherChampionThanExpected_IsAConflict()
    {
        await server.PostAsync("/api/models/strikes/promote", """{"version":1,"expect":7,"reason":"late"}""").ShouldFailAsync(HttpStatusCode.Conflict, "superseded");
        await server.PostAsync("/api/models/strikes/rollback", """{"expect":7,"reason":"late"}""").ShouldFailAsync(HttpStatusCode.Conflict, "superseded");
        await server.PostAsync("/api/models/strikes/rollback", """{"reason":"late"}""").ShouldFailAsync(HttpStatusCode.Conflict, "nothing-to-roll-back");
        var same = await server.PostAsync("/api/models/strikes/promote", """{"version":1,"expect":1,"reason":"again"}""").ShouldBeAsync(HttpStatusCode.OK);
        Assert.False(same.GetProperty("changed").GetBoolean());
    }

    [Theory]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":1,"reason":" "}""")]
    [InlineData("""{"version":"one","reason":"x"}""")]
    [InlineData("""{"version":1,"reason":"x","surprise":true}""")]
    [InlineData("[")]
    [InlineData("null")]
    public async Task Promote_BodyThatIsNotOne_IsABadRequest(string body) =>
        await server.PostAsync("/api/models/strikes/promote", body).ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");

    [Fact]
    public async Task GetPipelines_Deployed_ShowParametersTriggersAndFile()
    {
        Assert.Contains((await server.GetJsonAsync("/api/pipelines")).GetProperty("pipelines").EnumerateArray(), pipeline => pipeline.GetProperty("name").GetString() == "strikes");
        var pipeline = await server.GetJsonAsync("/api/pipelines/strikes");
        Assert.True(pipeline.GetProperty("triggers").GetProperty("http").GetBoolean());
        Assert.Equal("Number", pipeline.GetProperty("parameters").GetProperty("margin").GetProperty("type").GetString());
        Assert.Equal(BirdStrikes.Pipeline("strikes"), await server.Client.GetStringAsync(new Uri("/api/pipelines/strikes/file", UriKind.Relative)));
    }

    [Fact]
    public async Task Deploy_FileWithMistakes_SaysEachWithItsPlace()
    {
        var problem = await server.DeployAsync("bad", BirdStrikes.Pipeline("bad").Replace("l2: 10", "l3: 10", StringComparison.Ordinal))
            .ShouldFailAsync(HttpStatusCode.BadRequest, "pipeline-invalid");

        var found = problem.GetProperty("problems")[0];
        Assert.Equal("unknown-key", found.GetProperty("code").GetString());
        Assert.True(found.GetProperty("line").GetInt32() > 10);
        Assert.True(found.GetProperty("column").GetInt32() > 1);
        await server.DeployAsync("other", BirdStrikes.Pipeline("bad")).ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task DeleteDeployment_Once_IsGone()
    {
        await server.DeployAsync("short-lived", BirdStrikes.Pipeline("short-lived")).ShouldBeAsync(HttpStatusCode.OK);

        await server.SendAsync(HttpMethod.Delete, "/api/pipelines/short-lived").ShouldBeAsync(HttpStatusCode.NoContent);

        await server.SendAsync(HttpMethod.Delete, "/api/pipelines/short-lived").ShouldFailAsync(HttpStatusCode.NotFound, "pipeline-not-found");
        await server.PostAsync("/api/pipelines/short-lived/runs").ShouldFailAsync(HttpStatusCode.NotFound, "pipeline-not-found");
    }

    [Fact]
    public async Task StartRun_AnswersAsDurableFunctionsDo()
    {
        using var response = await server.PostAsync("/api/pipelines/empty/runs", "{}");

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, text);
        Assert.NotNull(response.Headers.RetryAfter);
        var body = JsonDocument.Parse(text).RootElement;
        var id = body.GetProperty("id").GetString();
        Assert.Equal(new Uri(server.Address, $"/api/runs/{id}"), response.Headers.Location);
        Assert.Equal(
            ["id", "purgeHistoryDeleteUri", "restartPostUri", "resumePostUri", "rewindPostUri", "sendEventPostUri", "statusQueryGetUri", "suspendPostUri", "terminatePostUri"],
            body.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal("no-partitions", (await server.WatchToEndAsync(id!)).GetProperty("failure").GetProperty("code").GetString());
        Assert.Equal("Failed", (await server.GetJsonAsync($"/api/runs/{id}")).GetProperty("runtimeStatus").GetString());
        await server.GetAsync($"/api/runs/{id}/plan").ShouldFailAsync(HttpStatusCode.NotFound, "run-incomplete");
        await server.PostAsync($"/api/runs/{id}/terminate").ShouldFailAsync(HttpStatusCode.Conflict, "run-ended");
        await server.PostAsync($"/api/runs/{id}/suspend").ShouldFailAsync(HttpStatusCode.Conflict, "run-ended");
        await server.PostAsync($"/api/runs/{id}/events/answer", "1").ShouldFailAsync(HttpStatusCode.Conflict, "run-ended");
        Assert.Equal(1, (await server.SendAsync(HttpMethod.Delete, $"/api/runs/{id}").ShouldBeAsync(HttpStatusCode.OK)).GetProperty("instancesDeleted").GetInt32());
        Assert.Equal(0, (await server.SendAsync(HttpMethod.Delete, $"/api/runs/{id}").ShouldBeAsync(HttpStatusCode.OK)).GetProperty("instancesDeleted").GetInt32());
        Assert.Equal("Failed", (await server.GetJsonAsync($"/api/runs/{id}")).GetProperty("runtimeStatus").GetString());
    }

    [Theory]
    [InlineData("""{"parameters":{"margin":-1}}""", "pipeline-invalid")]
    [InlineData("""{"parameters":{"margin":"much"}}""", "pipeline-invalid")]
    [InlineData("""{"parameters":{"margins":1}}""", "pipeline-invalid")]
    [InlineData("""{"parameters":{"margin":null}}""", "request-invalid")]
    [InlineData("""{"parameters":{"margin":[1]}}""", "request-invalid")]
    [InlineData("""{"stage":"everything"}""", "request-invalid")]
    [InlineData("""{"stage":7}""", "request-invalid")]
    [InlineData("""{"priority":0}""", "request-invalid")]
    public async Task StartRun_ParametersThatAreNotDeclaredSo_AreRefused(string body, string code)
    {
        var problem = await server.PostAsync("/api/pipelines/empty/runs", body).ShouldFailAsync(HttpStatusCode.BadRequest, code);

        Assert.Equal(code == "pipeline-invalid", problem.TryGetProperty("problems", out _));
    }

    [Fact]
    public async Task StartRun_WithAPriority_IsRecordedAndShown()
    {
        var run = await server.StartRunAsync("empty", """{"priority":"high"}""");

        await server.WatchToEndAsync(run);

        Assert.Equal("High", (await server.GetJsonAsync($"/api/runs/{run}")).GetProperty("run").GetProperty("priority").GetString());
        var refused = await server.PostAsync("/api/pipelines/empty/runs", """{"priority":"urgent"}""").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        Assert.Contains("$.priority", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartRun_PipelineWithoutHttpTrigger_IsRefused()
    {
        await server.DeployAsync("closed", BirdStrikes.Pipeline("closed", triggers: "[data: { quiet-for: 5m }]")).ShouldBeAsync(HttpStatusCode.OK);

        await server.PostAsync("/api/pipelines/closed/runs").ShouldFailAsync(HttpStatusCode.Conflict, "http-trigger-missing");
    }

    [Fact]
    public async Task StartRun_HundredAtOnceWithTenKeys_AreTenRuns()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 100).Select(async request =>
            (await server.PostAsync("/api/pipelines/empty/runs", """{"parameters":{"margin":0.5}}""", ("Idempotency-Key", $"key-{request % 10}"))
                .ShouldBeAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!));

        Assert.Equal(10, ids.Distinct().Count());
        for (var key = 0; key < 10; key++)
        {
            Assert.Single(ids.Where((_, request) => request % 10 == key).Distinct());
        }

        await server.PostAsync("/api/pipelines/empty/runs", """{"parameters":{"margin":0.6}}""", ("Idempotency-Key", "key-0"))
            .ShouldFailAsync(HttpStatusCode.UnprocessableEntity, "run-conflict");
        foreach (var id in ids.Distinct())
        {
            await server.WatchToEndAsync(id);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\tbed")]
    [InlineData(null)]
    public async Task StartRun_IdempotencyKeyThatIsNone_IsRefused(string? key) =>
        await server.PostAsync("/api/pipelines/empty/runs", null, ("Idempotency-Key", key ?? new string('k', 256))).ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");

    [Fact]
    public async Task ListRuns_ByPages_GivesEachRunOnce()
    {
        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = await server.GetJsonAsync($"/api/runs?limit=2{(token is null ? "" : $"&continuationToken={token}")}");
            seen.AddRange(page.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("runId").GetString()!));
            token = page.GetProperty("continuationToken").GetString();
        }
        while (token is not null);

        Assert.Contains(ran.RunId, seen);
        Assert.Equal(seen.Distinct().OrderDescending(StringComparer.Ordinal), seen);
        var filtered = await server.GetJsonAsync("/api/runs?pipeline=strikes&status=Completed");
        Assert.Equal(ran.RunId, Assert.Single(filtered.GetProperty("runs").EnumerateArray()).GetProperty("runId").GetString());
        await server.GetAsync("/api/runs?limit=0").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        await server.GetAsync("/api/runs?limit=many").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        await server.GetAsync("/api/runs?status=odd").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        await server.GetAsync("/api/runs?continuationToken=Li4vLi4").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task Upload_WithConditions_ReplacesOnlyWhatWasSeen()
    {
        var created = await server.UploadAsync("other/a.csv", "a\n1\n"u8.ToArray(), ("If-None-Match", "*")).ShouldBeAsync(HttpStatusCode.Created);
        var etag = created.GetProperty("eTag").GetString()!;
        await server.UploadAsync("other/a.csv", "a\n2\n"u8.ToArray(), ("If-None-Match", "*")).ShouldFailAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
        var replaced = await server.UploadAsync("other/a.csv", "a\n2\n"u8.ToArray(), ("If-Match", etag)).ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(4, replaced.GetProperty("length").GetInt64());
        await server.UploadAsync("other/a.csv", "a\n3\n"u8.ToArray(), ("If-Match", etag)).ShouldFailAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
    }

    [Fact]
    public async Task Health_OfAWorkingServer_IsReady()
    {
        await server.GetAsync("/health/live").ShouldBeAsync(HttpStatusCode.OK);
        var ready = await server.GetAsync("/health/ready").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Contains(ready.GetProperty("checks").EnumerateArray(), check => check.GetProperty("name").GetString() == "reconcile-runs");
    }
}
