using System.Text;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using MlDurable.Testing.Azurite;

namespace MlDurable.Pipelines.Tests.Triggers;

/// <summary>The real stores and real processes. The full sizes are measured by `bench/triggers/run`.</summary>
public sealed class ArrivalScenarioTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Directory_DuplicatesLossesAndAKilledHost_OneEffectPerBlob()
    {
        using var temporary = new TemporaryStore();

        var outcome = await ArrivalScenario.RunAsync(temporary.Path, uploads: 1_000);

        Assert.Equal((1_000, 1_000), (outcome.Effects, outcome.Blobs));
    }

    [Fact]
    public async Task Azurite_DuplicatesLossesAndAKilledHost_OneEffectPerBlob()
    {
        var outcome = await ArrivalScenario.RunAsync(azurite.ConnectionString, uploads: 600);

        Assert.Equal((600, 600), (outcome.Effects, outcome.Blobs));
    }

    [Fact]
    public async Task Azurite_ThousandsOfBlobsThatNobodyToldOf_OneListingFindsThem()
    {
        var store = BlobStoreFactory.Open(azurite.ConnectionString);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (index, token) =>
            await store.WriteBytesAsync($"data/strikes/{index:00000}.csv", Encoding.ASCII.GetBytes($"{index}"), BlobCondition.None, token));
        var harness = new DataWatchHarness(store) { BlobsPerReconcile = 100_000, Trigger = new DataTriggerDefinition { QuietFor = TimeSpan.FromMinutes(1) } };
        await Task.WhenAll(harness.Host("first").ReconcileAsync(), harness.Host("second").ReconcileAsync());
        Assert.Equal(2_000, (await harness.Host().StateAsync("strikes"))!.Waiting);

        harness.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(harness.Host("first").TickAsync(), harness.Host("second").TickAsync());
        harness.Clock.Advance(ClaimStore.Lease);
        await harness.Host().TickAsync();

        Assert.Single(harness.Runs.All);
        Assert.Equal(2_000, harness.Runs.Effects.Distinct().Count());
        Assert.Equal(2_000, harness.Runs.Effects.Count);
    }
}
