namespace MlDurable.Orchestration.Conformance;

/// <summary>A step that ends the process again and again: it is started no more, and a person decides.</summary>
public abstract class QuarantineConformance : PoisonSuite
{
    [Fact]
    public async Task Crash_TooOftenInOneActivity_QuarantinesThatStepAlone()
    {
        var poison = new Poison();
        var catalog = poison.Catalog(async (context, _) =>
        {
            var poisoned = context.CallActivityAsync(Work, "x", new() { Retry = new() { MaxAttempts = 100, FirstRetryInterval = TimeSpan.FromSeconds(1) } });
            var signal = await context.WaitForExternalEventAsync(Signal);
            context.SetCustomStatus(await context.CallActivityAsync(Echo, signal), ConformanceJson.Default.String);
            return await poisoned;
        });
        await CrashTooOftenAsync(catalog, poison);

        var state = (await Client.GetAsync("i"))!;
        Assert.Equal(OrchestrationRuntimeStatus.Running, state.RuntimeStatus);
        Assert.Equal(OrchestrationErrorCodes.ActivityPoisoned, state.Failure?.Code);
        Assert.Equal(new QuarantinedStep("i", 1, Work.Name, 5), Assert.Single(state.QuarantinedSteps));
        await Client.RaiseEventAsync("i", Signal, "others go on");
        await ReachAsync("i", "others go on");
        Assert.Equal(5, poison.Runs);

        await Client.TerminateAsync("i", "given up");
        Assert.Empty((await Client.GetAsync("i"))!.QuarantinedSteps);
    }

    [Fact]
    public async Task RetryStep_InQuarantine_BeginsAgainWithAllItsStarts()
    {
        var poison = new Poison();
        var catalog = poison.Catalog((context, _) => context.CallActivityAsync(Work, "x"));
        await CrashTooOftenAsync(catalog, poison);

        await Client.RetryStepAsync("i", 1, "more memory");
        await poison.StartAsync();
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await poison.StartAsync();
        Assert.Empty((await Client.GetAsync("i"))!.QuarantinedSteps);

        poison.Cure();
        AssertCompleted("cured", await EndAsync("i"));
        Assert.Equal(7, poison.Runs);
    }

    [Fact]
    public async Task SkipStep_InQuarantine_EndsItWithTheGivenResultForGood()
    {
        var poison = new Poison();
        var catalog = poison.Catalog(async (context, _) =>
        {
            var result = await context.CallActivityAsync(Work, "x");
            return result + await context.WaitForExternalEventAsync(Signal);
        });
        await CrashTooOftenAsync(catalog, poison);

        await ThrowsAsync(OrchestrationErrorCodes.PayloadInvalid, () => Client.SkipStepAsync("i", 1, "{", "no JSON"));
        await ThrowsAsync(OrchestrationErrorCodes.PayloadInvalid, () => Client.SkipStepAsync("i", 1, "17", "not a text"));
        await ThrowsAsync(OrchestrationErrorCodes.PayloadTooLarge, () => Client.SkipStepAsync("i", 1, Json(new string('x', 40_000)), "too much"));
        await Client.SkipStepAsync("i", 1, Json("by hand "), "computed elsewhere");
        await ThrowsAsync(OrchestrationErrorCodes.StepNotQuarantined, () => Client.SkipStepAsync("i", 1, Json("again"), "twice"));
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.RaiseEventAsync("i", Signal, "and on");

        AssertCompleted("by hand and on", await EndAsync("i"));
        Assert.Equal(5, poison.Runs);
    }

    [Fact]
    public async Task SkipStep_TimeOfTheCallPassesLater_MeansNothingAnyMore()
    {
        var poison = new Poison();
        var catalog = poison.Catalog(async (context, _) =>
        {
            var result = await context.CallActivityAsync(Work, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromHours(1) });
            context.SetCustomStatus("skipped", ConformanceJson.Default.String);
            return result + await context.WaitForExternalEventAsync(Signal);
        });
        await CrashTooOftenAsync(catalog, poison);

        await Client.SkipStepAsync("i", 1, Json("by hand "), "computed elsewhere");
        await ReachAsync("i", "skipped");
        await Harness.AdvanceAsync(TimeSpan.FromHours(2));
        await Client.RaiseEventAsync("i", Signal, "and on");

        AssertCompleted("by hand and on", await EndAsync("i"));
    }

    [Fact]
    public async Task Quarantine_TimeOfTheCallPasses_FailsTheStep()
    {
        var poison = new Poison();
        var catalog = poison.Catalog((context, _) => context.CallActivityAsync(Work, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromHours(1) }));
        await CrashTooOftenAsync(catalog, poison);

        await Client.SuspendAsync("i", "so that its turn does not come yet");
        await Harness.AdvanceAsync(TimeSpan.FromHours(2));
        using var patience = new CancellationTokenSource(Patience);
        while ((await Client.GetAsync("i", patience.Token))!.QuarantinedSteps.Count > 0)
        {
            await Task.Yield();
        }

        await ThrowsAsync(OrchestrationErrorCodes.StepNotQuarantined, () => Client.RetryStepAsync("i", 1, "too late"));
        await Client.ResumeAsync("i", "now");
        AssertFailed(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, await EndAsync("i"));
        Assert.Equal(5, poison.Runs);
    }

    [Fact]
    public async Task RetryStep_OfAStepThatIsNotInQuarantine_IsRefused()
    {
        await Harness.OpenAsync(Catalog((context, _) => context.WaitForExternalEventAsync(Signal)));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ThrowsAsync(OrchestrationErrorCodes.StepNotQuarantined, () => Client.RetryStepAsync("i", 1, "why"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.RetryStepAsync("none", 1, "why"));
        await Client.TerminateAsync("i", "over");
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RetryStepAsync("i", 1, "why"));
    }

    [Fact]
    public async Task Quarantine_InAChild_ShowsAtItsParent()
    {
        var poison = new Poison();
        var child = Definitions.Orchestrator("child");
        var catalog = poison.Catalog((context, _) => context.CallSubOrchestratorAsync(child, ""))
            .Add(child, (context, _) => context.CallActivityAsync(Work, "x"));
        await CrashTooOftenAsync(catalog, poison);

        Assert.Equal(new QuarantinedStep("i:1", 1, Work.Name, 5), Assert.Single((await Client.GetAsync("i"))!.QuarantinedSteps));
        await Client.SkipStepAsync("i:1", 1, Json("by hand"), "computed elsewhere");
        AssertCompleted("by hand", await EndAsync("i"));
    }
}
