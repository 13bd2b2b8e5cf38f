using System.Collections.Concurrent;
using System.Globalization;

namespace MlDurable.Orchestration.Conformance;

/// <summary>Rewind: a failed instance goes on from the step that ended it.</summary>
public abstract class RewindConformance : ConformanceSuite
{
    private static readonly ActivityDefinition<string, string> s_step = Definitions.Activity("step");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");

    private readonly ConcurrentQueue<string> _began = [];
    private readonly ConcurrentQueue<string> _keys = [];
    private volatile int _failuresLeft;

    [Fact]
    public async Task Rewind_OfAFailedStep_TriesItAgainAndKeepsTheOthers()
    {
        var catalog = StepCatalog(async (context, _) =>
            await context.CallActivityAsync(s_step, "a") + await context.CallActivityAsync(s_step, "!b") + await context.CallActivityAsync(s_step, "c"));
        await FailAsync(catalog, failures: 1);

        await Client.RewindAsync("i", "cured");

        AssertCompleted("a!bc", await EndAsync("i"));
        Assert.Equal(["a", "!b", "!b", "c"], _began);
        Assert.Equal(3, _keys.Distinct().Count());
    }

    [Fact]
    public async Task Rewind_OfACleanedUpFailure_NeverUsesAnIdempotencyKeyForAnotherCall()
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            try
            {
                await context.CallActivityAsync(s_step, "!b");
                return await context.CallActivityAsync(s_step, "next");
            }
            catch (TaskFailedException)
            {
                await context.CallActivityAsync(s_step, $"cleanup {context.NewGuid()}");
                throw;
            }
        });
        await FailAsync(catalog, failures: 1);

        await Client.RewindAsync("i", "cured");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);

        AssertCompleted("next", await EndAsync("i"));

        // The step that is tried again may have begun before the crash and once more after it.
        Assert.Equal(["i/0/1", "i/0/2", "i/0/3"], _keys.Distinct());
        Assert.Equal("i/0/3", _keys.Last());
    }

    [Fact]
    public async Task Rewind_OfAStepWithRetries_GivesItAllItsAttemptsAnew()
    {
        var retry = new RetryPolicy { MaxAttempts = 3, FirstRetryInterval = TimeSpan.FromMilliseconds(1) };
        var catalog = StepCatalog((context, _) => context.CallActivityAsync(s_step, "!b", new() { Retry = retry }));
        await FailAsync(catalog, failures: 8);
        Assert.Equal(3, _began.Count);

        await Client.RewindAsync("i", "cured, so they say");
        AssertFailed(OrchestrationErrorCodes.TaskFailed, await EndAdvancingAsync("i"));
        Assert.Equal(6, _began.Count);

        await Client.RewindAsync("i", "cured");
        AssertCompleted("!b", await EndAdvancingAsync("i"));
        Assert.Equal(9, _began.Count);
    }

    [Fact]
    public async Task Rewind_OfAFanOutThatFailedInSeveralPlaces_TriesThoseAgainAndNoOther()
    {
        var catalog = StepCatalog(async (context, _) => string.Concat(await Task.WhenAll(
            new[] { "a", "!b", "c", "!d", "e" }.Select(name => context.CallActivityAsync(s_step, name)))));
        await FailAsync(catalog, failures: 2);

        await Client.RewindAsync("i", "cured");

        AssertCompleted("a!bc!de", await EndAsync("i"));
        Assert.Equal(["!b", "!b", "!d", "!d", "a", "c", "e"], _began.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rewind_OfAFailedSubOrchestration_RewindsIt()
    {
        var catalog = StepCatalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(
            s_child, async (context, _) => await context.CallActivityAsync(s_step, "a") + await context.CallActivityAsync(s_step, "!b"));
        await FailAsync(catalog, failures: 1);
        Assert.Equal("i", (await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RewindAsync("i:1", "alone"))).Message.Split('\'')[3]);

        await Client.RewindAsync("i", "cured");

        AssertCompleted("a!b", await EndAsync("i"));
        AssertCompleted("a!b", await EndAsync("i:1"));
        Assert.Equal(["a", "!b", "!b"], _began);
    }

    [Theory]
    [InlineData(ParentClosePolicy.Terminate)]
    [InlineData(ParentClosePolicy.Abandon)]
    public async Task Rewind_ChildUnderWayAtTheFailure_BeginsAnewOrHasGoneOn(ParentClosePolicy policy)
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            var child = context.CallSubOrchestratorAsync(s_child, "x", new() { ParentClosePolicy = policy });
            return await context.CallActivityAsync(s_step, "!b") + await child;
        }).Add(s_child, async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return await context.WaitForExternalEventAsync(Signal);
        });
        await FailAsync(catalog, failures: 1);
        Assert.Equal(policy == ParentClosePolicy.Terminate, (await Client.GetAsync("i:1"))!.IsFinished);

        await Client.RewindAsync("i", "cured");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await ReachAsync("i:1", "waiting");
        await Client.RaiseEventAsync("i:1", Signal, " end");

        AssertCompleted("!b end", await EndAsync("i"));
        AssertCompleted(" end", await EndAsync("i:1"));
    }

    [Fact]
    public async Task Rewind_OfAFallbackThatFailed_KeepsTheFailureThatWasAnswered()
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            try
            {
                return await context.CallActivityAsync(s_step, "!a");
            }
            catch (TaskFailedException)
            {
                return "instead " + await context.CallActivityAsync(s_step, "!b");
            }
        });
        await FailAsync(catalog, failures: 2);

        await Client.RewindAsync("i", "cured");

        AssertCompleted("instead !b", await EndAsync("i"));
        Assert.Equal(["!a", "!b", "!b"], _began);
    }

    [Fact]
    public async Task Rewind_AfterTheRetryTimeout_GivesTheStepItsTimeAnew()
    {
        var retry = new RetryPolicy { MaxAttempts = 3, FirstRetryInterval = TimeSpan.FromMilliseconds(1), RetryTimeout = TimeSpan.FromHours(1) };
        var catalog = StepCatalog((context, _) => context.CallActivityAsync(s_step, "!b", new() { Retry = retry }));
        await FailAsync(catalog, failures: 4);
        await Harness.AdvanceAsync(TimeSpan.FromDays(1));

        await Client.RewindAsync("i", "cured");

        AssertCompleted("!b", await EndAdvancingAsync("i"));
        Assert.Equal(5, _began.Count);
    }

    [Fact]
    public async Task Rewind_OfBranchesOfSeveralSteps_TriesTheBrokenBranchAgain()
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            async Task<string> BranchAsync(string first, string second) =>
                await context.CallActivityAsync(s_step, first) + await context.CallActivityAsync(s_step, second);

            return string.Concat(await Task.WhenAll(BranchAsync("!a", "b"), BranchAsync("c", "d")));
        });
        await FailAsync(catalog, failures: 1);

        await Client.RewindAsync("i", "cured");

        AssertCompleted("!abcd", await EndAsync("i"));
        Assert.Equal(2, _began.Count(name => name == "!a"));
        Assert.Single(_began, "c");
    }

    [Fact]
    public async Task Rewind_AfterEvents_ReceivesEachOnceInOrder()
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            var first = await context.WaitForExternalEventAsync(Signal);
            context.SetCustomStatus("first", ConformanceJson.Default.String);
            await context.WaitForExternalEventAsync(Definitions.Event("go"));
            await context.CallActivityAsync(s_step, "!b");
            return first + await context.WaitForExternalEventAsync(Signal) + await context.WaitForExternalEventAsync(Signal);
        });
        _failuresLeft = 1;
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "1");
        await ReachAsync("i", "first");
        await Client.RaiseEventAsync("i", Signal, "2");
        await Client.RaiseEventAsync("i", Definitions.Event("go"), "");
        AssertFailed(OrchestrationErrorCodes.TaskFailed, await EndAsync("i"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RaiseEventAsync("i", Signal, "lost"));

        await Client.RewindAsync("i", "cured");
        await Client.RaiseEventAsync("i", Signal, "3");

        AssertCompleted("123", await EndAsync("i"));
    }

    [Fact]
    public async Task Rewind_OfFailedCode_RunsItsLastTurnAgainInTheMendedBuild()
    {
        await FailAsync(
            StepCatalog(async (context, _) => int.Parse(await context.CallActivityAsync(s_step, "no number"), CultureInfo.InvariantCulture) > 0 ? "never" : "nor"),
            failures: 0);
        await Harness.CrashAsync();
        await Harness.OpenAsync(StepCatalog(async (context, _) => await context.CallActivityAsync(s_step, "no number") + " is needed"));

        await Client.RewindAsync("i", "mended");

        AssertCompleted("no number is needed", await EndAsync("i"));
        Assert.Equal(["no number"], _began);
    }

    [Fact]
    public async Task Rewind_WithACrashBeforeAndAfter_IsAsWithout()
    {
        var catalog = StepCatalog(async (context, _) =>
        {
            var left = context.CallActivityAsync(s_step, "left");
            var first = await context.CallActivityAsync(s_step, "!b");
            var second = await context.CallActivityAsync(s_step, "!c");
            return await left + first + second + await context.WaitForExternalEventAsync(Signal);
        });
        await FailAsync(catalog, failures: 1);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        _failuresLeft = 1;
        await Client.RewindAsync("i", "first");
        AssertFailed(OrchestrationErrorCodes.TaskFailed, await EndAsync("i"));
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.RewindAsync("i", "second");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.RaiseEventAsync("i", Signal, " end");

        AssertCompleted("left!b!c end", await EndAsync("i"));
        Assert.Null((await Client.GetAsync("i"))!.Failure);
    }

    [Fact]
    public async Task Rewind_OfWhatHasNotFailed_IsRefused()
    {
        await Harness.OpenAsync(StepCatalog((context, input) => input == "wait" ? context.WaitForExternalEventAsync(Signal) : Task.FromResult("done")));
        await Client.StartAsync(Main, "wait", new() { InstanceId = "running" });
        await Client.StartAsync(Main, "", new() { InstanceId = "completed" });
        await EndAsync("completed");
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.RewindAsync("none", "why"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RewindAsync("running", "why"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RewindAsync("completed", "why"));
        await Client.TerminateAsync("running", "over");
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RewindAsync("running", "why"));
    }

    // A step whose name begins with an exclamation mark fails as often as it is told to.
    private OrchestrationCatalog StepCatalog(Func<OrchestrationContext, string, Task<string>> main) => Catalog(main).Add(s_step, (context, name) =>
    {
        _began.Enqueue(name);
        _keys.Enqueue(context.IdempotencyKey);
        return name.StartsWith('!') && Interlocked.Decrement(ref _failuresLeft) >= 0 ? throw new InvalidOperationException(name) : Task.FromResult(name);
    });

    private async Task FailAsync(OrchestrationCatalog catalog, int failures)
    {
        _failuresLeft = failures;
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await EndAdvancingAsync("i")).RuntimeStatus);
    }

    // Retries wait for the clock.
    private async Task<OrchestrationState> EndAdvancingAsync(string id)
    {
        var end = EndAsync(id);
        while (!end.IsCompleted)
        {
            await Harness.AdvanceAsync(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        return await end;
    }
}
