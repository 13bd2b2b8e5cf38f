using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MlDurable.Orchestration;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Storage;
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

        Assert.True(await launcher.StartAsync(Start("a")));

        Assert.Equal(RunStatus.Running, seen);
        Assert.Equal("strikes", (await runs.RequestAsync(Start("a").RunId)).Pipeline);
    }

    [Fact]
    public async Task StartAsync_SameRunAgain_IsOneRunAndTheInstanceIsStartedIdempotently()
    {
        Assert.True(await launcher.StartAsync(Start("a")));
        Assert.False(await launcher.StartAsync(Start("a")));

        Assert.Single(await launcher.UnfinishedAsync("strikes"));
    }

    [Fact]
    public async Task StartAsync_OfASchedule_IsCountedOnceWithItsLateness()
    {
        var measured = new ConcurrentBag<(string Instrument, double Value, string Labels)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == RunStartMetrics.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Hear(instrument, value, labels));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Hear(instrument, value, labels));
        listener.Start();
        var name = $"metered-{Guid.NewGuid():N}";
        var source = FlowHarness.Source(FlowHarness.Pipeline.Replace("pipeline: strikes", $"pipeline: {name}", StringComparison.Ordinal));
        var start = new RunStart(RunIds.New(TimeProvider.System.GetUtcNow()), source, "schedule:nightly")
        {
            Trigger = new RunTrigger(RunTriggerKind.Schedule) { Name = "nightly", Nominal = TimeProvider.System.GetUtcNow().AddHours(-1) },
        };

        await launcher.StartAsync(start);
        await launcher.StartAsync(start);

        var own = measured.Where(measurement => measurement.Labels.Contains(name, StringComparison.Ordinal)).ToList();
        Assert.Equal(("mldurable.runs.started", 1, $"pipeline={name},trigger=schedule"), Assert.Single(own, measurement => measurement.Instrument == "mldurable.runs.started"));
        Assert.InRange(Assert.Single(own, measurement => measurement.Instrument == "mldurable.schedule.lateness").Value, 3600, 3660);

        void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
            measured.Add((instrument.Name, value, string.Join(',', labels.ToArray().Select(label => $"{label.Key}={label.Value}"))));
    }

    [Fact]
    public async Task CancelAsync_TheEnd_IsCountedOnce()
    {
        var (start, ended) = Metered();
        using var listener = Listen(ended);
        await launcher.StartAsync(start);
        await launcher.CancelAsync(start.RunId, "enough");
        await Assert.ThrowsAsync<PipelineException>(() => launcher.CancelAsync(start.RunId, "enough"));

        Assert.Equal([$"{start.Pipeline.Definition.Name} cancelled none"], Own(start, ended));
    }

    [Fact]
    public async Task RewindAsync_ThatTheEngineRefuses_LeavesTheRunFailedAndCountsNoSecondEnd()
    {
        client.Setup(engine => engine.RewindAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new OrchestrationException(OrchestrationErrorCodes.NotSupported, "not here"));
        var (start, ended) = Metered();
        using var listener = Listen(ended);
        await launcher.StartAsync(start);
        await runs.UpdateAsync(start.RunId, record => record with { Status = RunStatus.Failed, Summary = "no luck" }, CancellationToken.None);

        await Assert.ThrowsAsync<OrchestrationException>(() => launcher.RewindAsync(start.RunId, "again"));

        var run = (await runs.FindAsync(start.RunId))!;
        Assert.Equal((RunStatus.Failed, "no luck"), (run.Status, run.Summary));
        Assert.Equal([$"{start.Pipeline.Definition.Name} failed none"], Own(start, ended));
    }

    [Theory]
    [InlineData("", null, RunPriority.Normal, OrchestrationPriority.Normal)]
    [InlineData("priority: low", null, RunPriority.Low, OrchestrationPriority.Low)]
    [InlineData("priority: high", null, RunPriority.High, OrchestrationPriority.High)]
    [InlineData("priority: high", RunPriority.Low, RunPriority.Low, OrchestrationPriority.Low)]
    [InlineData("priority: low", RunPriority.Normal, RunPriority.Normal, OrchestrationPriority.Normal)]
    public async Task StartAsync_Priority_IsThatOfTheStartOrElseOfThePipeline(string line, RunPriority? asked, RunPriority recorded, OrchestrationPriority given)
    {
        StartOptions? options = null;
        client.Setup(StartCall()).Callback((OrchestratorDefinition<RunRef, RunEnd> _, RunRef _, StartOptions? started, CancellationToken _) => options = started).ReturnsAsync("");
        var start = Start("a") with { Pipeline = FlowHarness.Source($"{FlowHarness.Pipeline}\n{line}\n"), Priority = asked };

        await launcher.StartAsync(start);

        Assert.Equal(recorded, (await runs.FindAsync(start.RunId))!.Priority);
        Assert.Equal(given, options!.Priority);
        var restarted = await RunRestart.OfAsync(
            temporary.Store,
            (await runs.FindAsync(start.RunId))! with { Status = RunStatus.Completed },
            RunIds.New(TimeProvider.System.GetUtcNow()),
            start.Pipeline.Parameters,
            "test");
        Assert.Equal((asked, start.Pipeline.Definition.Priority), (restarted.Priority, restarted.Pipeline.Definition.Priority));
        var refused = await Assert.ThrowsAsync<PipelineException>(
            () => launcher.StartAsync(start with { Priority = asked == RunPriority.High ? null : RunPriority.High }));
        Assert.Equal("run-conflict", refused.Code);
    }

    [Fact]
    public async Task StartAsync_SameIdentityForAnotherRequest_IsRefused()
    {
        await launcher.StartAsync(Start("a"));

        var refused = await Assert.ThrowsAsync<PipelineException>(() => launcher.StartAsync(Start("a") with { Stage = RunStage.Featurize }));

        Assert.Equal("run-conflict", refused.Code);
    }

    [Fact]
    public async Task StartAsync_RunOfAnotherHost_IsLeftToIt()
    {
        var other = new Mock<IOrchestrationClient>();
        await new RunLauncher(temporary.Store, other.Object, "elsewhere", TimeProvider.System).StartAsync(Start("a"));

        Assert.False(await launcher.StartAsync(Start("a")));

        client.VerifyNoOtherCalls();
        Assert.Equal("elsewhere", Assert.Single(await launcher.UnfinishedAsync("strikes")).Engine);
    }

    [Fact]
    public async Task StartAsync_LaterAttemptAfterANewDeployment_StaysOnTheVersionOfTheFirst()
    {
        var first = FlowHarness.Source();
        var second = FlowHarness.Source(FlowHarness.Pipeline + "\n# changed\n");
        var deployments = new PipelineDeployments(temporary.Store, TimeProvider.System);
        await deployments.DeployAsync(first, "test");
        client.Setup(StartCall()).ThrowsAsync(new IOException("crash"));
        await Assert.ThrowsAsync<IOException>(() => launcher.StartAsync(Start("a") with { Pipeline = first }));
        await temporary.Store.DeleteAsync(RunStore.FileName(Start("a").RunId, "run.json"), BlobCondition.None);
        client.Reset();
        await deployments.DeployAsync(second, "test");

        Assert.True(await launcher.StartAsync(Start("a") with { Pipeline = second }));

        Assert.Equal(first.Hash, (await runs.FindAsync(Start("a").RunId))!.PipelineHash);
        var content = await temporary.Store.ReadBytesAsync(RunStore.FileName(Start("a").RunId, "pipeline.yaml"), 1 << 20);
        Assert.True(first.Content.Span.SequenceEqual(content));
    }

    [Fact]
    public async Task ReconcileAsync_CrashBeforeTheInstanceStarted_StartsIt()
    {
        OnStart((_, _) => throw new IOException("crash"));
        await Assert.ThrowsAsync<IOException>(() => launcher.StartAsync(Start("a")));
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
        var runId = Start("a").RunId;
        await launcher.StartAsync(Start("a"));
        client.Setup(engine => engine.GetAsync(runId, It.IsAny<CancellationToken>())).ReturnsAsync(State(runId, instance));

        await launcher.ReconcileAsync();
        await launcher.ReconcileAsync();

        Assert.Equal(expected, (await runs.GetAsync(runId)).Status);
    }

    [Fact]
    public async Task ReconcileAsync_RunOfAnotherEngine_IsLeftAlone()
    {
        await new RunLauncher(temporary.Store, Mock.Of<IOrchestrationClient>(), "elsewhere", TimeProvider.System)
            .StartAsync(Start("a"));

        await launcher.ReconcileAsync();

        client.VerifyNoOtherCalls();
        Assert.Null(await launcher.FindUnfinishedAsync("strikes"));
    }

    public void Dispose() => temporary.Dispose();

    private static RunStart Start(string occasion) => new(RunIds.Of(DateTimeOffset.UnixEpoch, occasion), FlowHarness.Source(), "test");

    private static System.Linq.Expressions.Expression<Func<IOrchestrationClient, Task<string>>> StartCall() =>
        engine => engine.StartAsync(
            It.IsAny<OrchestratorDefinition<RunRef, RunEnd>>(), It.IsAny<RunRef>(), It.IsAny<StartOptions>(), It.IsAny<CancellationToken>());

    /// <summary>A start of a pipeline whose name no other test has, so that its measurements can be told from theirs.</summary>
    private static (RunStart Start, ConcurrentBag<string> Ended) Metered()
    {
        var pipeline = FlowHarness.Pipeline.Replace("pipeline: strikes", $"pipeline: metered-{Guid.NewGuid():N}", StringComparison.Ordinal);
        return (Start("a") with { Pipeline = FlowHarness.Source(pipeline) }, []);
    }

    private static MeterListener Listen(ConcurrentBag<string> ended)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == RunMetrics.Finished)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, labels, _) => ended.Add(string.Join(' ', labels.ToArray().Select(label => label.Value))));
        listener.Start();
        return listener;
    }

    private static IEnumerable<string> Own(RunStart start, ConcurrentBag<string> ended) =>
        ended.Where(labels => labels.StartsWith(start.Pipeline.Definition.Name, StringComparison.Ordinal));

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
        client.Setup(StartCall())
            .Returns((OrchestratorDefinition<RunRef, RunEnd> _, RunRef run, StartOptions? options, CancellationToken _) =>
            {
                started(options!.InstanceId!, run);
                return Task.FromResult(run.RunId);
            });
}
