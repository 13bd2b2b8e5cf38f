namespace MlDurable.Orchestration.Conformance;

public abstract class VersionConformance : ConformanceSuite
{
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");

    [Fact]
    public async Task Strict_NewerVersionBeside_EachRunsItsOwn()
    {
        await StartAsync("1");
        await Harness.OpenAsync(Versions("1", "2"));
        await Client.RaiseEventAsync("i", Signal, "");
        AssertCompleted("1 ran 1", await EndAsync("i"));
    }

    [Fact]
    public async Task Strict_OnlyANewerVersionThere_DoesNotRunIt()
    {
        await StartAsync("1");
        await Harness.OpenAsync(Versions("2"));
        await Client.RaiseEventAsync("i", Signal, "");
        await AssertStoppedAsync(OrchestrationErrorCodes.OrchestratorNotRegistered, Versions("1"));
    }

    [Fact]
    public async Task CurrentOrOlder_NewerVersionsThere_TheNextNewerRunsItAndKnowsItsVersion()
    {
        await StartAsync("1.9");
        await Harness.OpenAsync(Versions("1.2", "1.10", "1.11", "2"), VersionMatchStrategy.CurrentOrOlder);
        await Client.RaiseEventAsync("i", Signal, "");
        AssertCompleted("1.10 ran 1.9", await EndAsync("i"));
        Assert.Equal("1.9", (await Client.GetAsync("i"))!.Version);
    }

    [Fact]
    public async Task CurrentOrOlder_ItsOwnVersionThere_RunsIt()
    {
        await StartAsync("1.9");
        await Harness.OpenAsync(Versions("1.9", "1.10"), VersionMatchStrategy.CurrentOrOlder);
        await Client.RaiseEventAsync("i", Signal, "");
        AssertCompleted("1.9 ran 1.9", await EndAsync("i"));
    }

    [Fact]
    public async Task CurrentOrOlder_OnlyAnOlderVersionThere_DoesNotRunIt()
    {
        await StartAsync("10");
        await Harness.OpenAsync(Versions("9"), VersionMatchStrategy.CurrentOrOlder);
        await Client.RaiseEventAsync("i", Signal, "");
        await AssertStoppedAsync(OrchestrationErrorCodes.OrchestratorNotRegistered, Versions("10"));
    }

    [Fact]
    public async Task CurrentOrOlder_NewerCodeDoesNotFollowTheHistory_StopsThatInstance()
    {
        await StartAsync("1");
        await Harness.OpenAsync(
            new OrchestrationCatalog().Add(Echo, text => text).Add(
                Main with { Version = "2" }, (context, _) => context.CallSubOrchestratorAsync(s_child, "")),
            VersionMatchStrategy.CurrentOrOlder);
        await Client.RaiseEventAsync("i", Signal, "");
        await AssertStoppedAsync(OrchestrationErrorCodes.Nondeterminism, Versions("1"));
    }

    [Fact]
    public async Task CurrentOrOlder_StartAndCallOfAnOlderVersion_AreRunByTheNewer()
    {
        await Harness.OpenAsync(
            Catalog(async (context, _) => await context.CallSubOrchestratorAsync(s_child with { Version = "3" }, "")).Add(
                s_child with { Version = "4" }, (context, _) => Task.FromResult($"4 ran {context.Version}")),
            VersionMatchStrategy.CurrentOrOlder);
        await Client.StartAsync(Main with { Version = "0" }, "", new() { InstanceId = "i" });
        AssertCompleted("4 ran 3", await EndAsync("i"));
        Assert.Equal("0", (await Client.GetAsync("i"))!.Version);
        await ThrowsAsync(OrchestrationErrorCodes.OrchestratorNotRegistered, () => Client.StartAsync(Main with { Version = "2" }, ""));
    }

    /// <summary>That instance "i" cannot be run by the build that is open, and goes on in one that can.</summary>
    protected virtual async Task AssertStoppedAsync(string code, OrchestrationCatalog mended)
    {
        using var patience = new CancellationTokenSource(Patience);
        while ((await Client.GetAsync("i", patience.Token))!.Failure?.Code != code)
        {
            await Task.Yield();
        }

        Assert.False((await Client.GetAsync("i"))!.IsFinished);
        await Harness.CloseAsync();
        await Harness.OpenAsync(mended);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await EndAsync("i")).RuntimeStatus);
    }

    private async Task StartAsync(string version)
    {
        await Harness.OpenAsync(Versions(version));
        await Client.StartAsync(Main with { Version = version }, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.CloseAsync();
    }

    private static OrchestrationCatalog Versions(params string[] versions)
    {
        var catalog = new OrchestrationCatalog().Add(Echo, text => text);
        foreach (var version in versions)
        {
            catalog.Add(Main with { Version = version }, async (context, _) =>
            {
                await context.CallActivityAsync(Echo, "x");
                context.SetCustomStatus("waiting", ConformanceJson.Default.String);
                await context.WaitForExternalEventAsync(Signal);
                return $"{version} ran {context.Version}";
            });
        }

        return catalog;
    }
}
