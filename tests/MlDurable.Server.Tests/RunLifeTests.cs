using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using MlDurable.Api;
using MlDurable.Orchestration;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Server.Tests;

public sealed class RunLifeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-life-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Run_ThatThisBuildCannotGoOnWith_SaysWhatHindersIt()
    {
        const string RunId = "20260301T030000-7f3a00";
        var client = new Mock<IOrchestrationClient>();
        client.Setup(engine => engine.GetAsync(RunId, It.IsAny<CancellationToken>())).ReturnsAsync(new OrchestrationState
        {
            InstanceId = RunId,
            Name = "train-evaluate-promote",
            Version = "1",
            RuntimeStatus = OrchestrationRuntimeStatus.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            LastUpdatedAt = DateTimeOffset.UnixEpoch,
            Failure = new TaskFailureDetails("x", "expected from the history: step 1", null, OrchestrationErrorCodes.Nondeterminism, null),
            QuarantinedSteps = [new QuarantinedStep(RunId, 7, "train", 5)],
        });
        client.Setup(engine => engine.SkipStepAsync(RunId, 7, """{"index":1}""", "slow (http:anonymous)", It.IsAny<CancellationToken>())).Returns(Task.CompletedTask).Verifiable();
        client.Setup(engine => engine.RetryStepAsync(RunId, 7, "again (http:anonymous)", It.IsAny<CancellationToken>())).Returns(Task.CompletedTask).Verifiable();
        await using var server = await TestServer.StartAsync(folder.FullName, options => options with { Engine = new RunEngine("workspace", client.Object) });
        var record = new RunRecord
        {
            RunId = RunId,
            Pipeline = "long",
            PipelineHash = "ab",
            Model = "strikes",
            Parameters = ImmutableSortedDictionary<string, string>.Empty,
            Engine = "workspace",
            Status = RunStatus.Running,
            StartedAt = DateTimeOffset.UnixEpoch,
        };
        await server.Store.WriteJsonAsync($"runs/{RunId}/run.json", record, PipelinesJson.Default.RunRecord, BlobCondition.None);

        var run = await server.GetAsync($"/api/runs/{RunId}").ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal("Running", run.GetProperty("runtimeStatus").GetString());
        Assert.Equal("nondeterminism: expected from the history: step 1", run.GetProperty("hindrance").GetString());
        Assert.Equal(7, run.GetProperty("quarantinedSteps")[0].GetProperty("sequence").GetInt32());
        await server.PostAsync($"/api/runs/{RunId}/steps/7/skip", """{"output":{"index":1},"reason":"slow"}""").ShouldBeAsync(HttpStatusCode.Accepted);
        await server.PostAsync($"/api/runs/{RunId}/steps/7/retry?reason=again").ShouldBeAsync(HttpStatusCode.Accepted);
        client.Verify();
    }

    [Fact]
    public async Task Rewind_OfAFailedRun_GoesOnFromTheStepThatFailed()
    {
        await using var server = await TestServer.StartAsync(folder.FullName);
        await server.DeployAsync("strikes", BirdStrikes.Pipeline("strikes")).ShouldBeAsync(HttpStatusCode.OK);
        var accepted = await server.PostAsync("/api/pipelines/strikes/runs").ShouldBeAsync(HttpStatusCode.Accepted);
        var run = accepted.GetProperty("id").GetString()!;
        Assert.Equal("Failed", (await server.WatchToEndAsync(run)).GetProperty("status").GetString());
        await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);
        await server.UploadAsync("bird-strikes/1991.csv", BirdStrikes.Year(1991)).ShouldBeAsync(HttpStatusCode.Created);

        await server.PostAsync(Address("rewindPostUri").Replace("{text}", "data%20came", StringComparison.Ordinal)).ShouldBeAsync(HttpStatusCode.Accepted);

        var ended = await server.WatchToEndAsync(run);
        Assert.Equal("Completed", ended.GetProperty("status").GetString());
        Assert.False(ended.TryGetProperty("failure", out _));
        await server.PostAsync($"/api/runs/{run}/rewind").ShouldFailAsync(HttpStatusCode.Conflict, "run-not-failed");
        await server.PostAsync($"/api/runs/{run}/steps/1/retry").ShouldFailAsync(HttpStatusCode.Conflict, "run-ended");
        await server.PostAsync($"/api/runs/{run}/steps/1/skip", "{}").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");

        string Address(string name) => new Uri(accepted.GetProperty(name).GetString()!).PathAndQuery;
    }

    [Fact]
    public async Task Rewind_OfARunThatGoesOn_IsRefusedWithoutWaitingForItsEnd()
    {
        await using var server = await StartAsync("long", BirdStrikes.Long);
        var run = await server.StartRunAsync("long");
        await StepAsync(server, run, "train", "Started");
        await server.PostAsync($"/api/runs/{run}/suspend").ShouldBeAsync(HttpStatusCode.Accepted);

        await server.PostAsync($"/api/runs/{run}/rewind").ShouldFailAsync(HttpStatusCode.Conflict, "run-not-failed");

        var suspended = await server.GetAsync($"/api/runs/{run}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Equal("Suspended", suspended.GetProperty("runtimeStatus").GetString());
        await server.PostAsync($"/api/runs/{run}/terminate").ShouldBeAsync(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task PurgeRuns_EndedBefore_ForgetsTheirInstancesAndNoRecord()
    {
        await using var server = await StartAsync("strikes", BirdStrikes.Quick);
        var run = await server.StartRunAsync("strikes");
        await server.WatchToEndAsync(run);
        Assert.Single((await server.GetJsonAsync("/api/runs?startedFrom=2000-01-01T00:00:00Z")).GetProperty("runs").EnumerateArray());
        Assert.Empty((await server.GetJsonAsync("/api/runs?startedBefore=2000-01-01T00:00:00Z")).GetProperty("runs").EnumerateArray());

        await server.SendAsync(HttpMethod.Delete, "/api/runs").ShouldFailAsync(HttpStatusCode.BadRequest, "request-invalid");
        var early = await server.SendAsync(HttpMethod.Delete, "/api/runs?endedBefore=2000-01-01T00:00:00Z").ShouldBeAsync(HttpStatusCode.OK);
        Assert.Equal(0, early.GetProperty("purged").GetInt32());
        JsonElement purged;
        do
        {
            // The instance ends a moment after its last step has closed the record.
            purged = await server.SendAsync(HttpMethod.Delete, "/api/runs?endedBefore=2999-01-01T00:00:00Z&status=Completed").ShouldBeAsync(HttpStatusCode.OK);
        }
        while (purged.GetProperty("purged").GetInt32() == 0);

        Assert.True(purged.GetProperty("isComplete").GetBoolean());
        Assert.Equal("Completed", (await server.GetJsonAsync($"/api/runs/{run}")).GetProperty("run").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Restart_OfAnEndedRun_IsOneNewRunPerKey()
    {
        await using var server = await StartAsync("strikes", BirdStrikes.Quick);
        var first = await server.StartRunAsync("strikes");
        await server.PostAsync($"/api/runs/{first}/restart").ShouldFailAsync(HttpStatusCode.Conflict, "instance-status");
        await server.WatchToEndAsync(first);

        const string Body = """{ "parameters": { "margin": 0.05 } }""";
        var again = (await server.PostAsync($"/api/runs/{first}/restart", Body, ("Idempotency-Key", "again")).ShouldBeAsync(HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
        var same = await server.PostAsync($"/api/runs/{first}/restart", Body, ("Idempotency-Key", "again")).ShouldBeAsync(HttpStatusCode.Accepted);

        Assert.Equal(again, same.GetProperty("id").GetString());
        Assert.NotEqual(first, again);
        var ended = await server.WatchToEndAsync(again);
        Assert.Equal("Unchanged", ended.GetProperty("outcome").GetString());
        Assert.Equal("0.05", ended.GetProperty("parameters").GetProperty("margin").GetString());
        Assert.Equal(first, ended.GetProperty("trigger").GetProperty("name").GetString());
        await server.PostAsync($"/api/runs/{first}/restart", "{}", ("Idempotency-Key", "again")).ShouldFailAsync(HttpStatusCode.UnprocessableEntity, "run-conflict");
        await server.PostAsync($"/api/runs/{first}/restart", """{ "parameters": { "none": 1 } }""").ShouldFailAsync(HttpStatusCode.BadRequest, "pipeline-invalid");
        await server.PostAsync("/api/runs/20260101T000000-aaaaaa/restart").ShouldFailAsync(HttpStatusCode.NotFound, "run-not-found");
    }

    [Fact]
    public async Task Run_SuspendedAndTerminated_IsSteeredAndEnds()
    {
        await using var server = await StartAsync("long", BirdStrikes.Long);
        var run = await server.StartRunAsync("long");
        await StepAsync(server, run, "train", "Started");

        await server.PostAsync($"/api/runs/{run}/suspend?reason=wait").ShouldBeAsync(HttpStatusCode.Accepted);
        var suspended = await server.GetAsync($"/api/runs/{run}").ShouldBeAsync(HttpStatusCode.Accepted);
        Assert.Equal("Suspended", suspended.GetProperty("runtimeStatus").GetString());
        await server.PostAsync($"/api/runs/{run}/events/anything", """{"a":1}""").ShouldBeAsync(HttpStatusCode.Accepted);
        await server.SendAsync(HttpMethod.Delete, $"/api/runs/{run}").ShouldFailAsync(HttpStatusCode.Conflict, "instance-status");
        await server.PostAsync($"/api/runs/{run}/resume").ShouldBeAsync(HttpStatusCode.Accepted);
        var watching = server.WatchToEndAsync(run);
        await server.PostAsync($"/api/runs/{run}/terminate?reason=enough").ShouldBeAsync(HttpStatusCode.Accepted);

        var ended = await watching;
        Assert.Equal("Cancelled", ended.GetProperty("status").GetString());
        Assert.Contains("enough", ended.GetProperty("summary").GetString(), StringComparison.Ordinal);
        Assert.Equal("Terminated", (await server.GetAsync($"/api/runs/{run}").ShouldBeAsync(HttpStatusCode.OK)).GetProperty("runtimeStatus").GetString());
    }

    [Fact]
    public async Task Events_FromALastId_GoOnAfterIt()
    {
        await using var server = await StartAsync("quick", BirdStrikes.Quick);
        var run = await server.StartRunAsync("quick");
        var all = await CollectAsync(null);
        Assert.Equal("end", all[^1].Name);

        // The run has ended: what is asked for again is its end.
        Assert.Equal("end", Assert.Single(await CollectAsync(null)).Name);
        Assert.Equal(["gap", "end"], (await CollectAsync("999999999")).Select(told => told.Name));

        async Task<List<(string? Id, string Name, JsonElement Data)>> CollectAsync(string? lastId)
        {
            var told = new List<(string?, string, JsonElement)>();
            await foreach (var item in server.EventsAsync(run, lastId))
            {
                told.Add(item);
            }

            return told;
        }
    }

    [Fact]
    public async Task Feed_WatcherThatComesBack_GetsWhatItMissed()
    {
        var feed = new RunFeed(100);
        feed.Publish(new RunHappening("a", RunStepState.Started, "plan"));
        feed.Publish(new RunHappening("b", RunStepState.Started, "plan"));
        feed.Publish(new RunHappening("a", RunStepState.Finished, "plan"));

        using var back = feed.Watch("a", 100);
        using var older = feed.Watch("a", 42);
        using var other = feed.Watch("a", 5_000);

        Assert.False(back.HasGap);
        Assert.True(older.HasGap);
        Assert.True(other.HasGap);
        Assert.Equal(102, (await back.ReadAsync(CancellationToken.None)).Id);
    }

    [Fact]
    public async Task Stop_WithARunUnderWay_ItIsResumedByTheNextServer()
    {
        string run;
        await using (var first = await StartAsync("long", BirdStrikes.Long))
        {
            run = await first.StartRunAsync("long");
            await StepAsync(first, run, "train", "Finished");
        }

        await using var second = await TestServer.StartAsync(folder.FullName);
        var trained = new List<int>();
        await foreach (var (_, name, data) in second.EventsAsync(run))
        {
            if (name == "end")
            {
                Assert.Equal("Completed", data.GetProperty("status").GetString());
                Assert.Equal(7, data.GetProperty("work").GetProperty("candidates").GetInt32());
            }
            else if (data.GetProperty("stage").GetString() == "train" && data.GetProperty("state").GetString() == "Finished")
            {
                trained.Add(data.GetProperty("index").GetInt32());
            }
        }

        Assert.True(trained.Count < 7, "nothing that had finished is trained again");
    }

    [Fact]
    public async Task Promotions_OfTwoHostsOnOneStore_EachSupersedeOrJudgeTheOther()
    {
        await using var one = await StartAsync("one", BirdStrikes.Quick, "one");
        await using var two = await TestServer.StartAsync(folder.FullName, engineName: "two");
        await two.DeployAsync("two", BirdStrikes.Pipeline("two", "- { trainer: logistic-regression, l2: 1 }")).ShouldBeAsync(HttpStatusCode.OK);
        for (var round = 0; round < 3; round++)
        {
            var body = "{\"parameters\":{\"margin\":0.0" + (round + 1) + "}}";
            var runs = await Task.WhenAll(one.StartRunAsync("one", body), two.StartRunAsync("two", body));
            var ended = await Task.WhenAll(one.WatchToEndAsync(runs[0]), two.WatchToEndAsync(runs[1]));
            Assert.All(ended, run => Assert.Equal("Completed", run.GetProperty("status").GetString()));
            await one.GetAsync($"/api/runs/{runs[1]}").ShouldBeAsync(HttpStatusCode.OK);
            await one.PostAsync($"/api/runs/{runs[1]}/suspend").ShouldFailAsync(HttpStatusCode.Conflict, "instance-conflict");
        }

        // Every change of the champion was decided against the one before it: no decision was made on what was no longer so.
        var model = await new ModelRegistry(one.Store, TimeProvider.System).ReadAsync("strikes");
        var reigns = model.History.Where(change => change.Alias == RegistryDocument.Champion).ToList();
        Assert.NotEmpty(reigns);
        Assert.Null(reigns[0].From);
        Assert.All(reigns.Zip(reigns.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.Equal(reigns.Count, reigns.Select(change => change.DecisionId).Distinct().Count());
        foreach (var reign in reigns)
        {
            var record = await new RunStore(one.Store).FindAsync(reign.DecisionId);
            Assert.Equal(reign.From, record?.ChampionBefore);
            Assert.Equal(reign.To, record?.ChampionAfter);
        }
    }

    [Fact]
    public async Task Ready_EngineStopped_SaysSo()
    {
        await using var server = await TestServer.StartAsync(
            folder.FullName, options => options with { Engine = options.Engine with { Completion = Task.CompletedTask } });

        var ready = await server.GetAsync("/health/ready").ShouldBeAsync(HttpStatusCode.ServiceUnavailable);

        Assert.False(ready.GetProperty("ready").GetBoolean());
        Assert.Contains(ready.GetProperty("checks").EnumerateArray(), check => check.GetProperty("name").GetString() == "engine" && !check.GetProperty("holds").GetBoolean());
    }

    private async Task<TestServer> StartAsync(string pipeline, string candidates, string engineName = "workspace")
    {
        var server = await TestServer.StartAsync(folder.FullName, engineName: engineName);
        await server.DeployAsync(pipeline, BirdStrikes.Pipeline(pipeline, candidates)).ShouldBeAsync(HttpStatusCode.OK);
        await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);
        await server.UploadAsync("bird-strikes/1991.csv", BirdStrikes.Year(1991)).ShouldBeAsync(HttpStatusCode.Created);
        return server;
    }

    private static async Task StepAsync(TestServer server, string run, string stage, string state)
    {
        await foreach (var (_, name, data) in server.EventsAsync(run))
        {
            Assert.Equal("step", name);
            if (data.GetProperty("stage").GetString() == stage && data.GetProperty("state").GetString() == state)
            {
                return;
            }
        }
    }
}
