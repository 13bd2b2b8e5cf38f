using MlDurable.Pipelines.Activities;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class AfterTickTests
{
    private static readonly string Follower = FlowHarness.Pipeline.Replace("pipeline: strikes", "pipeline: follower", StringComparison.Ordinal)
        + "\ntriggers:\n  - after: { pipeline: strikes, on: promoted, stage: featurize }\n";

    [Fact]
    public async Task TickAsync_RunPromoted_StartsTheFollowerOnce()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower);
        await flow.AddYearsAsync(1990, 1993);
        var leader = await flow.RunAsync();

        var first = await TickAsync(flow, "one");
        var second = await TickAsync(flow, "two");

        var follower = await flow.Launcher.WaitAsync(Assert.Single(first.Started));
        Assert.Empty(second.Started);
        Assert.Equal(("follower", RunStage.Featurize, RunOutcome.Featurized), (follower.Pipeline, follower.Stage, follower.Outcome));
        Assert.Equal(new RunTrigger(RunTriggerKind.After) { Name = leader.RunId, Depth = 1 }, follower.Trigger);
        Assert.Empty((await TickAsync(flow, "one")).Started);
        Assert.Empty(await flow.Store.ListAsync("triggers/ended/").ToListAsync());
    }

    [Theory]
    [InlineData("promoted", 1)]
    [InlineData("succeeded", 2)]
    public async Task TickAsync_RunThatChangesNothing_IsFollowedOnlyWhereSuccessIsEnough(string on, int expected)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower.Replace("on: promoted", $"on: {on}", StringComparison.Ordinal));
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync();
        await flow.RunAsync();

        Assert.Equal(expected, (await TickAsync(flow, "one")).Started.Length);
    }

    [Fact]
    public async Task TickAsync_PipelineDeployedLater_DoesNotFollowOlderRuns()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, FlowHarness.Pipeline);
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync();
        await DeployAsync(flow, Follower);

        Assert.Empty((await TickAsync(flow, "one")).Started);
    }

    [Fact]
    public async Task TickAsync_RunThatFailed_IsNotFollowed()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower.Replace("on: promoted", "on: succeeded", StringComparison.Ordinal));
        await flow.RunAsync();

        Assert.Empty((await TickAsync(flow, "one")).Started);
    }

    [Fact]
    public async Task TickAsync_RecordNotClosedYet_WaitsForIt()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower);
        await flow.AddYearsAsync(1990, 1993);
        var leader = await flow.RunAsync();
        var closed = await flow.Store.ReadBytesAsync(RunStore.FileName(leader.RunId, "run.json"), 1 << 24);
        await WriteAsync(flow, leader with { Status = RunStatus.Running, Outcome = null });

        Assert.Empty((await TickAsync(flow, "one")).Started);
        await flow.Store.WriteBytesAsync(RunStore.FileName(leader.RunId, "run.json"), closed, BlobCondition.None);

        Assert.Single((await TickAsync(flow, "one")).Started);
    }

    [Fact]
    public async Task Complete_CrashBeforeTheRecordIsClosed_NeitherLosesNorDoublesTheEnd()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower);
        var clock = new Mock<TimeProvider>();
        clock.SetupSequence(time => time.GetUtcNow()).Returns(DateTimeOffset.UnixEpoch).Returns(DateTimeOffset.UnixEpoch.AddDays(1)).Returns(DateTimeOffset.UnixEpoch.AddDays(2));
        var services = new FlowServices(flow.Store, clock.Object, new ApprovalOptions());
        var runId = RunIds.Of(DateTimeOffset.UnixEpoch, "leader");
        await new RunOpener(flow.Store, "test", TimeProvider.System).OpenAsync(new RunStart(runId, FlowHarness.Source(), "test"), default);

        await Assert.ThrowsAsync<IOException>(() => services.CompleteAsync(runId, _ => throw new IOException("crash"), default));
        Assert.Empty((await TickAsync(flow, "one")).Started);
        await services.CompleteAsync(runId, Promoted, default);
        var announced = (await flow.Store.ReadJsonAsync($"triggers/ended/{runId}.json", PipelinesJson.Default.EndedRun))!.Value.Value;
        var started = Assert.Single((await TickAsync(flow, "one")).Started);
        await services.CompleteAsync(runId, Promoted, default);

        Assert.Equal(DateTimeOffset.UnixEpoch, announced.EndedAt);
        Assert.Equal(RunIds.Of(announced.EndedAt, "after", "follower", runId), started);
        Assert.Empty((await TickAsync(flow, "one")).Started);
        Assert.Empty(await flow.Store.ListAsync("triggers/ended/").ToListAsync());

        static RunRecord Promoted(RunRecord record) => record with { Status = RunStatus.Completed, Outcome = RunOutcome.Promoted };
    }

    [Fact]
    public async Task TickAsync_HostDiedBetweenClaimAndStart_IsTakenOverUnderTheSameIdentity()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower);
        await flow.AddYearsAsync(1990, 1993);
        await flow.RunAsync();
        var dying = new Mock<IRunStarter>();
        dying.Setup(starter => starter.StartAsync(It.IsAny<RunStart>(), It.IsAny<CancellationToken>())).ThrowsAsync(new IOException("crash"));
        await Assert.ThrowsAsync<IOException>(() => Tick(flow, "one", dying.Object).TickAsync());

        var within = await TickAsync(flow, "two");
        var later = new Mock<TimeProvider>();
        later.Setup(time => time.GetUtcNow()).Returns(TimeProvider.System.GetUtcNow() + ClaimStore.Lease);
        var after = await Tick(flow, "two", flow.Launcher, later.Object).TickAsync();

        Assert.Empty(within.Started);
        var started = Assert.Single(after.Started);
        dying.Verify(starter => starter.StartAsync(It.Is<RunStart>(start => start.RunId == started), It.IsAny<CancellationToken>()));
    }

    [Fact]
    public async Task TickAsync_Circle_EndsWithAProblem()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await DeployAsync(flow, Follower);
        await flow.AddYearsAsync(1990, 1993);
        var leader = await flow.RunAsync();
        await WriteAsync(flow, leader with { Trigger = new RunTrigger(RunTriggerKind.After) { Name = "x", Depth = AfterTick.MaxDepth } });

        var result = await TickAsync(flow, "one");

        Assert.Empty(result.Started);
        Assert.Equal("after-chain-too-long", Assert.Single(result.Problems).Code);
        Assert.Empty((await TickAsync(flow, "one")).Problems);
    }

    [Fact]
    public async Task Run_NothingDeployed_LeavesNoTrace()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);

        await flow.RunAsync(change: start => start with { Stage = RunStage.Featurize });

        Assert.Empty(await flow.Store.ListAsync("triggers/ended/").ToListAsync());
    }

    private static Task DeployAsync(FlowHarness flow, string yaml) => Deployments(flow).DeployAsync(FlowHarness.Source(yaml), "test");

    private static Task<AfterTickResult> TickAsync(FlowHarness flow, string host) => Tick(flow, host, flow.Launcher).TickAsync();

    private static AfterTick Tick(FlowHarness flow, string host, IRunStarter starter, TimeProvider? clock = null) =>
        new(flow.Store, starter, new ClaimStore(flow.Store, host, clock ?? TimeProvider.System), Deployments(flow));

    private static PipelineDeployments Deployments(FlowHarness flow) => new(flow.Store, TimeProvider.System);

    private static Task WriteAsync(FlowHarness flow, RunRecord record) => flow.Store.WriteJsonAsync(
        RunStore.FileName(record.RunId, "run.json"), record, PipelinesJson.Default.RunRecord, BlobCondition.None);
}
