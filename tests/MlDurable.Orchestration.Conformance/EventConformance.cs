using FsCheck;
using FsCheck.Fluent;

namespace MlDurable.Orchestration.Conformance;

public abstract class EventConformance : ConformanceSuite
{
    [Fact]
    public async Task RaiseEvent_BeforeTheWait_IsKept()
    {
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            await context.WaitForExternalEventAsync(Definitions.Event("go"));
            return await context.WaitForExternalEventAsync(Signal) + await context.WaitForExternalEventAsync(Signal);
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "a");
        await Client.RaiseEventAsync("i", Signal, "b");
        await Client.RaiseEventAsync("i", Definitions.Event("go"), "");
        AssertCompleted("ab", await EndAsync("i"));
    }

    [Fact]
    public async Task RaiseEvent_SeveralWaits_EachTakesOneInTheOrderOfTheCalls()
    {
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var first = context.WaitForExternalEventAsync(Signal);
            var second = context.WaitForExternalEventAsync(Signal);
            await Task.WhenAny(first, second);
            return $"{await first}{await second}";
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "a");
        await Client.RaiseEventAsync("i", Signal, "b");
        AssertCompleted("ab", await EndAsync("i"));
    }

    [Fact]
    public async Task WaitForExternalEvent_TimesOut_ThrowsAndTakesNoLaterEvent()
    {
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            try
            {
                return await context.WaitForExternalEventAsync(Signal, TimeSpan.FromHours(1));
            }
            catch (TaskCanceledException)
            {
                context.SetCustomStatus("timed out", ConformanceJson.Default.String);
                return "late " + await context.WaitForExternalEventAsync(Signal);
            }
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.AdvanceAsync(TimeSpan.FromHours(2));
        await ReachAsync("i", "timed out");
        await Client.RaiseEventAsync("i", Signal, "a");
        AssertCompleted("late a", await EndAsync("i"));
    }

    [Fact]
    public async Task WaitForExternalEvent_ArrivesInTime_EndsWithoutTheTimer()
    {
        await Harness.OpenAsync(Catalog((context, _) => context.WaitForExternalEventAsync(Signal, TimeSpan.FromHours(1))));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "a");
        AssertCompleted("a", await EndAsync("i"));
    }

    [Fact]
    public async Task RaiseEvent_Confirmed_SurvivesACrash()
    {
        var catalog = Catalog(async (context, _) => await context.WaitForExternalEventAsync(Signal)
            + await context.WaitForExternalEventAsync(Signal));
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await Client.RaiseEventAsync("i", Signal, "a");
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        await Client.RaiseEventAsync("i", Signal, "b");
        AssertCompleted("ab", await EndAsync("i"));
    }

    [Fact]
    public async Task RaiseEvent_ToNobodyOrToAnEndedInstance_IsRefused()
    {
        await RunAsync(Catalog((_, input) => Task.FromResult(input)));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceNotFound, () => Client.RaiseEventAsync("nobody", Signal, "a"));
        await ThrowsAsync(OrchestrationErrorCodes.InstanceStatus, () => Client.RaiseEventAsync("i", Signal, "a"));
        await ThrowsAsync(OrchestrationErrorCodes.PayloadTooLarge, () => Client.RaiseEventAsync("i", Signal, new('x', 40_000)));
    }

    [Fact]
    public async Task ContinueAsNew_LeftoverEvents_AreKeptOrDroppedAsAsked()
    {
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            if (context.Generation == 0)
            {
                // By now "signal" has been delivered to this generation and taken by nobody.
                await context.WaitForExternalEventAsync(Definitions.Event("go"));
                context.ContinueAsNew("", ConformanceJson.Default.String, preserveUnprocessedEvents: input == "keep");
                return "";
            }

            return await context.WaitForExternalEventAsync(Signal);
        }));
        foreach (var input in (string[])["keep", "drop"])
        {
            await Client.StartAsync(Main, input, new() { InstanceId = input });
            await Client.RaiseEventAsync(input, Signal, "old");
            await Client.RaiseEventAsync(input, Definitions.Event("go"), "");
        }

        AssertCompleted("old", await EndAsync("keep"));
        await Client.RaiseEventAsync("drop", Signal, "new");
        var dropped = Text((await EndAsync("drop")).Output);
        Assert.Contains(dropped, (string[])["old", "new"]);
    }

    /// <summary>N events sent at any time, over any generations, crashes and restarts: N received, in order.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public void ContinueAsNew_EventsAtRandomTimes_AllAreReceivedInOrder()
    {
        var scripts = Gen.ListOf(Gen.Frequency(
            (10, Gen.Constant('e')), (2, Gen.Constant('y')), (1, Gen.Constant('r')), (1, Gen.Constant('c'))));
        var cases = from script in scripts from perGeneration in Gen.Choose(1, 3) select (Script: new string([.. script]), perGeneration);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40),
            Prop.ForAll(cases.ToArbitrary(), one => Task.Run(() => ReceivesAllAsync(one.Script, one.perGeneration)).GetAwaiter().GetResult()));
    }

    // On the thread pool: the property blocks its test's thread.
    private async Task ReceivesAllAsync(string script, int perGeneration)
    {
        await using var harness = CreateHarness();
        var total = script.Count(step => step == 'e');
        var catalog = Catalog(async (context, input) =>
        {
            var received = input;
            for (var taken = 0; taken < perGeneration && received.Count(mark => mark == ',') < total; taken++)
            {
                received += await context.WaitForExternalEventAsync(Signal) + ",";
            }

            if (received.Count(mark => mark == ',') < total)
            {
                context.ContinueAsNew(received, ConformanceJson.Default.String);
            }

            return received;
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(Main, "", new() { InstanceId = "i" });
        var sent = 0;
        foreach (var step in script)
        {
            switch (step)
            {
                case 'e':
                    await harness.Client.RaiseEventAsync("i", Signal, $"{sent++}");
                    break;
                case 'y':
                    await harness.Client.GetAsync("i");
                    break;
                case 'r':
                    await harness.CloseAsync();
                    await harness.OpenAsync(catalog);
                    break;
                default:
                    await harness.CrashAsync();
                    await harness.OpenAsync(catalog);
                    break;
            }
        }

        var end = await WithinAsync(harness.Client.WaitForCompletionAsync("i"));
        AssertCompleted(string.Concat(Enumerable.Range(0, total).Select(number => $"{number},")), end);
    }
}
