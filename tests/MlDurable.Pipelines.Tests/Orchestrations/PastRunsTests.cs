using System.Text;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Orchestrations;

/// <summary>Runs that are made as if in the past.</summary>
public sealed class PastRunsTests
{
    private static readonly DateTimeOffset Middle = new(1993, 7, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task AsOf_PartitionsAndRowsAfterIt_AreNotUsed()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);

        var run = await flow.RunAsync(change: start => start with { AsOf = Middle });

        var plan = await flow.Runs.PlanAsync(run.RunId);
        Assert.Equal(["strikes/1990.csv", "strikes/1991.csv", "strikes/1992.csv", "strikes/1993.csv"], plan!.Partitions.Select(partition => partition.Name));
        var dataset = await flow.Runs.DatasetAsync(run.RunId);
        Assert.Equal(Middle, dataset!.Split.Until);
        Assert.True(dataset.Partitions.Sum(partition => partition.Rows) > dataset.Split.TrainingRows + dataset.Split.ValidationRows + dataset.Split.HoldoutRows);
        var evaluation = await flow.Runs.EvaluationAsync(run.RunId);
        Assert.True(evaluation!.Rows.To < Middle);
        Assert.Equal(RunOutcome.Promoted, run.Outcome);
        Assert.True((await new Reproduction(flow.Store).ReproduceAsync(run.RunId)).Identical);
    }

    [Theory]
    [InlineData("window: { last: 2 }", 2)]
    [InlineData("window: { days: 300 }", 4)]
    public async Task AsOf_Windows_AreRelativeToIt(string window, int partitions)
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        var source = FlowHarness.Source(FlowHarness.Pipeline.Replace("  time: Flight Date", "  time: Flight Date\n  " + window, StringComparison.Ordinal));

        var run = await flow.RunAsync(source, start => start with { AsOf = Middle });

        Assert.Equal(partitions, (await flow.Runs.PlanAsync(run.RunId))!.Partitions.Length);
        var evaluation = await flow.Runs.EvaluationAsync(run.RunId);
        Assert.InRange(evaluation!.Rows.To!.Value, Middle.AddDays(-10), Middle);
    }

    [Fact]
    public async Task AsOf_LaterPartitionIsBroken_DoesNotMatter()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1993);
        await flow.AddAsync("strikes/1994.csv", Encoding.UTF8.GetBytes("Flight Date\n1994-01-01\n"));

        var run = await flow.RunAsync(change: start => start with { AsOf = Middle });

        Assert.Equal(RunOutcome.Promoted, run.Outcome);
    }

    [Fact]
    public async Task Through_IsWhatARunBeforeTheLaterPartitionsMade()
    {
        await using var then = await FlowHarness.OpenAsync();
        await then.AddYearsAsync(1990, 1993);
        var expected = await then.RunAsync();
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);

        var run = await flow.RunAsync(change: start => start with { Through = "strikes/1993.csv" });

        Assert.Equal(expected.Leaderboard.Select(candidate => candidate.ModelHash), run.Leaderboard.Select(candidate => candidate.ModelHash));
    }

    [Fact]
    public async Task AsOf_ChampionOfItsOwnTime_IsNotReplacedNorComparedWith()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        await flow.RunAsync();
        var before = await flow.Registry.ReadAsync("strikes");

        var run = await flow.RunAsync(change: start => start with { AsOf = Middle });

        Assert.Equal(RunOutcome.Kept, run.Outcome);
        Assert.Equal((1, 1), (run.ChampionBefore, run.ChampionAfter));
        Assert.Contains("version 1, which was made from later data, stays champion", run.Summary, StringComparison.Ordinal);
        var after = await flow.Registry.ReadAsync("strikes");
        Assert.Equal(before.Aliases, after.Aliases);
        Assert.Equal(VersionStatus.Candidate, after.Find(2)!.Status);
        Assert.Empty((await flow.Runs.EvaluationAsync(run.RunId))!.VersusChampion);
    }

    [Fact]
    public async Task AsOf_InOrder_EachIsComparedWithTheChampionOfItsTime()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);

        var first = await flow.RunAsync(change: start => start with { AsOf = Middle });
        var second = await flow.RunAsync(change: start => start with { AsOf = Middle.AddYears(1) });
        var back = await flow.RunAsync(change: start => start with { AsOf = Middle.AddYears(-1) });

        Assert.Equal(1, first.ChampionAfter);
        Assert.NotEmpty((await flow.Runs.EvaluationAsync(second.RunId))!.VersusChampion);
        Assert.Null((await flow.Runs.EvaluationAsync(second.RunId))!.LaterChampion);
        Assert.NotNull((await flow.Runs.EvaluationAsync(back.RunId))!.LaterChampion);
        Assert.NotEqual(RunOutcome.Promoted, back.Outcome);
    }

    [Fact]
    public async Task Through_ChampionOfLaterPartitions_IsNotReplaced()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        await flow.RunAsync();

        var run = await flow.RunAsync(change: start => start with { Through = "strikes/1993.csv" });

        Assert.Equal(RunOutcome.Kept, run.Outcome);
        Assert.Equal(1, (await flow.Registry.ReadAsync("strikes")).ChampionVersion);
    }

    [Fact]
    public async Task AsOf_WithoutATimeColumn_IsRefusedBeforeAnythingIsWritten()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);
        var source = FlowHarness.Source(FlowHarness.Pipeline
            .Replace("  time: Flight Date\n", "", StringComparison.Ordinal)
            .Replace("by: time", "by: hash", StringComparison.Ordinal));

        var refused = await Assert.ThrowsAsync<PipelineException>(() => flow.StartAsync(source, start => start with { AsOf = Middle }));

        Assert.Equal("as-of-needs-time", refused.Code);
        Assert.Empty(await flow.Runs.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task AsOf_BeforeAllData_SaysSo()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);

        var run = await flow.RunAsync(change: start => start with { AsOf = Middle.AddYears(-30) });

        Assert.Equal("no-partitions", run.Failure!.Code);
        Assert.Contains("before 1963-07-01T00:00:00Z", run.Failure.Message, StringComparison.Ordinal);
    }
}
