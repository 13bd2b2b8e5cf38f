using System.Text;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Tests.Orchestrations;

public sealed class FeaturizePartitionsTests
{
    [Fact]
    public async Task Featurize_NewPartitions_AreReadyForTheWholeFlow()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);

        var featurized = await flow.RunAsync(change: Featurize);
        var run = await flow.RunAsync();

        Assert.Equal((RunStatus.Completed, RunOutcome.Featurized), (featurized.Status, featurized.Outcome));
        Assert.Equal(RunStage.Featurize, featurized.Stage);
        Assert.Equal(new RunWork(4, 4, 4, 0, 0), featurized.Work);
        Assert.Null(featurized.Version);
        Assert.Equal(new RunWork(4, 0, 0, 4, 4), run.Work);
        Assert.True(await flow.Store.ExistsAsync(RunStore.FileName(featurized.RunId, "report.html")));
    }

    [Fact]
    public async Task Featurize_NothingNew_IsUnchanged()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);
        await flow.RunAsync(change: Featurize);

        var again = await flow.RunAsync(change: Featurize);

        Assert.Equal(RunOutcome.Unchanged, again.Outcome);
        Assert.Equal(new RunWork(2, 0, 0, 0, 0), again.Work);
    }

    [Fact]
    public async Task Featurize_BrokenPartition_IsQuarantined()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);
        await flow.RunAsync(change: Featurize);
        await flow.AddAsync("strikes/1992.csv", Encoding.UTF8.GetBytes("a,b\n1,2\n"));

        var run = await flow.RunAsync(change: Featurize);

        Assert.Equal(RunOutcome.Quarantined, run.Outcome);
        Assert.Equal("strikes/1992.csv", Assert.Single(run.Quarantined));
    }

    private static RunStart Featurize(RunStart start) => start with { Stage = RunStage.Featurize };
}
