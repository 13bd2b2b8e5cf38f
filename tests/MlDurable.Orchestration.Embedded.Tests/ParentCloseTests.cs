using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class ParentCloseTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Theory]
    [InlineData("completes")]
    [InlineData("continues")]
    [InlineData("is terminated")]
    public async Task PowerLoss_AtEveryDiskOperation_NoChildOutlivesItsParentUndecided(string how)
    {
        var ended = 0;
        var lost = true;
        for (var failAt = 1; lost; failAt++)
        {
            (lost, var disk) = await RunAsync(failAt, how);
            disk.PowerOn(new Random(failAt));
            var table = new InstanceTable();
            JournalRecovery.Recover(disk.Mount(), table.Apply);
            if (table.Find("i") is not { } parent || (parent.Ended is null && parent.Generation == 0))
            {
                continue;
            }

            ended++;
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, table.Find("i:1")!.Ended);
            Assert.Null(table.Find("i:2")!.Ended);
            Assert.NotNull(table.Find("i:4"));
            Assert.Null(table.Find("i:5"));
        }

        Assert.True(ended > 0, "No power loss came after the end of the parent.");
    }

    private static async Task<(bool PowerLost, SimulatedDisk Disk)> RunAsync(int failAt, string how)
    {
        await using var harness = new EmbeddedHarness();
        harness.Disk.FailAt = failAt;
        try
        {
            await harness.OpenAsync(Catalog(how));
            await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
            using var patience = new CancellationTokenSource(s_patience);
            while ((await harness.Client.GetAsync("i:2", patience.Token))?.CustomStatus is null)
            {
                await Task.Yield();
            }

            await harness.Client.RaiseEventAsync("i", s_signal, "");
            if (how == "is terminated")
            {
                while ((await harness.Client.GetAsync("i:4", patience.Token))?.CustomStatus is null)
                {
                    await Task.Yield();
                }

                await harness.Client.TerminateAsync("i", "enough");
            }

            await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);

            // Something after the end, whose loss must not take the end with it.
            for (var number = 0; number < 5; number++)
            {
                await harness.Client.RaiseEventAsync("i:2", Definitions.Event("other"), "");
            }

            return (false, harness.Disk);
        }
        catch (OrchestrationException exception) when (exception.Code == EmbeddedErrorCodes.JournalWriteFailed)
        {
            // The power loss that was asked for.
            return (true, harness.Disk);
        }
    }

    private static OrchestrationCatalog Catalog(string how) => new OrchestrationCatalog()
        .Add(s_main, async (context, input) =>
        {
            if (context.Generation > 0)
            {
                return "";
            }

            Call(ParentClosePolicy.Terminate);
            Call(ParentClosePolicy.Abandon);
            await context.WaitForExternalEventAsync(s_signal);
            Call(ParentClosePolicy.Abandon);
            if (how == "is terminated")
            {
                await context.WaitForExternalEventAsync(s_signal);
            }

            Call(ParentClosePolicy.Terminate);
            if (how == "continues")
            {
                context.ContinueAsNew("", ConformanceJson.Default.String);
            }

            return "";

            void Call(ParentClosePolicy policy) => _ = context.CallSubOrchestratorAsync(s_child, "", new() { ParentClosePolicy = policy });
        })
        .Add(s_child, (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return context.WaitForExternalEventAsync(s_signal);
        });
}
