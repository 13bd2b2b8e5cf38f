using System.Collections.Immutable;
using System.Text;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>A workspace of its own with the embedded engine, on the repository's bird strikes or on data of the test's.</summary>
internal sealed class FlowHarness : IAsyncDisposable
{
    public const string Pipeline = """
        pipeline: strikes
        seed: 7
        parameters:
          margin: { type: number, default: 0.05, minimum: 0 }
        data:
          files: strikes/*.csv
          label: { column: Effect Amount of damage, positive: { not: None } }
          time: Flight Date
          drop: [Cost Other, Cost Repair, "Cost Total $"]
        quality:
          - rows: { at-least: 100 }
          - column: Speed IAS in knots
            between: [0, 500]
        split: { by: time, validation: 0.15, holdout: 0.2 }
        train:
          search: { strategy: grid, parallel: 2 }
          candidates:
            - trainer: logistic-regression
              l2: [1, 10]
            - trainer: gradient-boosting
              trees: 20
              leaves: 8
        evaluate:
          primary: roc-auc
          slices: [Wildlife Size]
        promote:
          gates: ["roc-auc >= 0.6", better-than: baseline]
          versus-champion: { rule: non-inferior, margin: "${margin}" }
        """;

    private readonly TemporaryStore temporary = new();
    private EmbeddedEngine engine;
    private readonly ApprovalOptions? approvals;
    private readonly TimeProvider clock;
    private int runs;

    private FlowHarness(EmbeddedEngine? engine, ApprovalOptions? approvals, TimeProvider clock)
    {
        this.engine = engine!;
        this.approvals = approvals;
        this.clock = clock;
    }

    public IBlobStore Store => temporary.Store;

    public string Directory => temporary.Path;

    public EmbeddedEngine Engine => engine;

    /// <summary>What happens between an activity's write of a blob and whatever the activity does next.</summary>
    public Func<string, Task> AfterWrite { get; set; } = _ => Task.CompletedTask;

    public RunStore Runs => new(Store);

    public ModelRegistry Registry => new(Store, TimeProvider.System);

    public ApprovalDesk Desk => new(Store, engine.Client, TimeProvider.System, approvals);

    public ApprovalBook Approvals => new(Store);

    public RunLauncher Launcher => new(Store, engine.Client, "test", TimeProvider.System);

    /// <summary>Opens a workspace.</summary>
    /// <param name="approvals">How persons are asked.</param>
    /// <param name="clock">The clock of the engine; the system's by default.</param>
    public static async Task<FlowHarness> OpenAsync(ApprovalOptions? approvals = null, TimeProvider? clock = null)
    {
        var harness = new FlowHarness(null, approvals, clock ?? TimeProvider.System);
        harness.engine = await harness.OpenEngineAsync();
        return harness;
    }

    public static PipelineSource Source(string yaml = Pipeline, params (string Name, string Value)[] parameters)
    {
        var bytes = Encoding.UTF8.GetBytes(yaml);
        var values = parameters.ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value);
        var loaded = PipelineFile.Load("pipeline.yaml", bytes, new PipelineLoadOptions { Parameters = values });
        Assert.Empty(loaded.Problems);
        return new PipelineSource("pipeline.yaml", bytes, loaded.ContentHash, loaded.Definition!, values);
    }

    /// <summary>Puts years of the bird strikes into the data container.</summary>
    public async Task AddYearsAsync(int from, int to)
    {
        for (var year = from; year <= to; year++)
        {
            await AddAsync($"strikes/{year}.csv", await File.ReadAllBytesAsync(Path.Combine(SampleData, $"birdstrikes-{year}.csv")));
        }
    }

    public Task AddAsync(string name, byte[] content) => Store.WriteBytesAsync("data/" + name, content, BlobCondition.None);

    /// <summary>Starts a run.</summary>
    /// <param name="source">The pipeline; the harness's by default.</param>
    /// <param name="change">What is special about the start; nothing by default.</param>
    public async Task<string> StartAsync(PipelineSource? source = null, Func<RunStart, RunStart>? change = null)
    {
        var runId = RunIds.Of(TimeProvider.System.GetUtcNow(), $"{runs++}");
        var start = new RunStart(runId, source ?? Source(), "test");
        await Launcher.StartAsync(change?.Invoke(start) ?? start);
        return runId;
    }

    public async Task<RunRecord> RunAsync(PipelineSource? source = null, Func<RunStart, RunStart>? change = null) =>
        await Launcher.WaitAsync(await StartAsync(source, change));

    /// <summary>Starts a run, and waits until it asks for an approval.</summary>
    /// <returns>The run's identity.</returns>
    public async Task<string> StartUntilAskedAsync(PipelineSource source)
    {
        var asked = AskedAsync();
        var runId = await StartAsync(source);
        await asked;
        return runId;
    }

    /// <summary>Ends at the next request for approval.</summary>
    public Task AskedAsync() => HappenedAsync(EngineEventKind.ActivityCompleted, "request-approval");

    /// <summary>Ends when something happens to an activity the next time.</summary>
    public Task HappenedAsync(EngineEventKind kind, string activity)
    {
        var happened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Observed += change =>
        {
            if (change.Kind == kind && change.Name == activity)
            {
                happened.TrySetResult();
            }
        };
        return happened.Task;
    }

    /// <summary>Closes the engine and opens it again on the same journal.</summary>
    public async Task RestartAsync()
    {
        await engine.DisposeAsync();
        engine = await OpenEngineAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        temporary.Dispose();
    }

    internal static string SampleData => Repository.PathOf("samples", "bird-strikes", "data");

    private Task<EmbeddedEngine> OpenEngineAsync() => EmbeddedEngine.OpenAsync(
        FlowCatalog.Create(new ActivityStore(Store, name => AfterWrite(name)), TimeProvider.System, approvals),
        new EmbeddedEngineOptions { Directory = Path.Combine(temporary.Path, "journal"), TimeProvider = clock });

    private sealed class ActivityStore(IBlobStore inner, Func<string, Task> afterWrite) : IBlobStore
    {
        public string Description => inner.Description;

        public Task<BlobProperties?> GetPropertiesAsync(string name, CancellationToken ct = default) => inner.GetPropertiesAsync(name, ct);

        public Task<BlobReader> OpenReadAsync(string name, string? ifMatch = null, CancellationToken ct = default) => inner.OpenReadAsync(name, ifMatch, ct);

        public async Task<BlobProperties> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken ct = default)
        {
            var written = await inner.WriteAsync(name, content, condition, ct);
            await afterWrite(name);
            return written;
        }

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken ct = default) => inner.DeleteAsync(name, condition, ct);

        public IAsyncEnumerable<BlobProperties> ListAsync(string prefix, string? startAfter = null, CancellationToken ct = default) =>
            inner.ListAsync(prefix, startAfter, ct);
    }
}
