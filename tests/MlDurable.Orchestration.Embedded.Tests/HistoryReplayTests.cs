using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class HistoryReplayTests : IDisposable
{
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_other = Definitions.Orchestrator("other");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Check_ChangedMissingAndUnchangedCode_TellsTheFirstTwoBesideTheirOwner()
    {
        await using var engine = await EmbeddedEngine.OpenAsync(Waiting(s_signal.Name).Add(s_other, WaitFor(s_signal.Name)), new() { Directory = _directory.Path });
        await engine.Client.StartAsync(s_main, "", new() { InstanceId = "changed" });
        await engine.Client.StartAsync(s_other, "", new() { InstanceId = "missing" });
        while ((await engine.Client.GetAsync("changed"))!.CustomStatus is null || (await engine.Client.GetAsync("missing"))!.CustomStatus is null)
        {
            await Task.Yield();
        }

        Assert.Empty(HistoryReplay.Check(_directory.Path, Waiting(s_signal.Name).Add(s_other, WaitFor(s_signal.Name))).Mismatches);
        var replayed = HistoryReplay.Check(_directory.Path, Waiting("another"));

        Assert.Equal(2, replayed.Replayed);
        Assert.Equal(
            [("changed", OrchestrationErrorCodes.Nondeterminism), ("missing", OrchestrationErrorCodes.OrchestratorNotRegistered)],
            replayed.Mismatches.Select(mismatch => (mismatch.InstanceId, mismatch.Failure.Code!)).Order());
        Assert.Contains(
            "expected from the history: step 1: wait for event 'signal'; found now: step 1: wait for event 'another'",
            replayed.Mismatches.Single(mismatch => mismatch.InstanceId == "changed").Failure.ErrorMessage,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OnlyANewerVersionThere_ReplaysByTheSameMatchingAsTheEngine()
    {
        await using (var engine = await EmbeddedEngine.OpenAsync(Waiting(s_signal.Name), new() { Directory = _directory.Path }))
        {
            await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
            while ((await engine.Client.GetAsync("i"))!.CustomStatus is null)
            {
                await Task.Yield();
            }
        }

        var newer = s_main with { Version = "2" };
        var following = new OrchestrationCatalog().Add(newer, WaitFor(s_signal.Name));
        Assert.Equal(
            OrchestrationErrorCodes.OrchestratorNotRegistered, Assert.Single(HistoryReplay.Check(_directory.Path, following).Mismatches).Failure.Code);
        Assert.Empty(HistoryReplay.Check(_directory.Path, following, VersionMatchStrategy.CurrentOrOlder).Mismatches);
        var other = HistoryReplay.Check(
            _directory.Path, new OrchestrationCatalog().Add(newer, WaitFor("another")), VersionMatchStrategy.CurrentOrOlder);
        Assert.Contains("version '1', run by version '2'", Assert.Single(other.Mismatches).Failure.ErrorMessage, StringComparison.Ordinal);
    }

    private static OrchestrationCatalog Waiting(string signal) => new OrchestrationCatalog().Add(s_main, WaitFor(signal));

    private static Func<OrchestrationContext, string, Task<string>> WaitFor(string signal) => (context, _) =>
    {
        var received = context.WaitForExternalEventAsync(Definitions.Event(signal));
        context.SetCustomStatus("waiting", ConformanceJson.Default.String);
        return received;
    };
}
