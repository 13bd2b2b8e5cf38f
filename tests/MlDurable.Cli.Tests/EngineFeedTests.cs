using MlDurable.Cli.Serving;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Runs;
using MlDurable.Server;

namespace MlDurable.Cli.Tests;

public sealed class EngineFeedTests
{
    [Theory]
    [InlineData(EngineEventKind.ActivityStarted, RunStepState.Started)]
    [InlineData(EngineEventKind.ActivityProgress, RunStepState.Progress)]
    [InlineData(EngineEventKind.ActivityCompleted, RunStepState.Finished)]
    [InlineData(EngineEventKind.ActivityFailed, RunStepState.Failed)]
    [InlineData(EngineEventKind.ActivityQuarantined, RunStepState.Quarantined)]
    [InlineData(EngineEventKind.InstanceCompleted, null)]
    [InlineData(EngineEventKind.InstanceFailed, null)]
    [InlineData(EngineEventKind.InstanceTerminated, null)]
    public async Task Publish_WhatWatchersAreToldOf_SaysSoWithItsReason(EngineEventKind kind, RunStepState? state)
    {
        var feed = new RunFeed(1);
        using var watch = feed.Watch("run");

        EngineFeed.Publish(feed, new(kind, DateTimeOffset.UnixEpoch, "run", "train") { Input = "1", Failure = new("x", "step 3 waits", null, "code", null) });

        var (_, happening) = await watch.ReadAsync(CancellationToken.None);
        Assert.Equal(new RunHappening("run", state, "train") { Input = "1", Message = "step 3 waits" }, happening);
    }

    [Theory]
    [InlineData(EngineEventKind.ActivityScheduled)]
    [InlineData(EngineEventKind.ActivityRetrying)]
    [InlineData(EngineEventKind.CustomStatusSet)]
    [InlineData(EngineEventKind.InstanceParked)]
    public async Task Publish_OtherEvents_TellsNothing(EngineEventKind kind)
    {
        var feed = new RunFeed(1);
        using var watch = feed.Watch("run");

        EngineFeed.Publish(feed, new(kind, DateTimeOffset.UnixEpoch, "run", "train"));
        EngineFeed.Publish(feed, new(EngineEventKind.ActivityStarted, DateTimeOffset.UnixEpoch, "run", "next"));

        Assert.Equal("next", (await watch.ReadAsync(CancellationToken.None)).Happening.Activity);
    }
}
