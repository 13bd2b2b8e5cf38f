using MlDurable.Orchestration;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using Moq;

namespace MlDurable.Pipelines.Tests.Runs;

/// <summary>What lies between the records of runs and an engine's instances: the engine itself is a mock.</summary>
public sealed class RunLauncherTests : IDisposable
{
    private readonly TemporaryStore temporary = new();
    private readonly Mock<IOrchestrationClient> client = new();
    private readonly RunLauncher launcher;
    private readonly RunStore runs;

    public RunLauncherTests()
    {
        launcher = new RunLauncher(temporary.Store, client.Object, "here", TimeProvider.System);
        runs = new RunStore(temporary.Store);
    }

    [Fact]
    public async Task StartAsync_WhenTheInstanceStarts_TheRecordIsThere()
    {
        RunStatus? seen = null;
        OnStart((id, _) => seen = runs.GetAsync(id).GetAwaiter().GetResult().Status);

        var runId = await launcher.StartAsync(FlowHarness.Source(), "test", "0000ab");

        Assert.EndsWith("-0000ab", runId, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Running, seen);
        Assert.Equal("strikes", (await runs.RequestAsync(runId)).Pipeline);
    }

    [Fact]
    public async Task StartAsync_TwoRunsWithOneIdentity_SecondIsRefused()
    {
        var clock = new Mock<TimeProvider>();
        clock.Setup(time => time.GetUtcNow()).Returns(DateTimeOffset.UnixEpoch);
        var stopped = new RunLauncher(temporary.Store, client.Object, "here", clock.Object);
        await stopped.StartAsync(FlowHarness.Source(), "test", "000001");

        await Assert.ThrowsAsync<Storage.BlobStoreException>(() => stopped.StartAsync(FlowHarness.Source(), "test", "000001"));
        client.Verify(Start(), Times.Once);
    }

    [Fact]
    public async Task ReconcileAsync_CrashBeforeTheInstanceStarted_StartsIt()
    {
        OnStart((_, _) => throw new IOException("crash"));
        await Assert.ThrowsAsync<IOException>(() => launcher.StartAsync(FlowHarness.Source(), "test", "000001"));
        var started = new List<string>();
        OnStart((id, _) => started.Add(id));

        await launcher.ReconcileAsync();

        Assert.Equal((await runs.GetAsync("latest")).RunId, Assert.Single(started));
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Terminated, RunStatus.Cancelled)]
    [InlineData(OrchestrationRuntimeStatus.Failed, RunStatus.Failed)]
    [InlineData(OrchestrationRuntimeStatus.Running, RunStatus.Running)]
    public async Task ReconcileAsync_InstanceEndedWithoutARecord_ClosesTheRecord(OrchestrationRuntimeStatus instance, RunStatus expected)
    {
        var runId = await launcher.StartAsync(FlowHarness.Source(), "test", "000001");
        client.Setup(engine => engine.GetAsync(runId, It.IsAny<CancellationToken>())).ReturnsAsync(State(runId, instance));

        await launcher.ReconcileAsync();
        await launcher.ReconcileAsync();

        Assert.Equal(expected, (await runs.GetAsync(runId)).Status);
    }

    [Fact]
    public async Task ReconcileAsync_RunOfAnotherEngine_IsLeftAlone()
    {
        await new RunLauncher(temporary.Store, Mock.Of<IOrchestrationClient>(), "elsewhere", TimeProvider.System)
            .StartAsync(FlowHarness.Source(), "test", "000001");

        await launcher.ReconcileAsync();

        client.VerifyNoOtherCalls();
        Assert.Null(await launcher.FindUnfinishedAsync("strikes"));
    }

    public void Dispose() => temporary.Dispose();

    private static System.Linq.Expressions.Expression<Func<IOrchestrationClient, Task<string>>> Start() =>
        engine => engine.StartAsync(
            It.IsAny<OrchestratorDefinition<RunRef, RunEnd>>(), It.IsAny<RunRef>(), It.IsAny<StartOptions>(), It.IsAny<CancellationToken>());

    private static OrchestrationState State(string runId, OrchestrationRuntimeStatus status) => new()
    {
        InstanceId = runId,
        Name = FlowSteps.TrainEvaluatePromote.Name,
        Version = "1",
        RuntimeStatus = status,
        CreatedAt = DateTimeOffset.UnixEpoch,
        LastUpdatedAt = DateTimeOffset.UnixEpoch,
    };

    private void OnStart(Action<string, RunRef> started) =>
        client.Setup(Start())
            .Returns((OrchestratorDefinition<RunRef, RunEnd> _, RunRef run, StartOptions? options, CancellationToken _) =>
            {
                started(options!.InstanceId!, run);
                return Task.FromResult(run.RunId);
            });
}
