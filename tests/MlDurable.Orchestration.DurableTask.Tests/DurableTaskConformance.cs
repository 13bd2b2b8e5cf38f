using System.Collections.Concurrent;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.DurableTask.Tests;

public sealed class DurableTaskActivityConformance : ActivityConformance
{
    // The cost of steps one after the other grows with the square of their number.
    protected override int Wide => 200;

    // Durable Task knows no priorities: it is kept and shown, and orders nothing.
    public override async Task Priority_Waiting_HighBeforeNormalBeforeLow()
    {
        var started = new ConcurrentQueue<string>();
        var go = new SemaphoreSlim(4);
        await OpenPrioritiesAsync(started, go);
        foreach (var id in new[] { "low", "normal", "high" })
        {
            AssertCompleted(id, await EndAsync(id));
        }

        Assert.Equal(["high", "low", "normal"], started.Order(StringComparer.Ordinal));
        AssertCompleted("fullfullfullfull", await EndAsync("full"));
    }

    [Fact]
    public async Task CallActivity_LeftBehind_HoldsUpTheEndAndIsNotTriedAgain()
    {
        var work = Definitions.Activity("work");
        var started = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            _ = context.CallActivityAsync(work, "", new() { Retry = new() { MaxAttempts = 5, FirstRetryInterval = TimeSpan.Zero } });
            var signal = await context.WaitForExternalEventAsync(Signal);
            context.SetCustomStatus("left", ConformanceJson.Default.String);
            return signal;
        }).Add(work, async (_, _) =>
        {
            Interlocked.Increment(ref runs);
            started.Release();
            await release.Task;
            throw new CodedException("late", "no");
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.WaitAsync());
        await Client.RaiseEventAsync("i", Signal, "a");
        await ReachAsync("i", "left");
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await Client.GetAsync("i"))!.RuntimeStatus);
        release.SetResult();
        AssertCompleted("a", await EndAsync("i"));
        Assert.Equal(1, runs);
    }

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

/// <summary>Instead of the quarantine and of the rewind, which this engine does not have.</summary>
public sealed class DurableTaskPoisonTests : PoisonSuite
{
    [Fact]
    public async Task Crash_TooOftenInOneActivity_FailsItWithoutARetry()
    {
        var poison = new Poison();
        var retry = new RetryPolicy { MaxAttempts = 100, FirstRetryInterval = TimeSpan.FromSeconds(1) };
        await CrashTooOftenAsync(poison.Catalog((context, _) => context.CallActivityAsync(Work, "x", new() { Retry = retry })), poison);

        AssertFailed(OrchestrationErrorCodes.ActivityPoisoned, await EndAsync("i"));
        Assert.Equal(5, poison.Runs);
        await ThrowsAsync(OrchestrationErrorCodes.NotSupported, () => Client.RetryStepAsync("i", 1, "why"));
        await ThrowsAsync(OrchestrationErrorCodes.NotSupported, () => Client.SkipStepAsync("i", 1, Json("by hand"), "why"));
        await ThrowsAsync(OrchestrationErrorCodes.NotSupported, () => Client.RewindAsync("i", "why"));
    }

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskTimerConformance : TimerConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskEventConformance : EventConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskSubOrchestrationConformance : SubOrchestrationConformance
{
    // Durable Task terminates all that an instance has started, or nothing of it.
    public override async Task ParentClose_Abandon_LeavesTheChildToItself(string how)
    {
        if (how == "is terminated")
        {
            await EndParentAsync(how, ParentClosePolicy.Abandon);
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i:1")).RuntimeStatus);
        }
        else
        {
            await base.ParentClose_Abandon_LeavesTheChildToItself(how);
        }
    }

    // A child begins with the turn that called it, whatever else came of that turn.
    public override async Task ParentClose_InTheTurnOfTheCall_BeginsOnlyTheAbandoned(ParentClosePolicy policy)
    {
        var child = Definitions.Orchestrator("child");
        AssertCompleted("left", await RunAsync(Catalog((context, input) =>
        {
            _ = context.CallSubOrchestratorAsync(child, "x", new() { ParentClosePolicy = policy });
            return Task.FromResult("left");
        }).Add(child, async (context, _) => await context.WaitForExternalEventAsync(Signal))));
        if (policy == ParentClosePolicy.Abandon)
        {
            await Client.RaiseEventAsync("i:1", Signal, "a");
            AssertCompleted("a", await EndAsync("i:1"));
        }
        else
        {
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i:1")).RuntimeStatus);
        }
    }

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskLifecycleConformance : LifecycleConformance
{
    // The order and the token are the backend's.
    public override async Task ListPage_WhileInstancesComeAndGo_ShowsEachOnceInTheOrderOfCreation()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        for (var number = 0; number < 10; number++)
        {
            await Client.StartAsync(Main, "", new() { InstanceId = $"i{number}" });
            await EndAsync($"i{number}");
        }

        var seen = new List<string>();
        string? token = null;
        do
        {
            var page = await Client.ListPageAsync(new(), 4, token);
            seen.AddRange(page.Instances.Select(state => state.InstanceId));
            token = page.ContinuationToken;
        }
        while (token is not null);
        Assert.Equal(Enumerable.Range(0, 10).Select(number => $"i{number}"), seen.Order(StringComparer.Ordinal));
    }

    public override async Task SingletonKey_IsHeldByOneUnfinishedInstance()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        await ThrowsAsync(OrchestrationErrorCodes.NotSupported, () => Client.StartAsync(Main, "", new() { SingletonKey = "one" }));
    }

    // Durable Task cannot reach an activity: it goes on to its end, and its result is dropped.
    public override async Task Terminate_Running_EndsItAndCancelsItsActivities()
    {
        var work = Definitions.Activity("work");
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = true;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog((context, _) => context.CallActivityAsync(work, "")).Add(work, async (context, _) =>
        {
            started.SetResult();
            await release.Task;
            cancelled = context.CancellationToken.IsCancellationRequested;
            ended.SetResult();
            return "";
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.Task);
        await Client.TerminateAsync("i", "enough");
        var state = await EndAsync("i");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, state.RuntimeStatus);
        Assert.Equal("enough", state.Failure!.ErrorMessage);
        Assert.Equal(OrchestrationErrorCodes.Terminated, state.Failure.Code);
        release.SetResult();
        await WithinAsync(ended.Task);
        Assert.False(cancelled);
        await Client.TerminateAsync("i", "again");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await Client.GetAsync("i"))!.RuntimeStatus);
    }

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskDeterminismConformance : DeterminismConformance
{
    // Durable Task compares the kinds and names of the steps that it kept: not inputs, not the custom status, not steps that are new at the end.
    // What it notices, it ends.
    public override async Task Replay_ChangedCode_ParksThatInstanceAloneUntilTheCodeIsMended(string change, string expected, string found)
    {
        await ChangeAsync(change);
        var state = await EndAsync("v");
        switch (change)
        {
            case "activity" or "kind" or "end":
                AssertFailed(OrchestrationErrorCodes.Nondeterminism, state);
                break;
            case "fewer":
                AssertFailed(OrchestrationErrorCodes.NonDurableAwait, state);
                break;
            default:
                AssertCompleted("a", state);
                break;
        }
    }

    // Nothing wakes Durable Task when a foreign task ends, so this is found only when the instance's next turn comes.
    public override async Task Await_OfForeignTask_FailsTheInstance()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var received = context.WaitForExternalEventAsync(Signal);
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await foreign.Task;
            return await received;
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Client.RaiseEventAsync("i", Signal, "a");
        AssertFailed(OrchestrationErrorCodes.NonDurableAwait, await EndAsync("i"));
    }

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskVersionConformance : VersionConformance
{
    // Durable Task has no way to leave an instance be: a worker that is given one must run it. Its own settings keep it from the worker. That the code of
    // a version is missing shows as a history that is not followed, once there is one.
    protected override async Task AssertStoppedAsync(string code, OrchestrationCatalog mended) =>
        AssertFailed(OrchestrationErrorCodes.Nondeterminism, await EndAsync("i"));

    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}

public sealed class DurableTaskFlowConformance : FlowConformance
{
    protected override IEngineHarness CreateHarness() => new DurableTaskHarness();
}
