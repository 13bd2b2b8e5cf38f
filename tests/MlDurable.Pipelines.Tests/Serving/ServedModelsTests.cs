using System.Buffers;
using MlDurable.Orchestration.Conformance;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Training;
using MlDurable.Storage;
using MlDurable.Testing.Serving;
using Moq;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class ServedModelsTests : IAsyncLifetime
{
    private readonly TemporaryStore temporary = new();
    private readonly VirtualTimeProvider clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ServedModelsOptions options = new() { MaxVersions = 2 };
    private readonly Mock<IBlobStore> store = new();
    private SampleModels models = null!;
    private ServedModels served = null!;
    private int reads;
    private bool isDown;

    public async Task InitializeAsync()
    {
        models = await SampleModels.CreateAsync(temporary.Store);
        await models.AddAsync("baseline");
        await models.AddAsync("logistic-regression", ("l2", 1));
        await models.AddAsync("logistic-regression", ("l2", 10));
        await models.PromoteAsync(1);
        store.Setup(inner => inner.Description).Returns("the store");
        store.Setup(inner => inner.OpenReadAsync(It.IsAny<string>(), It.IsAny<string?>(), It.IsAny<CancellationToken>()))
            .Returns(async (string name, string? ifMatch, CancellationToken ct) =>
            {
                Interlocked.Increment(ref reads);
                return Volatile.Read(ref isDown)
                    ? throw new BlobStoreException(BlobStoreErrorCodes.StoreUnavailable, "the network is gone", name)
                    : await temporary.Store.OpenReadAsync(name, ifMatch, ct);
            });
        served = new ServedModels(store.Object, clock, options);
    }

    public Task DisposeAsync()
    {
        served.Dispose();
        temporary.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task GetAsync_AliasVersionAndDefault_GiveTheVersion()
    {
        Assert.Equal(1, (await served.GetAsync(SampleModels.Name)).Version);
        Assert.Equal(1, (await served.GetAsync(SampleModels.Name, "champion")).Version);
        Assert.Equal(3, (await served.GetAsync(SampleModels.Name, "3")).Version);
    }

    [Fact]
    public async Task GetAsync_ManyAtOnce_ReadTheModelOnce()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await served.GetAsync(SampleModels.Name))));
        Assert.Single(all.Select(model => model.Predictor).Distinct());
        Assert.Equal(5, reads); // the registry, the model, its manifest, its features and the schema
    }

    [Fact]
    public async Task Poll_AliasMoved_IsFollowedWithoutARequestWaiting()
    {
        var before = await served.GetAsync(SampleModels.Name);
        await models.PromoteAsync(2);
        Assert.Same(before, await served.GetAsync(SampleModels.Name));

        clock.Advance(options.PollInterval);
        await UntilAsync(async () => (await served.GetAsync(SampleModels.Name)).Version == 2);
        Assert.Equal(1, before.Predictor.Version.Number);
    }

    [Fact]
    public async Task RefreshAsync_AliasMoved_IsSeenWhenItReturns()
    {
        await served.GetAsync(SampleModels.Name);
        for (var i = 0; i < 20; i++)
        {
            var number = 2 + (i % 2);
            await models.PromoteAsync(number);
            await served.RefreshAsync(SampleModels.Name);
            Assert.Equal(number, (await served.GetAsync(SampleModels.Name)).Version);
        }
    }

    [Fact]
    public async Task RefreshAsync_RegistryUnreachable_KeepsTheLastGoodVersionAndSaysSo()
    {
        var confirmed = clock.GetUtcNow();
        Assert.Null((await served.GetAsync(SampleModels.Name)).StaleReason);
        isDown = true;
        clock.Advance(TimeSpan.FromSeconds(1));
        await served.RefreshAsync();

        var stale = await served.GetAsync(SampleModels.Name);
        Assert.Equal(1, stale.Version);
        Assert.Equal("the network is gone", stale.StaleReason);
        Assert.Equal(confirmed, stale.ConfirmedAt);

        isDown = false;
        await served.RefreshAsync();
        Assert.Null((await served.GetAsync(SampleModels.Name)).StaleReason);
        Assert.Equal(clock.GetUtcNow(), (await served.GetAsync(SampleModels.Name)).ConfirmedAt);
    }

    [Fact]
    public async Task RefreshAsync_NewVersionDamaged_KeepsTheLastGoodOne()
    {
        await served.GetAsync(SampleModels.Name);
        await temporary.Store.WriteBytesAsync($"models/{SampleModels.Name}/versions/2/model", new byte[] { 1, 2, 3 }, BlobCondition.None);
        await models.PromoteAsync(2);
        await served.RefreshAsync();

        var kept = await served.GetAsync(SampleModels.Name);
        Assert.Equal(1, kept.Version);
        Assert.Contains("is not the one that was registered", kept.StaleReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefreshAsync_TrainerOfTheNewVersionIsNotRegistered_KeepsTheLastGoodOne()
    {
        await served.GetAsync(SampleModels.Name);
        await models.AddAsync(new LevelsTrainer("elsewhere"));
        await models.PromoteAsync(4);
        await served.RefreshAsync();

        var kept = await served.GetAsync(SampleModels.Name);
        Assert.Equal(1, kept.Version);
        Assert.Contains("the trainer 'elsewhere'", kept.StaleReason, StringComparison.Ordinal);
        var exception = await Assert.ThrowsAsync<PipelineException>(async () => await served.GetAsync(SampleModels.Name, "4"));
        Assert.Equal("trainer-not-registered", exception.Code);
        Assert.StartsWith($"{SampleModels.Name}/4: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetAsync_TrainerOfOnesOwn_ScoresRowByRowAsATable()
    {
        var (number, model) = await models.AddAsync(new LevelsTrainer(LevelsTrainer.Registered));
        var loaded = await served.GetAsync(SampleModels.Name, $"{number}");
        var scored = JsonScoring.Score(new ReadOnlySequence<byte>(models.JsonBatch(200)), loaded.Predictor, maxRows: 200);

        Assert.Equal(models.Expected(model)[..200], scored.Result.Outputs);
    }

    [Fact]
    public async Task GetAsync_UnknownModel_IsNotLookedUpAgainForAWhile()
    {
        Assert.Equal("model-not-found", await CodeAsync("other"));
        Assert.Equal(1, reads);
        Assert.Equal("model-not-found", await CodeAsync("other"));
        Assert.Equal(1, reads);

        clock.Advance(options.FailureTime);
        Assert.Equal("model-not-found", await CodeAsync("other"));
        Assert.Equal(2, reads);
    }

    [Theory]
    [InlineData("strikes", "9", "version-not-found")]
    [InlineData("strikes", "challenger", "version-not-found")]
    [InlineData("..", "champion", "model-not-found")]
    [InlineData("a/b", "champion", "model-not-found")]
    [InlineData("", "champion", "model-not-found")]
    [InlineData("strikes", "99999999999999999999", "version-not-found")]
    public async Task GetAsync_NotThere_HasItsCode(string model, string selector, string code) => Assert.Equal(code, await CodeAsync(model, selector));

    [Fact]
    public async Task GetAsync_StoreDownFromTheBeginning_Recovers()
    {
        isDown = true;
        Assert.Equal(BlobStoreErrorCodes.StoreUnavailable, (await Assert.ThrowsAsync<BlobStoreException>(async () => await served.GetAsync(SampleModels.Name))).Code);
        isDown = false;
        clock.Advance(options.FailureTime);
        Assert.Equal(1, (await served.GetAsync(SampleModels.Name)).Version);
    }

    [Fact]
    public async Task GetAsync_MoreVersionsThanAllowed_DropsWhatWasUsedLeastRecently()
    {
        foreach (var selector in new[] { "1", "2", "champion", "3" })
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await served.GetAsync(SampleModels.Name, selector);
        }

        // The champion is version 1, so that "1" may stay.
        Assert.Equal([1, 3], served.Loaded.Select(model => model.Version).Distinct().Order());
    }

    [Fact]
    public async Task Poll_NobodyAsksForLong_ForgetsTheModel()
    {
        await served.GetAsync(SampleModels.Name);
        clock.Advance(options.IdleTime + options.PollInterval);
        Assert.Empty(served.Loaded);
    }

    private async Task<string> CodeAsync(string model, string selector = "champion") =>
        (await Assert.ThrowsAsync<PipelineException>(async () => await served.GetAsync(model, selector))).Code;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
