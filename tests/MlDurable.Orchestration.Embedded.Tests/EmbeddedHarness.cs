using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>The embedded engine on a simulated disk and a virtual clock, with a journal so small that it rolls and compacts all the time.</summary>
internal sealed class EmbeddedHarness(SimulatedDisk? disk = null) : IEngineHarness
{
    private EmbeddedEngine? _engine;

    public SimulatedDisk Disk { get; } = disk ?? new();

    public VirtualTimeProvider Time { get; } = new(new(2026, 1, 31, 23, 59, 0, TimeSpan.Zero));

    public EmbeddedEngine Engine => _engine ?? throw new InvalidOperationException("The engine is not open.");

    public IOrchestrationClient Client => Engine.Client;

    public DateTimeOffset Now => Time.GetUtcNow();

    public EmbeddedEngineOptions Options => new()
    {
        Directory = "/simulated",
        Files = Disk.Mount(),
        TimeProvider = Time,
        ActivitySlots = 4,
        Pools = new Dictionary<string, int> { ["narrow"] = 1, ["wide"] = 3 },
        SegmentBytes = 4096,
        CompactionBytes = 8192,
        CompactionSegments = 4,
    };

    public async Task OpenAsync(OrchestrationCatalog catalog, VersionMatchStrategy versionMatch = VersionMatchStrategy.Strict) =>
        _engine = await EmbeddedEngine.OpenAsync(catalog, Options with { VersionMatch = versionMatch });

    public async Task CloseAsync()
    {
        await Engine.DisposeAsync();
        _engine = null;
    }

    public async Task CrashAsync()
    {
        Disk.PowerOff();
        await CloseAsync();
        Disk.PowerOn();
    }

    public Task AdvanceAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await CloseAsync();
        }
    }
}
