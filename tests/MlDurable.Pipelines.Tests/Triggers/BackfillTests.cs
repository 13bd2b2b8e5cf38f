using MlDurable.Orchestration;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Pipelines.Tests.Triggers;

public sealed class BackfillTests
{
    private static readonly DateTimeOffset From = new(1993, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ScheduleDefinition Yearly = new() { Name = "yearly", Cron = "0 0 0 1 1 *" };

    [Fact]
    public async Task Backfill_OfInstants_MakesTheRunsThatWouldHaveBeenMade()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        await using var then = await FlowHarness.OpenAsync();
        await then.AddYearsAsync(1990, 1992);
        var expected = await then.RunAsync();

        var progress = await RunAsync(flow, Request(From, From.AddYears(2)));

        Assert.Equal((3, 0, 0), (progress.Completed, progress.Failed, progress.Open));
        Assert.NotNull(progress.Backfill.FinishedAt);
        Assert.Equal([From, From.AddYears(1), From.AddYears(2)], progress.Backfill.Items.Select(item => item.AsOf!.Value));
        Assert.Equal(RunOutcome.Promoted, progress.Runs[0]!.Outcome);
        Assert.Equal(new RunTrigger(RunTriggerKind.Backfill) { Name = progress.Backfill.Id }, progress.Runs[0]!.Trigger);

        // Each is compared with the champion that the one before it left, as it would have been.
        Assert.Equal(progress.Runs[0]!.ChampionAfter, progress.Runs[1]!.ChampionBefore);
        Assert.Equal(expected.Leaderboard.Select(candidate => candidate.Validation["roc-auc"]), progress.Runs[0]!.Leaderboard.Select(candidate => candidate.Validation["roc-auc"]));
    }

    [Fact]
    public async Task Backfill_OfPartitions_IsOneRunForEach()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1994);

        var progress = await RunAsync(flow, Partitions("strikes/1991.csv", "strikes/1993.csv") with { Stage = RunStage.Featurize, Parallel = 3 });

        Assert.Equal(["strikes/1991.csv", "strikes/1992.csv", "strikes/1993.csv"], progress.Backfill.Items.Select(item => item.Through));
        Assert.Equal([2, 3, 4], progress.Runs.Select(run => run!.Work!.Partitions));
        Assert.All(progress.Runs, run => Assert.Equal(RunStage.Featurize, run!.Stage));

        // Nobody waits for the past: runs of today come first.
        var instances = await flow.Engine.Client.ListAsync(new()).ToListAsync();
        Assert.Equal(4, instances.Count);
        Assert.All(instances, instance => Assert.Equal(OrchestrationPriority.Low, instance.Priority));
        Assert.All(progress.Runs, run => Assert.Equal(RunPriority.Low, run!.Priority));
    }

    [Fact]
    public async Task Backfill_SameRequestAgain_IsTheSameAndRunsNothing()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1992);
        var request = Partitions(null, null) with { Stage = RunStage.Featurize };
        var first = await RunAsync(flow, request);
        await flow.AddYearsAsync(1993, 1993);

        var second = await RunAsync(flow, request);

        Assert.Equal(first.Backfill.Id, second.Backfill.Id);
        Assert.Equal(first.Runs.Select(run => run!.FinishedAt), second.Runs.Select(run => run!.FinishedAt));
        Assert.Equal(3, (await flow.Runs.ListAsync().ToListAsync()).Count);
    }

    [Fact]
    public async Task Backfill_RunFails_TheOthersGoOn()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1992, 1993);

        var progress = await RunAsync(flow, Request(From.AddYears(-2), From.AddYears(1)));

        Assert.Equal((2, 2), (progress.Completed, progress.Failed));
        Assert.Equal([RunStatus.Failed, RunStatus.Failed, RunStatus.Completed, RunStatus.Completed], progress.Runs.Select(run => run!.Status));
    }

    [Fact]
    public async Task Backfill_Again_MakesOnlyWhatHasNotCompleted()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1992, 1993);
        var request = Request(From.AddYears(-2), From.AddYears(1));
        var first = await RunAsync(flow, request);
        await flow.AddYearsAsync(1990, 1991);

        var again = await RunAsync(flow, request with { Again = true });
        var nothing = await RunAsync(flow, request with { Again = true });

        Assert.Equal(first.Backfill.Id + "-2", again.Backfill.Id);
        Assert.Equal([From.AddYears(-2), From.AddYears(-1)], again.Backfill.Items.Select(item => item.AsOf!.Value));
        Assert.Equal((2, 0), (again.Completed, again.Failed));
        Assert.Equal(again.Backfill.Id, nothing.Backfill.Id);
    }

    [Fact]
    public async Task Backfill_StopsOnFailure_BeginsNoFurtherRun()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1992, 1993);

        var progress = await RunAsync(flow, Request(From.AddYears(-2), From.AddYears(1)) with { StopsOnFailure = true });

        Assert.Equal((0, 1, 3), (progress.Completed, progress.Failed, progress.Open));
        Assert.NotNull(progress.Backfill.FinishedAt);
    }

    [Fact]
    public async Task Backfill_EngineClosedInTheMiddle_GoesOnAndRepeatsNothing()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        var request = Request(From, From.AddYears(2));
        var between = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityCompleted, Name: "train" })
            {
                between.TrySetResult();
            }
        };
        var backfill = await StartAsync(flow, request);
        await between.Task;
        await flow.RestartAsync();
        await flow.Launcher.ReconcileAsync();
        var ended = new List<string>();
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.InstanceCompleted })
            {
                ended.Add(change.InstanceId);
            }
        };

        Assert.Equal(backfill.Id, (await StartAsync(flow, request)).Id);
        await flow.Engine.Client.WaitForCompletionAsync(backfill.Id);

        var progress = await new BackfillStore(flow.Store).ProgressAsync(backfill);
        Assert.Equal((3, 0), (progress.Completed, progress.Failed));
        Assert.Equal(ended.Distinct(), ended);
        Assert.Equal(3, (await flow.Runs.ListAsync().ToListAsync()).Count);
    }

    [Fact]
    public async Task Cancel_EndsTheBackfillAndItsRuns()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1995);
        var training = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.Engine.Observed += change =>
        {
            if (change is { Kind: EngineEventKind.ActivityStarted, Name: "train" })
            {
                training.TrySetResult();
            }
        };
        var backfill = await StartAsync(flow, Request(From, From.AddYears(2)));
        await training.Task;

        await flow.Launcher.CancelBackfillAsync(backfill.Id, "not now");

        var progress = await new BackfillStore(flow.Store).ProgressAsync((await new BackfillStore(flow.Store).FindAsync(backfill.Id))!);
        Assert.NotNull(progress.Backfill.FinishedAt);
        Assert.Equal(RunStatus.Cancelled, progress.Runs[0]!.Status);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await flow.Engine.Client.GetAsync(backfill.Id))!.RuntimeStatus);
        Assert.Equal("run-ended", (await Assert.ThrowsAsync<PipelineException>(() => flow.Launcher.CancelBackfillAsync(backfill.Id, "again"))).Code);
    }

    [Fact]
    public async Task Plan_WritesNothingAndSaysWhatIsThere()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);

        var planned = await Launcher(flow).PlanAsync(Request(From, From.AddYears(2)));

        Assert.Equal(3, (await new BackfillStore(flow.Store).ProgressAsync(planned)).Open);
        Assert.Empty(await flow.Store.ListAsync("triggers/").ToListAsync());
        Assert.Empty(await flow.Runs.ListAsync().ToListAsync());
    }

    [Theory]
    [InlineData("other range")]
    [InlineData("other stage")]
    [InlineData("other parameter")]
    [InlineData("other file")]
    public async Task Plan_OtherRequest_IsAnotherBackfill(string what)
    {
        await using var flow = await FlowHarness.OpenAsync();
        var request = Request(From, From.AddYears(2));
        var other = what switch
        {
            "other range" => Request(From, From.AddYears(1)),
            "other stage" => request with { Stage = RunStage.Featurize },
            "other parameter" => request with { Pipeline = FlowHarness.Source(FlowHarness.Pipeline, ("margin", "0.1")) },
            _ => request with { Pipeline = FlowHarness.Source(FlowHarness.Pipeline + "\n# changed\n") },
        };

        var ids = new[] { request, other, request with { Parallel = 7 } }.Select(asked => Launcher(flow).PlanAsync(asked).GetAwaiter().GetResult().Id).ToList();

        Assert.NotEqual(ids[0], ids[1]);
        Assert.Equal(ids[0], ids[2]);
    }

    [Fact]
    public async Task Plan_Impossible_SaysWhy()
    {
        await using var flow = await FlowHarness.OpenAsync();
        await flow.AddYearsAsync(1990, 1991);
        var now = TimeProvider.System.GetUtcNow();
        var everySecond = new ScheduleDefinition { Name = "often", Every = TimeSpan.FromSeconds(1) };
        (string Code, BackfillRequest Request)[] impossible =
        [
            ("backfill-empty", Request(From.AddDays(1), From.AddDays(2))),
            ("backfill-empty", Partitions("strikes/1995.csv", null)),
            ("backfill-future", Request(From, now.AddYears(2))),
            ("backfill-too-large", Request(From, From.AddYears(1)) with { Range = new BackfillRange.Instants(everySecond, From, From.AddYears(1)) }),
            ("no-score", Partitions(null, null) with { Stage = RunStage.Score }),
        ];

        Assert.All(
            impossible,
            expected => Assert.Equal(expected.Code, Assert.Throws<PipelineException>(() => Launcher(flow).PlanAsync(expected.Request).GetAwaiter().GetResult()).Code));
    }

    private static BackfillRequest Request(DateTimeOffset from, DateTimeOffset to) =>
        new(FlowHarness.Source(), new BackfillRange.Instants(Yearly, from, to), "test");

    private static BackfillRequest Partitions(string? from, string? to) => new(FlowHarness.Source(), new BackfillRange.Partitions(from, to), "test");

    private static BackfillLauncher Launcher(FlowHarness flow) => new(flow.Store, "test", TimeProvider.System);

    private static async Task<Backfill> StartAsync(FlowHarness flow, BackfillRequest request) =>
        await Launcher(flow).StartAsync(request.Pipeline, await Launcher(flow).PlanAsync(request), flow.Engine.Client);

    private static async Task<BackfillProgress> RunAsync(FlowHarness flow, BackfillRequest request)
    {
        var backfill = await StartAsync(flow, request);
        await flow.Engine.Client.WaitForCompletionAsync(backfill.Id);
        var store = new BackfillStore(flow.Store);
        return await store.ProgressAsync((await store.FindAsync(backfill.Id))!);
    }
}
