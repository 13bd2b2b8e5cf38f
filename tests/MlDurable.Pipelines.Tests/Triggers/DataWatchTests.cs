using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class DataWatchTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(5);
    private readonly DataWatchHarness harness = new();

    [Fact]
    public async Task TickAsync_QuietPeriodIsOver_GivesAllWaitingBlobsToOneRun()
    {
        var host = harness.Host();
        var first = await harness.AddAsync("strikes/1.csv");
        await host.NotifyAsync([first, first]);
        harness.Clock.Advance(Quiet - TimeSpan.FromSeconds(1));
        await host.NotifyAsync([await harness.AddAsync("strikes/2.csv"), first]);
        harness.Clock.Advance(Quiet - TimeSpan.FromSeconds(1));
        await host.TickAsync();
        Assert.Empty(harness.Runs.All);

        harness.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.TickAsync();
        await host.TickAsync();

        var run = Assert.Single(harness.Runs.All);
        Assert.Equal(["strikes/1.csv", "strikes/2.csv"], run.Blobs.Select(blob => blob.Name));
        Assert.Equal(RunTriggerKind.Data, run.Trigger.Kind);
        Assert.StartsWith("20260301T120000-", run.RunId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotifyAsync_QuietForZero_HasStartedTheRunWhenItReturns()
    {
        harness.Trigger = new DataTriggerDefinition { QuietFor = TimeSpan.Zero, Stage = RunStage.Score };

        await harness.Host().NotifyAsync([await harness.AddAsync("strikes/1.csv")]);

        Assert.Equal(RunStage.Score, Assert.Single(harness.Runs.All).Stage);
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(null, 30)]
    public async Task TickAsync_CountOrBytesReached_StartsTheRun(int? count, int? bytes)
    {
        harness.Trigger = new DataTriggerDefinition { QuietFor = null, Count = count, Bytes = bytes };
        var host = harness.Host();
        await host.NotifyAsync([await harness.AddAsync("strikes/1.csv", new string('x', 10)), await harness.AddAsync("strikes/2.csv", new string('x', 10))]);
        await host.TickAsync();
        Assert.Empty(harness.Runs.All);

        await host.NotifyAsync([await harness.AddAsync("strikes/3.csv", new string('x', 10))]);
        await host.TickAsync();

        Assert.Equal(3, harness.Runs.Effects.Count);
    }

    [Fact]
    public async Task TickAsync_Marker_CompletesItsFolderOnceAndIsNoData()
    {
        harness.Trigger = new DataTriggerDefinition { QuietFor = null, Marker = "_SUCCESS" };
        var host = harness.Host();
        var blob = await harness.AddAsync("strikes/1.csv");
        await host.NotifyAsync([blob]);
        harness.Clock.Advance(TimeSpan.FromDays(1));
        await host.TickAsync();
        Assert.Empty(harness.Runs.All);

        var marker = await harness.AddAsync("strikes/_SUCCESS", content: "");
        await host.NotifyAsync([marker]);
        await host.TickAsync();
        harness.Runs.EndAll();
        await host.NotifyAsync([marker, await harness.AddAsync("strikes/2.csv")]);
        await host.TickAsync();

        Assert.Equal([$"strikes/1.csv {blob.ETag}"], harness.Runs.Effects);
    }

    [Fact]
    public async Task TickAsync_RunIsUnfinished_BlobsWaitForItsEndAndJoinOneRun()
    {
        harness.Trigger = new DataTriggerDefinition { QuietFor = TimeSpan.Zero };
        var host = harness.Host();
        await host.NotifyAsync([await harness.AddAsync("strikes/1.csv")]);
        await host.NotifyAsync([await harness.AddAsync("strikes/2.csv")]);
        await host.NotifyAsync([await harness.AddAsync("strikes/3.csv")]);
        Assert.Single(harness.Runs.All);
        Assert.Equal(2, (await host.StateAsync("strikes"))!.Waiting);

        harness.Runs.EndAll();
        await host.TickAsync();

        Assert.Equal(2, harness.Runs.All.Count);
        Assert.Equal(3, harness.Runs.Effects.Count);
    }

    [Fact]
    public async Task ReconcileAsync_BlobThatNobodyToldOf_IsGivenToARun()
    {
        var host = harness.Host();
        await harness.AddAsync("strikes/1.csv");
        await harness.AddAsync("elsewhere/1.csv");
        await host.ReconcileAsync();
        Assert.Equal(1, (await host.StateAsync("strikes"))!.Waiting);

        harness.Clock.Advance(Quiet);
        await host.TickAsync();
        harness.Runs.EndAll();
        await host.ReconcileAsync();
        harness.Clock.Advance(Quiet);
        await host.ReconcileAsync();

        Assert.Single(harness.Runs.Effects);
    }

    [Fact]
    public async Task ReconcileAsync_EmptyOrGrowingBlob_IsLeftAloneUntilItIsWhole()
    {
        harness.Trigger = new DataTriggerDefinition { QuietFor = TimeSpan.Zero };
        var host = harness.Host();
        await harness.AddAsync("strikes/1.csv", content: "");
        await host.ReconcileAsync();
        Assert.Equal(0, (await host.StateAsync("strikes"))!.Waiting);

        for (var length = 1; length <= 5; length++)
        {
            await harness.AddAsync("strikes/1.csv", new string('x', length));
            await host.NotifyAsync([new DataNotification("data/strikes/1.csv")]);
            harness.Clock.Advance(DataWatchHarness.Settle - TimeSpan.FromSeconds(1));
            await host.TickAsync();
        }

        Assert.Empty(harness.Runs.All);
        harness.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.TickAsync();
        Assert.Equal(5, Assert.Single(Assert.Single(harness.Runs.All).Blobs).Length);
    }

    [Fact]
    public async Task TickAsync_BlobWasReplacedWhileItWaited_TheContentThatIsThereIsGivenAfterAQuietPeriod()
    {
        var host = harness.Host();
        await host.NotifyAsync([await harness.AddAsync("strikes/1.csv", "old")]);
        var newer = await harness.AddAsync("strikes/1.csv", "newer");
        harness.Clock.Advance(Quiet);
        await host.TickAsync();
        Assert.Empty(harness.Runs.All);

        harness.Clock.Advance(Quiet);
        await host.TickAsync();

        Assert.Equal([$"strikes/1.csv {newer.ETag}"], harness.Runs.Effects);
    }

    [Fact]
    public async Task TickAsync_BlobWasDeletedWhileItWaited_IsForgotten()
    {
        var host = harness.Host();
        await host.NotifyAsync([await harness.AddAsync("strikes/1.csv"), new DataNotification("data/strikes/never.csv", "0x1", 5)]);
        await harness.Store.DeleteAsync("data/strikes/1.csv", BlobCondition.None);
        harness.Clock.Advance(Quiet);
        await host.TickAsync();

        Assert.Empty(harness.Runs.All);
        Assert.Equal(0, (await host.StateAsync("strikes"))!.Waiting);
    }

    [Fact]
    public async Task TickAsync_ClockWasSetBack_DoesNotWaitUntilItHasCaughtUp()
    {
        var host = harness.Host();
        await host.NotifyAsync([await harness.AddAsync("strikes/1.csv")]);
        await host.TickAsync();
        harness.Clock.SetClock(harness.Clock.GetUtcNow().AddYears(-1));
        await host.TickAsync();
        harness.Clock.Advance(Quiet);
        await host.TickAsync();

        Assert.Single(harness.Runs.All);
    }

    [Theory]
    [InlineData("other/strikes/1.csv")]
    [InlineData("data/strikes/../../1.csv")]
    [InlineData("data/strikes/sub/1.csv")]
    [InlineData("data/strikes/1.txt")]
    [InlineData("data/")]
    [InlineData("")]
    public async Task NotifyAsync_NameThatConcernsNobody_IsLeftOut(string blob)
    {
        var host = harness.Host();

        await host.NotifyAsync([new DataNotification(blob, "0x1", 5), new DataNotification(blob)]);

        Assert.Equal(0, (await host.StateAsync("strikes"))!.NotFolded);
    }

    [Fact]
    public async Task NotifyAsync_ManyAtOnce_AreWrittenTogether()
    {
        var host = harness.Host();
        await host.StateAsync("strikes");
        var notifications = new List<DataNotification>();
        for (var index = 0; index < 200; index++)
        {
            notifications.Add(await harness.AddAsync($"strikes/{index}.csv"));
        }

        // The first write is held until all others are asked for.
        var release = new TaskCompletionSource();
        var slow = new Moq.Mock<IBlobStore>();
        var writes = 0;
        slow.Setup(store => store.WriteAsync(Moq.It.IsAny<string>(), Moq.It.IsAny<Stream>(), Moq.It.IsAny<BlobCondition>(), Moq.It.IsAny<CancellationToken>()))
            .Returns(async (string name, Stream content, BlobCondition condition, CancellationToken token) =>
            {
                writes++;
                await release.Task;
                return await harness.Store.WriteAsync(name, content, condition, token);
            });
        var source = DataWatchHarness.Source(harness.Trigger);
        var watch = new DataWatch(
            slow.Object,
            _ => Task.FromResult<IReadOnlyList<PipelineSource>>([source]),
            harness.Runs.On(harness.Store),
            new ClaimStore(harness.Store, "host", harness.Clock),
            new DataWatchOptions(),
            harness.Clock);
        var all = notifications.Select(notification => watch.NotifyAsync([notification])).ToList();
        release.SetResult();
        await Task.WhenAll(all);

        Assert.Equal(2, writes);
        harness.Clock.Advance(Quiet);
        await host.TickAsync();
        Assert.Equal(200, harness.Runs.Effects.Count);
    }

    [Fact]
    public async Task ReconcileAsync_ManyPagesAndReplacedBlobs_GoesOnAtTheCursorAndForgetsWhatIsGone()
    {
        harness.BlobsPerReconcile = 7;
        for (var index = 0; index < 50; index++)
        {
            await harness.AddAsync($"strikes/{index:00}.csv");
        }

        // Another host each time: all state is in the store.
        for (var page = 0; page < 8; page++)
        {
            await harness.Host($"host-{page}").ReconcileAsync();
        }

        harness.Clock.Advance(Quiet);
        await harness.Host().TickAsync();
        Assert.Equal(50, harness.Runs.Effects.Count);
        Assert.Equal(50, (await harness.Host().StateAsync("strikes"))!.ListedBlobs);
        harness.Runs.EndAll();

        // Thousands of given blobs, so that a ledger is written; most of them are deleted later.
        harness.BlobsPerReconcile = 2_000;
        for (var index = 0; index < 5_000; index++)
        {
            await harness.AddAsync($"strikes/more-{index:0000}.csv");
        }

        await DrainAsync(4);
        Assert.Equal(5_050, harness.Runs.Effects.Count);
        for (var index = 0; index < 4_900; index++)
        {
            await harness.Store.DeleteAsync($"data/strikes/more-{index:0000}.csv", BlobCondition.None);
        }

        await DrainAsync(4);

        Assert.Equal(150, (await harness.Host().StateAsync("strikes"))!.Given);
        Assert.Equal(5_050, harness.Runs.Effects.Distinct().Count());
        Assert.Equal(5_050, harness.Runs.Effects.Count);
    }

    [Fact]
    public async Task ReconcileAsync_DamagedLedger_IsReportedAndNothingIsStartedTwice()
    {
        for (var index = 0; index < 4_100; index++)
        {
            await harness.AddAsync($"strikes/{index}.csv");
        }

        harness.BlobsPerReconcile = 10_000;
        await DrainAsync(2);
        var ledger = "";
        await foreach (var blob in harness.Store.ListAsync("triggers/state/data/strikes/ledger/"))
        {
            ledger = blob.Name;
        }

        var content = await harness.Store.ReadBytesAsync(ledger, 1 << 20);
        content[100] ^= 1;
        await harness.Store.WriteBytesAsync(ledger, content, BlobCondition.None);

        var failure = Assert.Single((await Assert.ThrowsAsync<AggregateException>(() => harness.Host().ReconcileAsync())).InnerExceptions);

        Assert.Equal("data-ledger-corrupt", Assert.IsType<PipelineException>(failure).Code);
        Assert.Equal(4_100, harness.Runs.Effects.Count);
    }

    [Fact]
    public async Task TickAsync_HostDiedBetweenClaimAndStart_TheOtherStartsTheSameRunAfterTheLease()
    {
        var view = new HostStore(harness.Store);
        var first = harness.Host("first", view);
        var blob = await harness.AddAsync("strikes/1.csv");
        await first.NotifyAsync([blob]);
        harness.Clock.Advance(Quiet);

        // The batch, the deleted notification and the claim are the changes that it still makes.
        view.HalfStepsLeft = 6;
        await Assert.ThrowsAsync<AggregateException>(() => first.TickAsync());
        var second = harness.Host("second");
        await second.TickAsync();
        var starting = (await second.StateAsync("strikes"))!.StartingRun;
        Assert.NotNull(starting);
        harness.Clock.Advance(ClaimStore.Lease);
        await second.TickAsync();

        Assert.Equal(starting, Assert.Single(harness.Runs.All).RunId);
        Assert.Null((await second.StateAsync("strikes"))!.StartingRun);
    }

    private async Task DrainAsync(int pages)
    {
        for (var page = 0; page < pages; page++)
        {
            await harness.Host().ReconcileAsync();
        }

        harness.Clock.Advance(Quiet);
        await harness.Host().TickAsync();
        harness.Runs.EndAll();
    }
}
