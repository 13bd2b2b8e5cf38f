using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using MlDurable.Api;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Server.Telemetry;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Server.Tests.Telemetry;

public sealed class RunTelemetryTests : IDisposable
{
    private const string RunId = "20260101T000000-abcdef";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-telemetry-");
    private readonly ConcurrentQueue<Activity> spans = new();
    private readonly VirtualTimeProvider clock = new(Start);
    private readonly ActivityListener listener;

    public RunTelemetryTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RunTelemetry.Name,
            Sample = (ref ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (Equals(span.GetTagItem("mldurable.run.id"), RunId))
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose()
    {
        listener.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Steps_BeforeAndAfterARestart_AreSpansOfOneTrace()
    {
        // The first process dies in the middle of a step, and nothing tells of it; the second does the step again.
        await ObserveAsync(
            new RunHappening(RunId, RunStepState.Started, "validate") { Input = "1" },
            new RunHappening(RunId, RunStepState.Finished, "validate") { Input = "1" },
            new RunHappening(RunId, RunStepState.Started, "train") { Input = "2" });
        await ObserveAsync(
            new RunHappening(RunId, RunStepState.Started, "train") { Input = "2" },
            new RunHappening(RunId, RunStepState.Failed, "train") { Input = "2", Message = "no luck" },
            new RunHappening(RunId, RunStepState.Started, "train") { Input = "2" },
            new RunHappening(RunId, RunStepState.Finished, "train") { Input = "2" });

        Assert.Equal(["validate", "train", "train"], spans.Select(span => span.OperationName));
        Assert.Equal([ActivityStatusCode.Ok, ActivityStatusCode.Error, ActivityStatusCode.Ok], spans.Select(span => span.Status));
        Assert.All(spans, span =>
        {
            Assert.Equal(RunTrace.ContextOf(RunId).TraceId, span.TraceId);
            Assert.Equal(RunTrace.ContextOf(RunId).SpanId, span.ParentSpanId);
            Assert.Equal(TimeSpan.FromSeconds(1), span.Duration);
        });
    }

    [Fact]
    public async Task QuarantinedSteps_OfUnfinishedRunsOfThisEngine_AreCounted()
    {
        var store = new DirectoryBlobStore(folder.FullName);
        var client = new Mock<IOrchestrationClient>();
        foreach (var (runId, engine) in new[] { ("20260101T000000-aaaaaa", "workspace"), ("20260101T000000-bbbbbb", "elsewhere") })
        {
            client.Setup(own => own.GetAsync(runId, It.IsAny<CancellationToken>())).ReturnsAsync(new OrchestrationState
            {
                InstanceId = runId,
                Name = "train-evaluate-promote",
                Version = "1",
                RuntimeStatus = OrchestrationRuntimeStatus.Running,
                CreatedAt = Start,
                LastUpdatedAt = Start,
                QuarantinedSteps = [new(runId, 3, "train", 5), new(runId, 4, "train", 5)],
            });
            var record = new RunRecord
            {
                RunId = runId,
                Pipeline = "p",
                PipelineHash = "ab",
                Model = "m",
                Parameters = ImmutableSortedDictionary<string, string>.Empty,
                Engine = engine,
                Status = RunStatus.Running,
                StartedAt = Start,
            };
            await store.WriteJsonAsync($"runs/{runId}/run.json", record, PipelinesJson.Default.RunRecord, BlobCondition.None);
            await store.WriteBytesAsync($"triggers/unfinished/p/{runId}", ReadOnlyMemory<byte>.Empty, BlobCondition.None);
        }

        using var models = new ServedModels(store, clock);
        using var telemetry = new RunTelemetry(
            new RunFeed(1), new RunStore(store), models, new RunEngine("workspace", client.Object), clock, NullLogger<RunTelemetry>.Instance);
        var measured = new ConcurrentQueue<double>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "mldurable.steps.quarantined")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((_, value, _, _) => measured.Enqueue(value));
        meters.Start();

        await telemetry.CountOnceAsync(CancellationToken.None);
        meters.RecordObservableInstruments();

        // Servers of other tests, which have none, are measured too.
        Assert.Equal([2.0], measured.Where(value => value > 0));
    }

    [Fact]
    public void ContextOf_OtherRuns_AreOtherTraces()
    {
        Assert.Equal(RunTrace.ContextOf(RunId), RunTrace.ContextOf(RunId));
        Assert.NotEqual(RunTrace.ContextOf(RunId).TraceId, RunTrace.ContextOf(RunId + "0").TraceId);
    }

    /// <summary>One process: it is told the happenings, a second apart.</summary>
    private async Task ObserveAsync(params RunHappening[] happenings)
    {
        var store = new DirectoryBlobStore(folder.FullName);
        using var models = new ServedModels(store, clock);
        using var telemetry = new RunTelemetry(new RunFeed(1), new RunStore(store), models, new RunEngine("workspace", Mock.Of<Orchestration.IOrchestrationClient>()), clock, NullLogger<RunTelemetry>.Instance);
        foreach (var happening in happenings)
        {
            await telemetry.ObserveAsync(happening, CancellationToken.None);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
