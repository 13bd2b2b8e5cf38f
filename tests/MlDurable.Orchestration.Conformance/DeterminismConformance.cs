namespace MlDurable.Orchestration.Conformance;

public abstract class DeterminismConformance : ConformanceSuite
{
    private static readonly ActivityDefinition<string, string> s_other = Definitions.Activity("other");

    [Fact]
    public async Task Replay_SameCode_HasTheSameClockAndIdentities()
    {
        var seen = new List<string>();
        var catalog = Catalog(async (context, _) =>
        {
            var mark = $"{context.NewGuid()} {context.NewGuid()} {context.CurrentUtcDateTime:O}";
            lock (seen)
            {
                seen.Add($"{context.IsReplaying} {mark}");
            }

            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            var received = await context.WaitForExternalEventAsync(Signal);
            return $"{received} {(context.IsReplaying ? "replaying" : "live")}";
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.CrashAsync();
        await Harness.AdvanceAsync(TimeSpan.FromDays(1));
        await Harness.OpenAsync(catalog);
        await Client.RaiseEventAsync("i", Signal, "a");
        AssertCompleted("a live", await EndAsync("i"));
        Assert.Equal(2, seen.Count);
        Assert.StartsWith("False ", seen[0], StringComparison.Ordinal);
        Assert.Equal("True " + seen[0]["False ".Length..], seen[1]);
        Assert.NotEqual(seen[0].Split(' ')[1], seen[0].Split(' ')[2]);
    }

    public static TheoryData<string, string, string> Changes => new()
    {
        { "activity", "step 1: activity 'echo' with input \"x\"", "step 1: activity 'other'" },
        { "input", "step 1: activity 'echo' with input \"x\"", "step 1: activity 'echo' with input \"changed\"" },
        { "kind", "step 1: activity 'echo' with input \"x\"", "step 1: timer until" },
        { "end", "step 1: activity 'echo' with input \"x\"", "the end of the orchestrator" },
        { "status", "custom status \"waiting\"", "custom status \"more\"" },
        { "fewer", "custom status \"waiting\"", "nothing further" },
        { "more", "nothing further", "step 3: timer until" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public virtual async Task Replay_ChangedCode_ParksThatInstanceAloneUntilTheCodeIsMended(string change, string expected, string found)
    {
        await ChangeAsync(change);
        using var patience = new CancellationTokenSource(Patience);
        OrchestrationState state;
        do
        {
            state = (await Client.GetAsync("v", patience.Token))!;
        }
        while (state.Failure is null);

        Assert.False(state.IsFinished);
        Assert.Equal(OrchestrationErrorCodes.Nondeterminism, state.Failure.Code);
        Assert.Contains($"expected from the history: {expected}", state.Failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains($"found now: {found}", state.Failure.ErrorMessage, StringComparison.Ordinal);
        await Harness.CloseAsync();
        await Harness.OpenAsync(Changing(""));
        AssertCompleted("a", await EndAsync("v"));
    }

    [Fact]
    public virtual async Task Await_OfForeignTask_FailsTheInstance()
    {
        var foreign = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var timer = context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await foreign.Task;
            await timer;
            return "";
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        foreign.SetResult();
        AssertFailed(OrchestrationErrorCodes.NonDurableAwait, await EndAsync("i"));
    }

    [Fact]
    public async Task Await_OfNothingDurable_FailsTheInstance() => AssertFailed(
        OrchestrationErrorCodes.NonDurableAwait,
        await RunAsync(Catalog(async (_, _) =>
        {
            await new TaskCompletionSource().Task;
            return "";
        })));

    [Fact]
    public async Task Await_WithoutTheContext_FailsTheInstance() => AssertFailed(
        OrchestrationErrorCodes.NonDurableAwait,
        await RunAsync(Catalog(async (context, _) =>
        {
            await context.CallActivityAsync(Echo, "x").ConfigureAwait(false);
            return await context.CallActivityAsync(Echo, "y");
        })));

    [Fact]
    public async Task Call_FromAnotherThread_FailsTheInstance() => AssertFailed(
        OrchestrationErrorCodes.NonDurableAwait,
        await RunAsync(Catalog((context, _) => Task.Run(() => context.CallActivityAsync(Echo, "x")))));

    [Fact]
    public async Task Await_OfCombinators_IsAllowed() => AssertCompleted("ab", await RunAsync(Catalog(async (context, _) =>
    {
        var first = context.CallActivityAsync(Echo, "a");
        var second = context.CallActivityAsync(Echo, "b");
        await Task.WhenAny(first, second);
        await Task.Yield();
        return string.Concat(await Task.WhenAll(first, second));
    })));

    /// <summary>Changes the code of instance "v" after its last turn, and wakes it; "b" beside it, whose code has not changed, ends well.</summary>
    protected async Task ChangeAsync(string change)
    {
        await Harness.OpenAsync(Changing(""));
        await Client.StartAsync(Main, "victim", new() { InstanceId = "v" });
        await Client.StartAsync(Main, "bystander", new() { InstanceId = "b" });
        await ReachAsync("v", "waiting");
        await ReachAsync("b", "waiting");
        await Harness.CloseAsync();
        await Harness.OpenAsync(Changing(change));
        await Client.RaiseEventAsync("v", Signal, "a");
        await Client.RaiseEventAsync("b", Signal, "a");
        AssertCompleted("a", await EndAsync("b"));
    }

    private static OrchestrationCatalog Changing(string change) => Catalog(async (context, input) =>
    {
        var here = input == "victim" ? change : "";
        if (here == "end")
        {
            return "too early";
        }

        if (here == "kind")
        {
            await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None);
        }

        await context.CallActivityAsync(here == "activity" ? s_other : Echo, here == "input" ? "changed" : "x");
        if (here == "fewer")
        {
            await new TaskCompletionSource().Task;
        }

        context.SetCustomStatus(here == "status" ? "more" : "waiting", ConformanceJson.Default.String);
        var received = context.WaitForExternalEventAsync(Signal);
        if (here == "more")
        {
            _ = context.CreateTimerAsync(TimeSpan.FromDays(1), CancellationToken.None);
        }

        return await received;
    }).Add(s_other, text => text);
}
