using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class PurgeTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Fact]
    public async Task PurgeAsync_OfOneNameInManyBites_TakesTheChildrenOfEach()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Catalog());
        for (var number = 0; number < 700; number++)
        {
            await harness.Client.StartAsync(s_main, "child", new() { InstanceId = $"{number}" });
        }

        for (var number = 0; number < 700; number++)
        {
            await harness.Client.WaitForCompletionAsync($"{number}").WaitAsync(s_patience);
        }

        await harness.AdvanceAsync(TimeSpan.FromDays(1));

        var progress = await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now, Name = s_main.Name });

        Assert.Equal(new PurgeProgress(1400, true), progress);
        Assert.Empty(await harness.Client.ListAsync(new()).ToListAsync());
    }

    [Fact]
    public async Task PurgeAsync_ChildThatOutlivesItsRoot_GoesWhenItMeetsThePolicyItself()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = Catalog();
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "abandon", new() { InstanceId = "root" });
        await harness.Client.WaitForCompletionAsync("root").WaitAsync(s_patience);
        await harness.AdvanceAsync(TimeSpan.FromDays(1));
        Assert.Equal(1, (await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now })).Purged);
        await harness.Client.RaiseEventAsync("root:1", s_signal, "");
        await harness.Client.WaitForCompletionAsync("root:1").WaitAsync(s_patience);
        await harness.CrashAsync();
        await harness.OpenAsync(catalog);
        await harness.AdvanceAsync(TimeSpan.FromDays(1));

        Assert.Equal(0, (await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now - TimeSpan.FromDays(2) })).Purged);
        Assert.Equal(0, (await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now, Name = s_main.Name })).Purged);
        Assert.Equal(1, (await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now, Name = s_child.Name })).Purged);
    }

    [Fact]
    public async Task PurgeAsync_WithoutTimeAndManyThatStayBefore_ForgetsSome()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Catalog());
        await Parallel.ForAsync(0, 5000, async (number, cancellationToken) =>
            await harness.Client.StartAsync(s_main, "wait", new() { InstanceId = $"{number}" }, cancellationToken));
        await harness.AdvanceAsync(TimeSpan.FromDays(1));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "last" });
        await harness.Client.WaitForCompletionAsync("last").WaitAsync(s_patience);
        await harness.AdvanceAsync(TimeSpan.FromDays(1));

        var progress = await harness.Client.PurgeAsync(new PurgePolicy { EndedBefore = harness.Now }, within: TimeSpan.Zero);

        Assert.Equal(1, progress.Purged);
    }

    private static OrchestrationCatalog Catalog() => new OrchestrationCatalog()
        .Add(s_main, async (context, input) =>
        {
            switch (input)
            {
                case "child":
                    return await context.CallSubOrchestratorAsync(s_child, "");
                case "abandon":
                    _ = context.CallSubOrchestratorAsync(s_child, "wait", new() { ParentClosePolicy = ParentClosePolicy.Abandon });
                    return "";
                case "wait":
                    return await context.WaitForExternalEventAsync(s_signal);
                default:
                    return "";
            }
        })
        .Add(s_child, (context, input) => input == "wait" ? context.WaitForExternalEventAsync(s_signal) : Task.FromResult(input));
}
