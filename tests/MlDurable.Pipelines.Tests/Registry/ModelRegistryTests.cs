using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Registry;

public sealed class ModelRegistryTests : IDisposable
{
    private readonly TemporaryStore temporary = new();
    private readonly ModelRegistry registry;

    public ModelRegistryTests() => registry = new ModelRegistry(temporary.Store, TimeProvider.System);

    [Fact]
    public async Task RegisterAsync_NewModels_AreNumberedFromOne()
    {
        Assert.Equal(1, await RegisterAsync("a"));
        Assert.Equal(2, await RegisterAsync("b"));
        var document = await registry.ReadAsync("m");
        Assert.All(document.Versions, version => Assert.Equal(VersionStatus.Candidate, version.Status));
        Assert.Null(document.ChampionVersion);
    }

    [Fact]
    public async Task RegisterAsync_SameModelFile_IsTheSameVersion()
    {
        var first = await RegisterAsync("a");
        var written = 0;
        var again = await registry.RegisterAsync("m", Manifest("a", "other-run"), "roc-auc", 0.8, _ => Task.FromResult(written++));

        Assert.Equal(first, again);
        Assert.Equal(0, written);
    }

    [Fact]
    public async Task RegisterAsync_CrashWhileFilesAreWritten_IsCompletedByTheNextAttempt()
    {
        await Assert.ThrowsAsync<IOException>(
            () => registry.RegisterAsync("m", Manifest("a", "run"), "roc-auc", 0.8, _ => throw new IOException("crash")));
        Assert.Equal(VersionStatus.Registering, (await registry.ReadAsync("m")).Versions.Single().Status);
        await Assert.ThrowsAsync<PipelineException>(() => registry.PromoteAsync("m", Decision(1, null, "d")));

        Assert.Equal(1, await RegisterAsync("a"));
        Assert.Equal(VersionStatus.Candidate, (await registry.ReadAsync("m")).Versions.Single().Status);
    }

    [Fact]
    public async Task RegisterAsync_RegistryLost_TakesANumberThatNoModelFileHas()
    {
        await temporary.Store.WriteBytesAsync("models/m/versions/12/model", new byte[] { 1 }, BlobCondition.None);
        await temporary.Store.WriteBytesAsync("models/m/versions/3/model", new byte[] { 2 }, BlobCondition.None);

        Assert.Equal(13, await RegisterAsync("a"));
        Assert.Equal(14, await RegisterAsync("b"));
    }

    [Fact]
    public async Task RegisterAsync_ManyAtOnce_NumbersAreUnique()
    {
        var numbers = await Task.WhenAll(Enumerable.Range(0, 16).Select(index => Task.Run(() => RegisterAsync($"model-{index}"))));

        Assert.Equal(Enumerable.Range(1, 16), numbers.Order());
    }

    [Fact]
    public async Task PromoteAsync_ExpectedChampion_MovesTheAlias()
    {
        await RegisterAsync("a");
        Assert.Equal(AliasMove.Moved, await registry.PromoteAsync("m", Decision(1, null, "run-1")));

        var document = await registry.ReadAsync("m");
        Assert.Equal(1, document.ChampionVersion);
        Assert.Equal(VersionStatus.Approved, document.Find(1)!.Status);
        Assert.Equal("run-1", Assert.Single(document.History).DecisionId);
    }

    [Fact]
    public async Task PromoteAsync_RepeatedDecision_ChangesNothing()
    {
        await RegisterAsync("a");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));

        Assert.Equal(AliasMove.AlreadyMoved, await registry.PromoteAsync("m", Decision(1, null, "run-1")));
        Assert.Single((await registry.ReadAsync("m")).History);
    }

    [Fact]
    public async Task PromoteAsync_AnotherDecisionCameFirst_IsSuperseded()
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));

        Assert.Equal(AliasMove.Superseded, await registry.PromoteAsync("m", Decision(2, null, "run-2")));
        Assert.Equal(1, (await registry.ReadAsync("m")).ChampionVersion);
    }

    [Fact]
    public async Task PromoteAsync_ManyRace_ExactlyOneWins()
    {
        foreach (var index in Enumerable.Range(1, 12))
        {
            await RegisterAsync($"model-{index}");
        }

        var moves = await Task.WhenAll(Enumerable.Range(1, 12).Select(
            version => Task.Run(() => registry.PromoteAsync("m", Decision(version, null, $"run-{version}")))));

        Assert.Single(moves, move => move == AliasMove.Moved);
        Assert.Equal(11, moves.Count(move => move == AliasMove.Superseded));
        Assert.Single((await registry.ReadAsync("m")).History);
    }

    [Fact]
    public async Task PromoteAsync_NonInferior_KeepsTheAnchor()
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await RegisterAsync("c");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));
        await registry.PromoteAsync("m", Decision(2, 1, "run-2") with { ResetsAnchor = false });
        Assert.Equal(1, (await registry.ReadAsync("m")).AnchorVersion);

        await registry.PromoteAsync("m", Decision(3, 2, "run-3"));
        Assert.Equal(3, (await registry.ReadAsync("m")).AnchorVersion);
    }

    [Fact]
    public async Task RejectAsync_Candidate_BecomesTheChallenger()
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));
        await registry.RejectAsync("m", 2, "run 2", "run-2", "worse");
        await registry.RejectAsync("m", 2, "run 2", "run-2", "worse");

        var document = await registry.ReadAsync("m");
        Assert.Equal(2, document.Aliases[RegistryDocument.Challenger]);
        Assert.Equal(VersionStatus.Rejected, document.Find(2)!.Status);
        Assert.Equal(1, document.ChampionVersion);
        Assert.Equal(1, document.AnchorVersion);
        Assert.Equal(2, document.History.Length);
    }

    [Fact]
    public async Task PromoteAsync_Challenger_LosesThatAlias()
    {
        await RegisterAsync("a");
        await registry.RejectAsync("m", 1, "run 1", "run-1", "a gate");
        await registry.PromoteAsync("m", Decision(1, null, "by-hand"));

        Assert.DoesNotContain(RegistryDocument.Challenger, (await registry.ReadAsync("m")).Aliases.Keys);
    }

    [Fact]
    public async Task RollbackAsync_Twice_GoesBackTwoVersions()
    {
        foreach (var version in Enumerable.Range(1, 3))
        {
            await RegisterAsync($"model-{version}");
            await registry.PromoteAsync("m", Decision(version, version == 1 ? null : version - 1, $"run-{version}"));
        }

        Assert.Equal((3, 2), await registry.RollbackAsync("m", null, "ada", "back-1", "slow"));
        Assert.Equal((2, 1), await registry.RollbackAsync("m", null, "ada", "back-2", "slow"));
        var exception = await Assert.ThrowsAsync<PipelineException>(() => registry.RollbackAsync("m", null, "ada", "back-3", "slow"));
        Assert.Equal("nothing-to-roll-back", exception.Code);
        Assert.Equal(1, (await registry.ReadAsync("m")).ChampionVersion);
    }

    [Fact]
    public async Task RollbackAsync_RepeatedDecision_ChangesNothing()
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));
        await registry.PromoteAsync("m", Decision(2, 1, "run-2"));

        Assert.Equal((2, 1), await registry.RollbackAsync("m", null, "ada", "back", "slow"));
        Assert.Equal((2, 1), await registry.RollbackAsync("m", null, "ada", "back", "slow"));
    }

    [Fact]
    public async Task RollbackAsync_ToVersionThatNeverReigned_IsRefused()
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));

        var exception = await Assert.ThrowsAsync<PipelineException>(() => registry.RollbackAsync("m", 2, "ada", "back", "slow"));
        Assert.Contains("promote", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m", 1)]
    [InlineData("m@champion", 1)]
    [InlineData("models:/m@challenger", 2)]
    [InlineData("m/2", 2)]
    [InlineData("models:/m/1", 1)]
    public async Task ResolveAsync_Reference_FindsTheVersion(string reference, int expected)
    {
        await RegisterAsync("a");
        await RegisterAsync("b");
        await registry.PromoteAsync("m", Decision(1, null, "run-1"));
        await registry.RejectAsync("m", 2, "run 2", "run-2", "worse");

        Assert.Equal(expected, (await registry.ResolveAsync(reference)).Version.Number);
    }

    [Theory]
    [InlineData("x", "model-not-found")]
    [InlineData("m/9", "version-not-found")]
    [InlineData("m/+1", "version-not-found")]
    [InlineData("m@champion", "version-not-found")]
    public async Task ResolveAsync_NothingThere_SaysWhatThereIs(string reference, string code)
    {
        await RegisterAsync("a");

        Assert.Equal(code, (await Assert.ThrowsAsync<PipelineException>(() => registry.ResolveAsync(reference))).Code);
    }

    [Fact]
    public async Task ResolveAsync_AliasOfAVersionThatIsGone_NamesTheRegistry()
    {
        await RegisterAsync("a");
        var document = await registry.ReadAsync("m");
        await temporary.Store.WriteJsonAsync(
            "models/m/registry.json",
            document with { Aliases = document.Aliases.Add(RegistryDocument.Champion, 7) },
            PipelinesJson.Default.RegistryDocument,
            BlobCondition.None);

        var exception = await Assert.ThrowsAsync<PipelineException>(() => registry.ResolveAsync("m"));
        Assert.Equal("registry-broken", exception.Code);
        Assert.Contains("version 7", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registry_AnySequenceOfDecisions_KeepsItsLaws()
    {
        var decisions = Gen.Choose(0, 3).Zip(Gen.Choose(1, 4)).ListOf();
        Prop.ForAll(decisions.ToArbitrary(), steps => LawsHoldAsync([.. steps]).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    public void Dispose() => temporary.Dispose();

    private static async Task<bool> LawsHoldAsync(IReadOnlyList<(int Kind, int Version)> steps)
    {
        using var own = new TemporaryStore();
        var models = new ModelRegistry(own.Store, TimeProvider.System);
        foreach (var version in Enumerable.Range(1, 4))
        {
            await models.RegisterAsync("m", Manifest($"model-{version}", $"run-{version}"), "roc-auc", 0.8, _ => Task.CompletedTask);
        }

        for (var step = 0; step < steps.Count; step++)
        {
            var before = await models.ReadAsync("m");
            var (kind, version) = steps[step];
            switch (kind)
            {
                case 0:
                    await models.PromoteAsync("m", Decision(version, before.ChampionVersion, $"d{step}") with { ResetsAnchor = version % 2 == 0 });
                    break;
                case 1:
                    await models.PromoteAsync("m", Decision(version, before.ChampionVersion is null ? 1 : null, $"d{step}"));
                    break;
                case 2:
                    await models.RejectAsync("m", version, "by", $"d{step}", "worse");
                    break;
                default:
                    await Record.ExceptionAsync(() => models.RollbackAsync("m", null, "by", $"d{step}", "back"));
                    break;
            }

            var after = await models.ReadAsync("m");
            Assert.Equal(after.History.LastOrDefault(change => change.Alias == RegistryDocument.Champion)?.To, after.ChampionVersion);
            Assert.Equal(Enumerable.Range(1, after.History.Length).Select(sequence => (long)sequence), after.History.Select(change => change.Sequence));
            Assert.Equal(before.History, after.History.Take(before.History.Length));
            Assert.True(after.ChampionVersion is not { } champion || after.Find(champion)!.Status == VersionStatus.Approved);
        }

        return true;
    }

    private static ChampionDecision Decision(int version, int? expected, string decision) =>
        new(version, expected, ResetsAnchor: true, "test", decision, "better");

    private static Manifest Manifest(string content, string runId) => new()
    {
        ModelHash = ContentHash.OfParts(content),
        RunId = runId,
        Pipeline = "p",
        PipelineHash = "hash",
        Parameters = ImmutableSortedDictionary<string, string>.Empty,
        Dataset = new DatasetLineage(
            "hash",
            "features",
            [],
            new SplitLineage { By = "time", Validation = 0.15, Holdout = 0.2, Seed = 1, TrainingRows = 1, ValidationRows = 1, HoldoutRows = 1 }),
        Trainer = "baseline",
        TrainerVersion = "1",
        Hyperparameters = ImmutableSortedDictionary<string, double>.Empty,
        Seed = 1,
        Environment = new TrainingEnvironment("os", "x64", "10", "0.1", "code"),
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private Task<int> RegisterAsync(string content) =>
        registry.RegisterAsync("m", Manifest(content, "run"), "roc-auc", 0.8, prefix => temporary.Store.WriteBytesAsync(
            prefix + "model", new byte[] { 1 }, BlobCondition.None));
}
