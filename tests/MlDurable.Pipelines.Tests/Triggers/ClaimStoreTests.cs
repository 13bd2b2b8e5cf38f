using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;
using Moq;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class ClaimStoreTests : IDisposable
{
    private const string Name = "schedule/churn/nightly/20260329T030000Z";

    private readonly TemporaryStore temporary = new();
    private readonly Mock<TimeProvider> clock = new();
    private readonly ClaimStore first;
    private readonly ClaimStore second;
    private readonly string runId = RunIds.Of(DateTimeOffset.UnixEpoch, Name);
    private DateTimeOffset now = DateTimeOffset.UnixEpoch;

    public ClaimStoreTests()
    {
        clock.Setup(time => time.GetUtcNow()).Returns(() => now);
        first = new(temporary.Store, "first", clock.Object);
        second = new(temporary.Store, "second", clock.Object);
    }

    [Fact]
    public async Task TryTakeAsync_TwoHosts_OneTakesIt()
    {
        Assert.True(await first.TryTakeAsync(Name, runId));
        Assert.False(await second.TryTakeAsync(Name, runId));
        Assert.True(await first.TryTakeAsync(Name, runId));
    }

    [Fact]
    public async Task TryTakeAsync_HolderDiedBeforeTheRun_IsTakenOverAfterTheLease()
    {
        await first.TryTakeAsync(Name, runId);
        now += ClaimStore.Lease;

        Assert.True(await second.TryTakeAsync(Name, runId));
        Assert.Equal("second", (await second.FindAsync(Name))!.Holder);
        Assert.False(await first.TryTakeAsync(Name, runId));
    }

    [Fact]
    public async Task TryTakeAsync_RunHasARecord_IsNobodysAnyMore()
    {
        await first.TryTakeAsync(Name, runId);
        await temporary.Store.WriteBytesAsync(RunStore.FileName(runId, "run.json"), "{}"u8.ToArray(), BlobCondition.None);
        now += ClaimStore.Lease;

        Assert.False(await first.TryTakeAsync(Name, runId));
        Assert.False(await second.TryTakeAsync(Name, runId));
    }

    [Fact]
    public async Task TryTakeAsync_ManyHostsAtOnce_OneTakesIt()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(host => new ClaimStore(temporary.Store, $"host-{host}", clock.Object).TryTakeAsync(Name, runId)));

        Assert.Single(taken, mine => mine);
    }

    public void Dispose() => temporary.Dispose();
}
