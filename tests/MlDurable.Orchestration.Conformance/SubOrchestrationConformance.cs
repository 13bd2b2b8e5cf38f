namespace MlDurable.Orchestration.Conformance;

public abstract class SubOrchestrationConformance : ConformanceSuite
{
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");

    [Fact]
    public async Task CallSubOrchestrator_Succeeds_GivesItsResultAndKnowsItsParent()
    {
        var state = await RunAsync(Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(
            s_child, (context, input) => Task.FromResult($"{context.ParentInstanceId}>{context.InstanceId} {input}")));
        AssertCompleted("i>i:1 x", state);
        Assert.Equal("i", (await Client.GetAsync("i:1"))!.ParentInstanceId);
    }

    [Fact]
    public async Task CallSubOrchestrator_Fails_FailureReachesTheParent()
    {
        var state = await RunAsync(Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(
            s_child, (_, _) => throw new CodedException("bad-child", "no")));
        AssertFailed("bad-child", state);
    }

    [Fact]
    public async Task CallSubOrchestrator_Retried_StartsAnotherInstance()
    {
        var policy = new RetryPolicy { MaxAttempts = 3, FirstRetryInterval = TimeSpan.Zero };
        var state = await RunAsync(
            Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x", new() { InstanceId = "kid", Retry = policy })).Add(
                s_child, (context, _) => context.InstanceId == "kid#3"
                    ? Task.FromResult(context.InstanceId)
                    : throw new CodedException("again", "no")));
        AssertCompleted("kid#3", state);
    }

    [Fact]
    public async Task CallSubOrchestrator_NotRegistered_FailsWithItsOwnCode() => AssertFailed(
        OrchestrationErrorCodes.OrchestratorNotRegistered,
        await RunAsync(Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x"))));

    [Fact]
    public async Task CallSubOrchestrator_IdTaken_FailsWithConflict() => AssertFailed(
        OrchestrationErrorCodes.InstanceConflict,
        await RunAsync(Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x", new() { InstanceId = "i" })).Add(
            s_child, (_, input) => Task.FromResult(input))));

    [Fact]
    public async Task CallSubOrchestrator_InEveryGeneration_HasAnIdOfItsOwn()
    {
        var state = await RunAsync(Catalog(async (context, input) =>
        {
            var ids = $"{input} {await context.CallSubOrchestratorAsync(s_child, "x")}";
            if (context.Generation < 2)
            {
                context.ContinueAsNew(ids, ConformanceJson.Default.String);
            }

            return ids;
        }).Add(s_child, (context, _) => Task.FromResult(context.InstanceId)));
        AssertCompleted(" i:1 i:1.1 i:2.1", state);
    }

    [Fact]
    public async Task CallSubOrchestrator_CrashWhileChildWaits_BothGoOn()
    {
        var catalog = Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(s_child, async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return await context.WaitForExternalEventAsync(Signal);
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i:1", "waiting");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.RaiseEventAsync("i:1", Signal, "a");
        AssertCompleted("a", await EndAsync("i"));
    }

    [Fact]
    public async Task Terminate_Parent_TerminatesTheChildrenToo()
    {
        var catalog = Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(s_child, async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return await context.WaitForExternalEventAsync(Signal);
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i:1", "waiting");
        await Client.TerminateAsync("i", "enough");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i")).RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i:1")).RuntimeStatus);
    }

    [Fact]
    public async Task Terminate_Child_FailsTheParentsStep()
    {
        var catalog = Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x")).Add(s_child, async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return await context.WaitForExternalEventAsync(Signal);
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i:1", "waiting");
        await Client.TerminateAsync("i:1", "enough");
        AssertFailed(OrchestrationErrorCodes.Terminated, await EndAsync("i"));
    }

    public static TheoryData<string> ParentEnds => ["completes", "fails", "continues", "is terminated"];

    [Theory]
    [MemberData(nameof(ParentEnds))]
    public async Task ParentClose_ByDefault_TerminatesTheChildrenAndTheirs(string how)
    {
        await EndParentAsync(how, ParentClosePolicy.Terminate);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("i:1")).RuntimeStatus);
        var grandchild = await EndAsync("i:1:1");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, grandchild.RuntimeStatus);
        Assert.Equal(OrchestrationErrorCodes.Terminated, grandchild.Failure!.Code);
        var terminated = new List<string>();
        await foreach (var state in Client.ListAsync(new() { Statuses = [OrchestrationRuntimeStatus.Terminated], InstanceIdPrefix = "i:" }))
        {
            terminated.Add(state.InstanceId);
        }

        Assert.Equal(["i:1", "i:1:1"], terminated.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ParentEnds))]
    public virtual async Task ParentClose_Abandon_LeavesTheChildToItself(string how)
    {
        var catalog = await EndParentAsync(how, ParentClosePolicy.Abandon);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        Assert.False((await Client.GetAsync("i:1"))!.IsFinished);
        await Client.RaiseEventAsync("i:1:1", Signal, "a");
        AssertCompleted("a", await EndAsync("i:1"));
    }

    [Theory]
    [InlineData("completes")]
    [InlineData("fails")]
    [InlineData("is terminated")]
    public async Task ParentClose_Abandon_WhileTheParentWaits_GivesItTheChildsEnd(string how)
    {
        await Harness.OpenAsync(Catalog((context, _) => context.CallSubOrchestratorAsync(s_child, "x", new() { ParentClosePolicy = ParentClosePolicy.Abandon }))
            .Add(s_child, async (context, _) =>
            {
                context.SetCustomStatus("waiting", ConformanceJson.Default.String);
                var signal = await context.WaitForExternalEventAsync(Signal);
                return signal == "fails" ? throw new CodedException("bad-child", "no") : signal;
            }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i:1", "waiting");
        if (how == "is terminated")
        {
            await Client.TerminateAsync("i:1", "enough");
        }
        else
        {
            await Client.RaiseEventAsync("i:1", Signal, how);
        }

        var state = await EndAsync("i");
        if (how == "completes")
        {
            AssertCompleted(how, state);
        }
        else
        {
            AssertFailed(how == "fails" ? "bad-child" : OrchestrationErrorCodes.Terminated, state);
        }
    }

    [Fact]
    public async Task PurgeByPolicy_AbandonedChild_OutlivesItsParentUntilItMeetsThePolicyItself()
    {
        await EndParentAsync("completes", ParentClosePolicy.Abandon);
        await Harness.AdvanceAsync(TimeSpan.FromDays(40));
        var all = new PurgePolicy { EndedBefore = DateTimeOffset.MaxValue };

        Assert.Equal(new PurgeProgress(1, true), await Client.PurgeAsync(all));
        Assert.Equal(["i:1", "i:1:1"], (await Client.ListAsync(new()).ToListAsync()).Select(state => state.InstanceId).Order(StringComparer.Ordinal));

        await Client.RaiseEventAsync("i:1:1", Signal, "a");
        AssertCompleted("a", await EndAsync("i:1"));
        Assert.Equal(new PurgeProgress(0, true), await Client.PurgeAsync(all with { EndedBefore = Harness.Now - TimeSpan.FromDays(1) }));
        Assert.Equal(new PurgeProgress(2, true), await Client.PurgeAsync(all));
        Assert.Empty(await Client.ListAsync(new()).ToListAsync());
    }

    [Theory]
    [InlineData(ParentClosePolicy.Abandon)]
    [InlineData(ParentClosePolicy.Terminate)]
    public virtual async Task ParentClose_InTheTurnOfTheCall_BeginsOnlyTheAbandoned(ParentClosePolicy policy)
    {
        AssertCompleted("left", await RunAsync(Catalog((context, input) =>
        {
            _ = context.CallSubOrchestratorAsync(s_child, "x", new() { ParentClosePolicy = policy });
            return Task.FromResult("left");
        }).Add(s_child, (_, input) => Task.FromResult(input))));
        if (policy == ParentClosePolicy.Abandon)
        {
            AssertCompleted("x", await EndAsync("i:1"));
        }
        else
        {
            Assert.Null(await Client.GetAsync("i:1"));
        }
    }

    /// <summary>Ends "i" while its child "i:1" waits for its child "i:1:1", which waits for a signal.</summary>
    protected async Task<OrchestrationCatalog> EndParentAsync(string how, ParentClosePolicy policy)
    {
        var grandchild = Definitions.Orchestrator("grandchild");
        var catalog = Catalog(async (context, input) =>
        {
            if (context.Generation == 0)
            {
                _ = context.CallSubOrchestratorAsync(s_child, "x", new() { ParentClosePolicy = policy });
                context.SetCustomStatus("waiting", ConformanceJson.Default.String);
                await context.WaitForExternalEventAsync(Signal);
            }

            if (how == "fails")
            {
                throw new CodedException("parent", "no");
            }

            if (how == "continues" && context.Generation == 0)
            {
                context.ContinueAsNew("", ConformanceJson.Default.String);
            }

            return "";
        }).Add(s_child, (context, _) => context.CallSubOrchestratorAsync(grandchild, "y")).Add(grandchild, async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            return await context.WaitForExternalEventAsync(Signal);
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await ReachAsync("i:1:1", "waiting");
        if (how == "is terminated")
        {
            await Client.TerminateAsync("i", "enough");
        }
        else
        {
            await Client.RaiseEventAsync("i", Signal, "");
        }

        Assert.Equal(
            how switch
            {
                "fails" => OrchestrationRuntimeStatus.Failed,
                "is terminated" => OrchestrationRuntimeStatus.Terminated,
                _ => OrchestrationRuntimeStatus.Completed,
            },
            (await EndAsync("i")).RuntimeStatus);
        return catalog;
    }
}
