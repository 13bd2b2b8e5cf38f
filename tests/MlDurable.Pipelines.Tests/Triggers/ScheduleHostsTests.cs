using System.Globalization;
using MlDurable.Orchestration;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Orchestrations;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using MlDurable.Testing.Azurite;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>Two hosts with engines of their own tick one schedule on one real store, through the night in which summer time ends.</summary>
public sealed class ScheduleHostsTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Hours = 12;
    private static readonly DateTimeOffset Evening = DateTimeOffset.Parse("2026-10-24T20:00:00Z", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("directory")]
    [InlineData("azurite")]
    public async Task TickAsync_TwoEnginesOneIsClosedMidway_EachInstantIsOneRunThatEnds(string kind)
    {
        using var temporary = new TemporaryStore();
        using var journals = new TemporaryStore();
        var store = kind == "azurite" ? BlobStoreFactory.Open(azurite.ConnectionString) : temporary.Store;
        var time = new VirtualTimeProvider(Evening);

        // There is no data: each run ends at its first step, which is enough to see which engine carried it out.
        var source = FlowHarness.Source(
            FlowHarness.Pipeline + "\ntriggers:\n  - schedule: { name: hourly, cron: \"0 0 * * * *\", zone: Europe/Berlin, overlap: allow, catch-up: all }\n");
        await new PipelineDeployments(store, time).DeployAsync(source, "ada");
        await using var first = await Host.OpenAsync("first", store, time, journals.Path);
        await using var second = await Host.OpenAsync("second", store, time, journals.Path);
        await Task.WhenAll(first.TickAsync(), second.TickAsync());
        for (var hour = 1; hour <= Hours; hour++)
        {
            time.Advance(TimeSpan.FromHours(1));
            if (hour % 4 == 0)
            {
                // What the first host claims while its engine is closed, it starts when it is back.
                await first.CloseAsync();
                await first.TickAsync();
                await first.OpenAsync();
            }
            else if (hour % 4 == 2)
            {
                await second.TickAsync();
            }

            await Task.WhenAll(first.TickAsync(), second.TickAsync());
        }

        time.Advance(ClaimStore.Lease);
        await Task.WhenAll(first.TickAsync(), second.TickAsync());
        var runs = await new RunStore(store).ListAsync(CancellationToken.None).ToListAsync();
        foreach (var run in runs)
        {
            await (run.Engine == "first" ? first : second).WaitAsync(run.RunId);
        }

        Assert.Equal(
            Enumerable.Range(1, Hours).Select(hour => Evening.AddHours(hour)),
            runs.Select(run => run.Trigger.Nominal!.Value).Order());
        Assert.Equal(["first", "second"], runs.Select(run => run.Engine).Distinct().Order(StringComparer.Ordinal));
        await foreach (var run in new RunStore(store).ListAsync(CancellationToken.None))
        {
            Assert.Equal(RunStatus.Failed, run.Status);
        }
    }

    private sealed class Host(string name, IBlobStore store, VirtualTimeProvider time, string journals) : IAsyncDisposable
    {
        private EmbeddedEngine engine = null!;
        private ScheduleTicker ticker = null!;

        public static async Task<Host> OpenAsync(string name, IBlobStore store, VirtualTimeProvider time, string journals)
        {
            var host = new Host(name, store, time, journals);
            await host.OpenAsync();
            return host;
        }

        public async Task OpenAsync()
        {
            engine = await EmbeddedEngine.OpenAsync(
                FlowCatalog.Create(store, time), new EmbeddedEngineOptions { Directory = Path.Combine(journals, name), TimeProvider = time });
            var launcher = new RunLauncher(store, engine.Client, name, time);
            await launcher.ReconcileAsync();
            ticker = new ScheduleTicker(store, launcher, name, time);
        }

        public Task<ScheduleTick> TickAsync() => ticker.TickAsync();

        public async Task CloseAsync() => await engine.DisposeAsync();

        public async Task WaitAsync(string runId) => await engine.Client.WaitForCompletionAsync(runId).WaitAsync(Patience);

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
