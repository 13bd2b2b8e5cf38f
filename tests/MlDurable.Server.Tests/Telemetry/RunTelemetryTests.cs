using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using MlDurable.Api;
using MlDurable.Api.Telemetry;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
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
        using var gauges = new RunGauges(new RunStore(store), new RunEngine("workspace", Mock.Of<IOrchestrationClient>()), clock);
        using var telemetry = new RunTelemetry(new RunFeed(1), new RunStore(store), models, gauges, clock, NullLogger<RunTelemetry>.Instance);
        foreach (var happening in happenings)
        {
            await telemetry.ObserveAsync(happening, CancellationToken.None);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
