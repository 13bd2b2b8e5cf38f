using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Orchestrations;

public sealed class ReplacedDataTests
{
    [Fact]
    public async Task Plan_BlobThatStartedTheRunWasReplaced_SaysSoAndNamesTheContentThatIsUsed()
    {
        await using var harness = await FlowHarness.OpenAsync();
        await harness.AddYearsAsync(1990, 1991);
        var kept = (await harness.Store.GetPropertiesAsync("data/strikes/1990.csv"))!;
        var replaced = new TriggerBlob("strikes/1991.csv", "an-earlier-etag", 5);
        var runId = RunIds.Of(TimeProvider.System.GetUtcNow(), "replaced");
        await harness.Launcher.StartAsync(new RunStart(runId, FlowHarness.Source(), "test")
        {
            Trigger = new RunTrigger(RunTriggerKind.Data),
            Blobs = [new TriggerBlob("strikes/1990.csv", kept.ETag, kept.Length), replaced],
        });
        var record = await harness.Launcher.WaitAsync(runId);

        Assert.Equal(RunStatus.Completed, record.Status);
        var plan = (await harness.Runs.PlanAsync(runId))!;
        Assert.Equal(replaced, Assert.Single(plan.Replaced));
        Assert.Equal((await harness.Store.GetPropertiesAsync("data/strikes/1991.csv"))!.ETag, plan.Partitions[1].ETag);
    }
}
