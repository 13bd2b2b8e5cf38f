namespace MlDurable.Orchestration.Conformance;

public abstract class LifecycleConformance : ConformanceSuite
{
    private static OrchestrationCatalog WaitingForSignal() => Catalog(async (context, _) =>
    {
        context.SetCustomStatus("waiting", ConformanceJson.Default.String);
        return await context.WaitForExternalEventAsync(Signal);
    });

    [Fact]
    public async Task Start_SameIdAndInput_IsTheSameInstance()
    {
        var runs = 0;
        var catalog = Catalog((_, input) =>
        {
            Interlocked.Increment(ref runs);
            return Task.FromResult(input);
        });
        await RunAsync(catalog, "a");
        Assert.Equal("i", await Client.StartAsync(Main, "a", new() { InstanceId = "i" }));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceConflict, () => Client.StartAsync(Main, "b", new() { InstanceId = "i" }));
        AssertCompleted("a", await EndAsync("i"));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Start_WithoutId_MakesDistinctIds()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        Assert.NotEqual(await Client.StartAsync(Main, "a"), await Client.StartAsync(Main, "a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    public async Task Start_ImpossibleId_IsRefused(string id)
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceIdInvalid, () => Client.StartAsync(Main, "a", new() { InstanceId = id }));
    }

    [Fact]
    public async Task Start_NotRegisteredOrTooLarge_IsRefused()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        await ThrowsAsync(
            OrchestrationErrorCodes.OrchestratorNotRegistered, () => Client.StartAsync(Definitions.Orchestrator("other"), "a"));
        await ThrowsAsync(OrchestrationErrorCodes.PayloadTooLarge, () => Client.StartAsync(Main, new('x', 40_000)));
    }

    [Fact]
    public async Task Start_At_WaitsUntilThen()
    {
        var catalog = Catalog((_, input) => Task.FromResult(input));
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "a", new() { InstanceId = "i", StartAt = Harness.Now.AddHours(2) });
        await Harness.AdvanceAsync(TimeSpan.FromHours(1));
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Harness.AdvanceAsync(TimeSpan.FromHours(1));
        AssertCompleted("a", await EndAsync("i"));
    }

    [Fact]
    public async Task Start_Confirmed_SurvivesACrashAndRunsOnce()
    {
        var catalog = Catalog((context, input) => context.CallActivityAsync(Echo, input));
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "a", new() { InstanceId = "i" });
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        AssertCompleted("a", await EndAsync("i"));
    }

    [Fact]
    public async Task Result_Confirmed_SurvivesACrashWithEverythingKnownOfIt()
    {
        var catalog = Catalog((context, input) =>
        {
            context.SetCustomStatus("at the end", ConformanceJson.Default.String);
            return Task.FromResult(input);
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "a", new() { InstanceId = "i", Tags = new Dictionary<string, string> { ["team"] = "birds" } });
        var before = await EndAsync("i");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        var after = await EndAsync("i");
        Assert.Equal(before with { Tags = after.Tags }, after);
        Assert.Equal("birds", after.Tags["team"]);
        Assert.Equal(Json("at the end"), after.CustomStatus);
    }

    [Fact]
    public async Task Orchestrator_Throws_InstanceFailsWithTheException()
    {
        var state = await RunAsync(Catalog((_, _) => throw new CodedException("oh-no", "broken")));
        AssertFailed("oh-no", state);
        Assert.Equal("broken", state.Failure!.ErrorMessage);
    }

    [Fact]
    public async Task Orchestrator_ResultTooLarge_InstanceFails() => AssertFailed(
        OrchestrationErrorCodes.PayloadTooLarge, await RunAsync(Catalog((_, _) => Task.FromResult(new string('x', 40_000)))));

    [Fact]
    public async Task Get_Nobody_IsNull()
    {
        await Harness.OpenAsync(WaitingForSignal());
        Assert.Null(await Client.GetAsync("nobody"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.WaitForCompletionAsync("nobody"));
    }

    [Fact]
    public async Task Suspend_Running_StopsTheCodeUntilResumed()
    {
        var catalog = WaitingForSignal();
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Client.SuspendAsync("i", "wait a moment");
        await Client.RaiseEventAsync("i", Signal, "a");
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Client.ResumeAsync("i", "go on");
        AssertCompleted("a", await EndAsync("i"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.SuspendAsync("i", "too late"));
    }

    [Fact]
    public virtual async Task Terminate_Running_EndsItAndCancelsItsActivities()
    {
        var work = Definitions.Activity("work");
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog((context, _) => context.CallActivityAsync(work, "")).Add(work, async (context, _) =>
        {
            using var registration = context.CancellationToken.Register(cancelled.SetResult);
            started.SetResult();
            await cancelled.Task;
            return "";
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.Task);
        await Client.TerminateAsync("i", "enough");
        var state = await EndAsync("i");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, state.RuntimeStatus);
        Assert.Equal("enough", state.Failure!.ErrorMessage);
        Assert.Equal(OrchestrationErrorCodes.Terminated, state.Failure.Code);
        await WithinAsync(cancelled.Task);
        await Client.TerminateAsync("i", "again");
    }

    [Fact]
    public async Task Purge_OnlyFinished_ForgetsAndFreesTheId()
    {
        var catalog = WaitingForSignal();
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.PurgeAsync("i"));
        await Client.RaiseEventAsync("i", Signal, "a");
        await EndAsync("i");
        Assert.True(await Client.PurgeAsync("i"));
        Assert.False(await Client.PurgeAsync("i"));
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        Assert.Null(await Client.GetAsync("i"));
        await Client.StartAsync(Main, "other input", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "b");
        AssertCompleted("b", await EndAsync("i"));
    }

    [Fact]
    public async Task List_EveryCondition_FindsWhatMeetsIt()
    {
        await Harness.OpenAsync(WaitingForSignal());
        var start = Harness.Now;
        foreach (var id in (string[])["b-1", "a-2", "a-1"])
        {
            await Client.StartAsync(
                Main, "", new() { InstanceId = id, Tags = new Dictionary<string, string> { ["letter"] = id[..1] } });
            await Harness.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        await Client.TerminateAsync("a-2", "");
        Assert.Equal(["b-1", "a-2", "a-1"], await IdsAsync(new()));
        Assert.Equal(["a-2", "a-1"], await IdsAsync(new() { InstanceIdPrefix = "a-" }));
        Assert.Equal(["a-2"], await IdsAsync(new() { Statuses = [OrchestrationRuntimeStatus.Terminated] }));
        Assert.Equal(["b-1"], await IdsAsync(new() { Tags = new Dictionary<string, string> { ["letter"] = "b" } }));
        Assert.Equal(["a-1"], await IdsAsync(new() { CreatedFrom = start.AddSeconds(110) }));
        Assert.Equal(["b-1"], await IdsAsync(new() { CreatedBefore = start.AddSeconds(50) }));
        Assert.Empty(await IdsAsync(new() { Name = "other" }));
        Assert.Empty(await IdsAsync(new() { ParentInstanceId = "b-1" }));
    }

    [Fact]
    public async Task ContinueAsNew_ManyGenerations_EachRunsOnce()
    {
        var effects = 0;
        var count = Definitions.Activity("count");
        var state = await RunAsync(Catalog(async (context, input) =>
        {
            await context.CallActivityAsync(count, "");
            if (context.Generation < 200)
            {
                context.ContinueAsNew(input + ".", ConformanceJson.Default.String);
            }

            return $"{input.Length}";
        }).Add(count, _ => $"{Interlocked.Increment(ref effects)}"));
        AssertCompleted("200", state);
        Assert.Equal(201, effects);
        Assert.Equal(200, state.Generation);
    }

    [Fact]
    public async Task ContinueAsNew_Twice_KeepsWhatTheInstanceWasStartedWithAndItsStatus()
    {
        var status = Definitions.Event("status");
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            if (context.Generation == 0)
            {
                context.SetCustomStatus("of the first", ConformanceJson.Default.String);
            }

            if (context.Generation == 2)
            {
                return input + await context.WaitForExternalEventAsync(status);
            }

            context.ContinueAsNew(input + "+", ConformanceJson.Default.String);
            return "ignored";
        }));
        var tags = new Dictionary<string, string> { ["team"] = "birds" };
        await Client.StartAsync(Main, "a", new() { InstanceId = "i", Tags = tags });
        await Client.RaiseEventAsync("i", status, "!");
        var state = await EndAsync("i");
        AssertCompleted("a++!", state);
        Assert.Equal(Json("a"), state.Input);
        Assert.Equal(Json("of the first"), state.CustomStatus);
        Assert.Equal("birds", state.Tags["team"]);
        Assert.Equal(2, state.Generation);
        Assert.Equal("i", await Client.StartAsync(Main, "a", new() { InstanceId = "i" }));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceConflict, () => Client.StartAsync(Main, "a+", new() { InstanceId = "i" }));
    }

    [Fact]
    public async Task ContinueAsNew_StepsUnderWay_AreGivenUpAndTheirResultsReachNobody()
    {
        var work = Definitions.Activity("work");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            if (context.Generation == 0)
            {
                // The same sequence number as the call of the next generation.
                _ = context.CallActivityAsync(work, "old");
                context.ContinueAsNew(input, ConformanceJson.Default.String);
                return "";
            }

            return await context.CallActivityAsync(work, "new");
        }).Add(work, async (_, input) =>
        {
            if (input == "new")
            {
                await release.Task;
            }

            return input;
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        release.SetResult();
        AssertCompleted("new", await EndAsync("i"));
    }

    [Fact]
    public async Task ContinueAsNew_OfAChild_GivesTheParentTheLastResult()
    {
        var child = Definitions.Orchestrator("child");
        AssertCompleted("xxx", await RunAsync(
            Catalog((context, _) => context.CallSubOrchestratorAsync(child, "x")).Add(child, (context, input) =>
            {
                if (context.Generation < 2)
                {
                    context.ContinueAsNew(input + "x", ConformanceJson.Default.String);
                }

                return Task.FromResult(input);
            })));
    }

    [Fact]
    public async Task Suspend_TwiceThenResumeTwice_GoesOnWithEverythingThatCameMeanwhile()
    {
        var work = Definitions.Activity("work");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var first = context.WaitForExternalEventAsync(Signal);
            var second = context.WaitForExternalEventAsync(Signal);
            var timer = context.CreateTimerAsync(TimeSpan.FromHours(1), CancellationToken.None);
            var call = context.CallActivityAsync(work, "c");
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await timer;
            return $"{await first}{await second}{await call}";
        }).Add(work, async (_, input) =>
        {
            await release.Task;
            return input;
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Client.SuspendAsync("i", "wait a moment");
        await Client.SuspendAsync("i", "again");
        await Client.RaiseEventAsync("i", Signal, "a");
        await Client.RaiseEventAsync("i", Signal, "b");
        release.SetResult();
        await Harness.AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Client.ResumeAsync("i", "go on");
        AssertCompleted("abc", await EndAsync("i"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.ResumeAsync("i", "too late"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.SuspendAsync("nobody", ""));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.ResumeAsync("nobody", ""));
    }

    [Fact]
    public async Task Resume_NotSuspended_ChangesNothing()
    {
        await Harness.OpenAsync(WaitingForSignal());
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Client.ResumeAsync("i", "why not");
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await Client.GetAsync("i"))!.RuntimeStatus);
        await Client.RaiseEventAsync("i", Signal, "a");
        AssertCompleted("a", await EndAsync("i"));
    }

    [Fact]
    public async Task Terminate_Suspended_EndsIt()
    {
        await Harness.OpenAsync(WaitingForSignal());
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Client.SuspendAsync("i", "wait a moment");
        await Client.TerminateAsync("i", "enough");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i")).RuntimeStatus);
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.ResumeAsync("i", "too late"));
    }

    private async Task<List<string>> IdsAsync(OrchestrationQuery query)
    {
        var ids = new List<string>();
        await foreach (var state in Client.ListAsync(query))
        {
            ids.Add(state.InstanceId);
        }

        return ids;
    }

    [Fact]
    public async Task Restart_WithItsOwnId_TakesThePlaceOfTheFormerOne()
    {
        var runs = 0;
        var catalog = Catalog((context, input) => context.IsReplaying ? Task.FromResult(input) : Task.FromResult($"{input} {Interlocked.Increment(ref runs)}"));
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "same", new() { InstanceId = "i", Tags = new Dictionary<string, string> { ["team"] = "a" } });
        AssertCompleted("same 1", await EndAsync("i"));

        Assert.Equal("i", await Client.RestartAsync("i"));

        var state = await EndAsync("i");
        AssertCompleted("same 2", state);
        Assert.Equal("a", state.Tags["team"]);
        Assert.Equal("i", await Client.RestartAsync("i", Main, "other"));
        AssertCompleted("other 3", await EndAsync("i"));
    }

    [Fact]
    public async Task Restart_WithAnotherId_LeavesTheFormerOne()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        await Client.StartAsync(Main, "same", new() { InstanceId = "i" });
        await EndAsync("i");

        Assert.Equal("j", await Client.RestartAsync("i", "j"));
        Assert.Equal("k", await Client.RestartAsync("i", Main, "other", "k"));

        AssertCompleted("same", await EndAsync("i"));
        AssertCompleted("same", await EndAsync("j"));
        AssertCompleted("other", await EndAsync("k"));
        Assert.Equal("j", await Client.RestartAsync("i", "j"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceConflict, () => Client.RestartAsync("i", "k"));
    }

    [Fact]
    public async Task Restart_OfWhatCannotBe_IsRefusedAndChangesNothing()
    {
        await Harness.OpenAsync(Catalog((context, _) => context.WaitForExternalEventAsync(Signal)));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RestartAsync("i"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.RestartAsync("none"));
        await Client.RaiseEventAsync("i", Signal, "done");
        AssertCompleted("done", await EndAsync("i"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceConflict, () => Client.RestartAsync("i", Definitions.Orchestrator("another"), ""));
        await ThrowsAsync(OrchestrationErrorCodes.OrchestratorNotRegistered, () => Client.RestartAsync("i", Main with { Version = "99" }, ""));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceIdInvalid, () => Client.RestartAsync("i", "\u0001"));
        AssertCompleted("done", await EndAsync("i"));
    }

    [Fact]
    public virtual async Task ListPage_WhileInstancesComeAndGo_ShowsEachOnceInTheOrderOfCreation()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        for (var number = 0; number < 10; number++)
        {
            await Client.StartAsync(Main, "", new() { InstanceId = $"i{number}", Tags = new Dictionary<string, string> { ["odd"] = $"{number % 2 == 1}" } });
            await EndAsync($"i{number}");
            await Harness.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        var first = await Client.ListPageAsync(new(), 4);
        Assert.Equal(["i0", "i1", "i2", "i3"], first.Instances.Select(state => state.InstanceId));
        await Client.PurgeAsync("i3");
        await Client.PurgeAsync("i4");
        await Client.StartAsync(Main, "", new() { InstanceId = "later" });
        var second = await Client.ListPageAsync(new(), 4, first.ContinuationToken);
        Assert.Equal(["i5", "i6", "i7", "i8"], second.Instances.Select(state => state.InstanceId));
        var third = await Client.ListPageAsync(new(), 4, second.ContinuationToken);
        Assert.Equal(["i9", "later"], third.Instances.Select(state => state.InstanceId));
        Assert.Null(third.ContinuationToken);

        var odd = await Client.ListPageAsync(new() { Tags = new Dictionary<string, string> { ["odd"] = "True" } }, 3);
        Assert.Equal(["i1", "i5", "i7"], odd.Instances.Select(state => state.InstanceId));
        await ThrowsAsync(OrchestrationErrorCodes.ContinuationTokenInvalid, () => Client.ListPageAsync(new(), 4, "no token"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Client.ListPageAsync(new(), 0));
    }

    [Fact]
    public virtual async Task PurgeByPolicy_OldAndFinished_ForgetsThoseWithTheirChildrenAndNoOther()
    {
        var child = Definitions.Orchestrator("child");
        await Harness.OpenAsync(Catalog((context, input) => input switch
        {
            "parent" => context.CallSubOrchestratorAsync(child, ""),
            "wait" => context.WaitForExternalEventAsync(Signal),
            "fail" => throw new InvalidOperationException("asked for"),
            _ => Task.FromResult(input),
        }).Add(child, (_, _) => Task.FromResult("")));
        foreach (var input in new[] { "parent", "wait", "fail", "old" })
        {
            await Client.StartAsync(Main, input, new() { InstanceId = input });
            if (input != "wait")
            {
                await EndAsync(input);
            }
        }

        await Harness.AdvanceAsync(TimeSpan.FromDays(40));
        await Client.StartAsync(Main, "young", new() { InstanceId = "young" });
        await EndAsync("young");
        var policy = new PurgePolicy { EndedBefore = Harness.Now - TimeSpan.FromDays(30) };

        Assert.Equal(new PurgeProgress(0, true), await Client.PurgeAsync(policy with { Name = "another" }));
        Assert.Equal(new PurgeProgress(1, true), await Client.PurgeAsync(policy with { Statuses = [OrchestrationRuntimeStatus.Failed] }));
        Assert.Equal(new PurgeProgress(3, true), await Client.PurgeAsync(policy with { IsDryRun = true }));
        var rest = await Client.PurgeAsync(policy);

        Assert.True(rest.IsComplete);
        Assert.Equal(["wait", "young"], (await Client.ListAsync(new()).ToListAsync()).Select(state => state.InstanceId).Order());
        Assert.Equal(3, rest.Purged);
        Assert.Equal(new PurgeProgress(0, true), await Client.PurgeAsync(policy));
    }

    [Fact]
    public async Task Start_TagOfTheSingletonKey_IsRefused()
    {
        await Harness.OpenAsync(Catalog((_, input) => Task.FromResult(input)));
        var tags = new Dictionary<string, string> { [StartOptions.SingletonTag] = "one" };

        var refused = await ThrowsAsync(OrchestrationErrorCodes.TagReserved, () => Client.StartAsync(Main, "", new() { InstanceId = "i", Tags = tags }));

        Assert.Contains(nameof(StartOptions.SingletonKey), refused.Message, StringComparison.Ordinal);
        Assert.Null(await Client.GetAsync("i"));
    }

    [Fact]
    public virtual async Task SingletonKey_IsHeldByOneUnfinishedInstance()
    {
        var fails = true;
        var catalog = Catalog(async (context, input) =>
        {
            var signal = await context.WaitForExternalEventAsync(Signal);
            if (signal == "fail" && !fails)
            {
                return await context.WaitForExternalEventAsync(Signal);
            }

            if (signal == "again")
            {
                context.ContinueAsNew(input, ConformanceJson.Default.String);
            }

            return signal == "fail" ? throw new InvalidOperationException("asked for") : signal;
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", Key("a"));
        Assert.Equal("a", await Client.StartAsync(Main, "", Key("a")));
        Assert.Contains("'a'", (await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.StartAsync(Main, "", Key("b")))).Message, StringComparison.Ordinal);
        await Client.RaiseEventAsync("a", Signal, "again");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.StartAsync(Main, "", Key("b")));
        Assert.Equal("one", (await Client.GetAsync("a"))!.Tags[StartOptions.SingletonTag]);

        await Client.RaiseEventAsync("a", Signal, "fail");
        await EndAsync("a");
        await Client.StartAsync(Main, "", Key("b"));
        await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.RewindAsync("a", "while b has it"));
        await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.RestartAsync("a", "c"));
        await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.RestartAsync("a"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await Client.GetAsync("a"))!.RuntimeStatus);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.TerminateAsync("b", "enough");
        fails = false;
        await Client.RewindAsync("a", "b is gone");
        await ThrowsAsync(OrchestrationErrorCodes.SingletonTaken, () => Client.StartAsync(Main, "", Key("d")));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceIdInvalid, () => Client.StartAsync(Main, "", new() { SingletonKey = "" }));

        static StartOptions Key(string id) => new() { InstanceId = id, SingletonKey = "one" };
    }
}
