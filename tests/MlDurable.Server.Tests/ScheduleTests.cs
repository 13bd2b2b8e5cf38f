using System.Net;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Server.Tests;

public sealed class ScheduleTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-schedules-");
    private TestServer server = null!;

    public async Task InitializeAsync()
    {
        server = await TestServer.StartAsync(
            folder.FullName, options => options with { Data = new DataWatchOptions { DeploymentsFor = TimeSpan.Zero } });
        const string Triggers = """[schedule: { name: nightly, cron: "0 0 3 * * *", zone: Europe/Berlin }, schedule: { name: weekly, cron: "0 0 4 * * MON" }, data: { quiet-for: 1h }]""";
        await server.DeployAsync("timed", BirdStrikes.Pipeline("timed", triggers: Triggers)).ShouldBeAsync(HttpStatusCode.OK);
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Schedules_OfDeployedPipelines_ShowTheirNextInstants()
    {
        var all = (await server.GetJsonAsync("/api/schedules?next=5")).GetProperty("schedules").EnumerateArray().ToList();

        Assert.Equal(["nightly", "weekly"], all.Select(schedule => schedule.GetProperty("schedule").GetString()));
        Assert.All(all, schedule => Assert.Equal(5, schedule.GetProperty("next").GetArrayLength()));
        Assert.Equal(2, (await server.GetJsonAsync("/api/pipelines/timed/schedules")).GetProperty("schedules").GetArrayLength());
        await server.GetAsync("/api/pipelines/none/schedules").ShouldFailAsync(HttpStatusCode.NotFound, "pipeline-not-deployed");
        await server.GetAsync("/api/pipelines/..%2Ftimed/schedules").ShouldFailAsync(HttpStatusCode.NotFound, "pipeline-not-deployed");
        await server.GetAsync("/api/schedules?next=1001").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
    }

    [Fact]
    public async Task Pause_OneSchedule_NamesWhoAndWhyUntilItIsUnpaused()
    {
        await server.PostAsync("/api/pipelines/timed/schedules/pause", """{"schedule":"nightly","reason":"the source is down"}""").ShouldBeAsync(HttpStatusCode.OK);

        var pauses = (await server.GetJsonAsync("/api/schedules")).GetProperty("schedules").EnumerateArray().Select(schedule => schedule.GetProperty("pause")).ToList();
        Assert.Equal("http:anonymous", pauses[0].GetProperty("by").GetString());
        Assert.Equal("the source is down", pauses[0].GetProperty("reason").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, pauses[1].ValueKind);

        await server.PostAsync("/api/pipelines/timed/schedules/unpause", "{}").ShouldBeAsync(HttpStatusCode.OK);
        Assert.All(
            (await server.GetJsonAsync("/api/schedules")).GetProperty("schedules").EnumerateArray(),
            schedule => Assert.Equal(System.Text.Json.JsonValueKind.Null, schedule.GetProperty("pause").ValueKind));
        await server.PostAsync("/api/pipelines/timed/schedules/pause", "{}").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        await server.PostAsync("/api/pipelines/timed/schedules/pause", """{"schedule":"yearly","reason":"x"}""").ShouldFailAsync(HttpStatusCode.NotFound, "schedule-not-found");
    }

    [Fact]
    public async Task ArrivingData_OfAPipelineThatWaits_IsCounted()
    {
        await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);

        var state = await server.GetJsonAsync("/api/pipelines/timed/data");

        Assert.Equal(1, state.GetProperty("waiting").GetInt32() + state.GetProperty("notFolded").GetInt32());
        await server.GetAsync("/api/pipelines/none/data").ShouldFailAsync(HttpStatusCode.NotFound, "pipeline-not-found");
    }

    [Fact]
    public async Task Backfills_NoneThere_AreEmptyAndAnUnknownOneIsNotFound()
    {
        Assert.Empty((await server.GetJsonAsync("/api/backfills")).GetProperty("backfills").EnumerateArray());
        await server.GetAsync("/api/backfills/backfill-0123456789abcdef").ShouldFailAsync(HttpStatusCode.NotFound, "backfill-not-found");
        await server.GetAsync("/api/backfills/..%2F..%2Fruns").ShouldFailAsync(HttpStatusCode.NotFound, "backfill-not-found");
        await server.PostAsync("/api/backfills/backfill-0123456789abcdef/cancel").ShouldFailAsync(HttpStatusCode.NotFound, "backfill-not-found");
    }
}
