using System.Collections.Concurrent;
using System.Text;
using MlDurable.Orchestration.Conformance;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>A store, a clock, and runs that are only recorded; as many hosts as a test wants.</summary>
internal sealed class DataWatchHarness(IBlobStore? store = null)
{
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    public IBlobStore Store { get; } = store ?? new MemoryStore();

    public VirtualTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public DataTriggerDefinition Trigger { get; set; } = new() { QuietFor = TimeSpan.FromMinutes(5) };

    public int BlobsPerReconcile { get; set; } = 1_000;

    public RecordedRuns Runs { get; } = new();

    public static PipelineSource Source(DataTriggerDefinition trigger)
    {
        var source = FlowHarness.Source();
        return source with { Definition = source.Definition with { Triggers = new TriggersDefinition { Data = trigger } } };
    }

    public DataWatch Host(string name = "host", HostStore? view = null)
    {
        IBlobStore seen = view is null ? Store : view;
        var source = Source(Trigger);
        return new DataWatch(
            seen,
            _ => Task.FromResult<IReadOnlyList<PipelineSource>>([source]),
            Runs.On(seen),
            new ClaimStore(seen, name, Clock),
            new DataWatchOptions { SettleFor = Settle, BlobsPerReconcile = BlobsPerReconcile },
            Clock);
    }

    public async Task<DataNotification> AddAsync(string name, string content = "x") =>
        DataNotification.Of(await Store.WriteBytesAsync("data/" + name, Encoding.UTF8.GetBytes(content), BlobCondition.None));
}

/// <summary>Runs by identity, as a launcher makes them: idempotently, with a record in the store.</summary>
internal sealed class RecordedRuns
{
    private readonly ConcurrentDictionary<string, RunStart> started = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> ended = new(StringComparer.Ordinal);

    public IReadOnlyCollection<RunStart> All => [.. started.Values.OrderBy(run => run.RunId, StringComparer.Ordinal)];

    public IReadOnlyList<string> Effects => [.. All.SelectMany(run => run.Blobs).Select(blob => $"{blob.Name} {blob.ETag}")];

    public void EndAll()
    {
        foreach (var run in started.Keys)
        {
            ended[run] = true;
        }
    }

    public IRunStarter On(IBlobStore store) => new Starter(this, store);

    private sealed class Starter(RecordedRuns runs, IBlobStore store) : IRunStarter
    {
        public async Task<bool> StartAsync(RunStart start, CancellationToken cancellationToken = default)
        {
            var first = runs.started.GetOrAdd(start.RunId, start);
            Assert.Equal(first.Stage, start.Stage);
            Assert.Equal(first.Blobs.AsEnumerable(), start.Blobs);
            await store.WriteBytesAsync(RunStore.FileName(start.RunId, "run.json"), "{}"u8.ToArray(), BlobCondition.None, cancellationToken);
            return ReferenceEquals(first, start);
        }

        public Task<IReadOnlyList<RunRecord>> UnfinishedAsync(string pipeline, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<RunRecord>>([.. runs.started.Keys.Where(run => !runs.ended.ContainsKey(run)).Select(Record)]);

        public Task CancelAsync(string runId, string reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        private static RunRecord Record(string runId) => new()
        {
            RunId = runId,
            Pipeline = "strikes",
            PipelineHash = "hash",
            Model = "strikes",
            Parameters = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty,
            Engine = "test",
            RequestedBy = "test",
            Status = RunStatus.Running,
            StartedAt = DateTimeOffset.UnixEpoch,
        };
    }
}
