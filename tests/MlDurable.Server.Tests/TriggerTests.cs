using System.Net;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Server.Tests;

/// <summary>The triggers on a server: what it does by itself. When exactly, and how often, is tested where the rules live.</summary>
public sealed class TriggerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-triggers-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Schedule_Due_StartsItsStage()
    {
        await using var server = await StartAsync();
        await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);

        await DeployAsync(server, "nightly", "[schedule: { every: 1s, stage: featurize }]");

        var run = await RunOfAsync(server, run => run.Pipeline == "nightly");
        Assert.Equal((RunTriggerKind.Schedule, "schedule", RunStage.Featurize), (run.Trigger.Kind, run.Trigger.Name, run.Stage));
        Assert.NotNull(run.Trigger.Nominal);
    }

    [Fact]
    public async Task Upload_OfConcernedData_StartsOneRunThatNamesIt()
    {
        await using var server = await StartAsync();
        await DeployAsync(server, "arrivals", "[data: { quiet-for: 0, stage: featurize }]");

        var uploaded = await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);

        var run = await RunOfAsync(server, run => run.Pipeline == "arrivals");
        Assert.Equal(RunTriggerKind.Data, run.Trigger.Kind);
        var blob = Assert.Single((await new RunStore(server.Store).RequestAsync(run.RunId)).Blobs);
        Assert.Equal(("bird-strikes/1990.csv", uploaded.GetProperty("eTag").GetString()), (blob.Name, blob.ETag));
    }

    [Fact]
    public async Task FileInTheDataFolder_OfAWatchedWorkspace_StartsARun()
    {
        await using var server = await StartAsync();
        await DeployAsync(server, "dropped", "[data: { quiet-for: 0, stage: featurize }]");

        var target = Directory.CreateDirectory(Path.Combine(folder.FullName, "data", "bird-strikes"));
        await File.WriteAllBytesAsync(Path.Combine(target.FullName, "1990.csv"), BirdStrikes.Year(1990));

        Assert.Equal(RunTriggerKind.Data, (await RunOfAsync(server, run => run.Pipeline == "dropped")).Trigger.Kind);
    }

    [Fact]
    public async Task EndOfARun_OfAFollowedPipeline_StartsTheFollower()
    {
        await using var server = await StartAsync();
        await server.UploadAsync("bird-strikes/1990.csv", BirdStrikes.Year(1990)).ShouldBeAsync(HttpStatusCode.Created);
        await DeployAsync(server, "leader", "[http: {}]");
        await DeployAsync(server, "follower", "[after: { pipeline: leader, on: succeeded, stage: featurize }]");

        var leader = await server.StartRunAsync("leader", """{"stage":"featurize"}""");

        var run = await RunOfAsync(server, run => run.Pipeline == "follower");
        Assert.Equal((RunTriggerKind.After, leader), (run.Trigger.Kind, run.Trigger.Name));
    }

    [Fact]
    public async Task Ready_OfAServer_ChecksEveryLoop()
    {
        await using var server = await StartAsync();
        await DeployAsync(server, "arrivals", "[data: { quiet-for: 0 }]");

        var checks = (await server.GetJsonAsync("/health/ready")).GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString());

        Assert.Superset(new HashSet<string?> { "schedules", "data", "list-data", "after", "reconcile-runs", "store", "engine" }, checks.ToHashSet());
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(folder.FullName, options => options with
    {
        TickInterval = TimeSpan.FromMilliseconds(50),
        DataInterval = TimeSpan.FromSeconds(1),
        WatchedDirectory = folder.FullName,
        Data = new DataWatchOptions { SettleFor = TimeSpan.FromMilliseconds(200), DeploymentsFor = TimeSpan.Zero },
    });

    private static Task DeployAsync(TestServer server, string name, string triggers) =>
        server.DeployAsync(name, BirdStrikes.Pipeline(name, triggers: triggers, model: name)).ShouldBeAsync(HttpStatusCode.OK);

    /// <summary>Waits for a completed run.</summary>
    private static async Task<RunRecord> RunOfAsync(TestServer server, Func<RunRecord, bool> wanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        var runs = new RunStore(server.Store);
        while (true)
        {
            await foreach (var run in runs.ListAsync(patience.Token))
            {
                if (wanted(run) && run.Status != RunStatus.Running)
                {
                    Assert.True(run.Status == RunStatus.Completed, $"{run.Status}: {run.Summary}");
                    return run;
                }
            }

            await Task.Yield();
        }
    }
}
