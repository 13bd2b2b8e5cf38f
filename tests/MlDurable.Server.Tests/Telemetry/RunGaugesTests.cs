using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using MlDurable.Api;
using MlDurable.Api.Telemetry;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Server.Tests.Telemetry;

public sealed class RunGaugesTests : IDisposable
{
    private const string RunId = "20260101T000000-aaaaaa";

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-gauges-");
    private readonly DirectoryBlobStore store;
    private readonly Mock<IOrchestrationClient> client = new();
    private readonly VirtualTimeProvider clock = new(Start);
    private readonly RunGauges gauges;

    public RunGaugesTests()
    {
        store = new DirectoryBlobStore(folder.FullName);
        gauges = new RunGauges(new RunStore(store), new RunEngine("workspace", client.Object), clock);
    }

    public void Dispose()
    {
        gauges.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task QuarantinedSteps_OfUnfinishedRunsOfThisEngine_AreCounted()
    {
        foreach (var (runId, engine) in new[] { (RunId, "workspace"), ("20260101T000000-bbbbbb", "elsewhere") })
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
            await AddRunAsync(runId, engine);
        }

        Assert.Equal([2.0], await FiguresAsync("mldurable.steps.quarantined"));
    }

    [Theory]
    [InlineData(RunStage.All, "plan.json")]
    [InlineData(RunStage.Score, "scoring.json")]
    public async Task WaitingAge_UntilTheFirstStepIsDone_IsThatOfTheRun(RunStage stage, string plan)
    {
        await AddRunAsync(RunId, "workspace", stage);
        await AddRunAsync("20260101T000000-bbbbbb", "elsewhere", stage);
        clock.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal([90.0], await FiguresAsync(RunMetrics.WaitingAge));

        await store.WriteBytesAsync($"runs/{RunId}/{plan}", "{}"u8.ToArray(), BlobCondition.None);
        Assert.Empty(await FiguresAsync(RunMetrics.WaitingAge));
        Assert.Equal([90.0], await FiguresAsync("mldurable.work.oldest.age"));
    }

    [Fact]
    public async Task CountAsync_EngineThatCannotBeReached_LeavesNoFigures()
    {
        await AddRunAsync(RunId, "workspace");
        clock.Advance(TimeSpan.FromSeconds(90));
        await gauges.CountAsync();
        client.Setup(engine => engine.GetAsync(RunId, It.IsAny<CancellationToken>())).ThrowsAsync(new IOException("gone"));

        await Assert.ThrowsAsync<IOException>(() => gauges.CountAsync());

        Assert.Empty(Figures(RunMetrics.WaitingAge));
    }

    private async Task AddRunAsync(string runId, string engine, RunStage stage = RunStage.All)
    {
        var record = new RunRecord
        {
            RunId = runId,
            Pipeline = "p",
            PipelineHash = "ab",
            Model = "m",
            Parameters = ImmutableSortedDictionary<string, string>.Empty,
            Engine = engine,
            Stage = stage,
            Status = RunStatus.Running,
            StartedAt = Start,
        };
        await store.WriteJsonAsync($"runs/{runId}/run.json", record, PipelinesJson.Default.RunRecord, BlobCondition.None);
        await store.WriteBytesAsync($"triggers/unfinished/p/{runId}", ReadOnlyMemory<byte>.Empty, BlobCondition.None);
    }

    private async Task<IEnumerable<double>> FiguresAsync(string gauge)
    {
        await gauges.CountAsync();
        return Figures(gauge);
    }

    /// <summary>What a gauge shows. Servers of other tests are heard too: they have run for less than a minute, and have no step in quarantine.</summary>
    private static IEnumerable<double> Figures(string gauge)
    {
        var measured = new ConcurrentQueue<double>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == gauge)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((_, value, _, _) => measured.Enqueue(value));
        meters.Start();
        meters.RecordObservableInstruments();
        return measured.Where(value => gauge.EndsWith(".age", StringComparison.Ordinal) ? value == 90 : value > 0);
    }
}
