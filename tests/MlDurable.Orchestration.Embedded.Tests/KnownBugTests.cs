using System.Collections.Concurrent;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>The bugs that users of another engine had, numbered as in docs/reliability.md: none of them here.</summary>
public sealed class KnownBugTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Fact]
    public async Task Bug01_CompletedInTheHistory_IsNeverShownAsRunning()
    {
        var catalog = Echoing((context, input) => context.CallActivityAsync(s_work, input));
        var ended = 0;
        for (var failAt = 1; failAt < 200; failAt++)
        {
            await using var harness = new EmbeddedHarness();
            harness.Disk.FailAt = failAt;
            var confirmed = false;
            try
            {
                await harness.OpenAsync(catalog);
                await harness.Client.StartAsync(s_main, "done", new() { InstanceId = "i" });
                confirmed = (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).IsFinished;
                await harness.CloseAsync();
            }
            catch (Exception exception) when (exception is IOException or OrchestrationException { Code: EmbeddedErrorCodes.JournalWriteFailed })
            {
                await harness.DisposeAsync();
            }

            harness.Disk.PowerOn(new Random(failAt));
            var isInHistory = false;
            new JournalReader(harness.Disk.Mount(), entry => isInHistory |= entry is TurnCompleted { Decisions: [.., InstanceCompleted] }
                or InstanceRecorded { Ended: OrchestrationRuntimeStatus.Completed }).Read();
            await using var paused = await EmbeddedEngine.OpenAsync(catalog, harness.Options with { Paused = true });
            var state = await paused.Client.GetAsync("i");

            Assert.True(isInHistory == (state?.RuntimeStatus == OrchestrationRuntimeStatus.Completed), $"Operation {failAt}: {state}");
            Assert.True(!confirmed || isInHistory, $"Operation {failAt}: the confirmed end is lost.");
            if (state is null)
            {
                continue;
            }

            ended += isInHistory ? 1 : 0;
            var terminated = await Record.ExceptionAsync(() => paused.Client.TerminateAsync("i", "test"));
            Assert.Equal(isInHistory ? OrchestrationErrorCodes.InstanceStatus : null, (terminated as OrchestrationException)?.Code);
        }

        Assert.True(ended > 10, $"{ended} ends are no test.");
    }

    [Fact]
    public async Task Bug02_OwnerThatWasTakenForDead_CannotOverwriteTheNewOnesState()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = Echoing((context, _) => context.WaitForExternalEventAsync(s_signal));
        var former = await EmbeddedEngine.OpenAsync(catalog, harness.Options);
        await former.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        var stale = harness.Disk.Files;

        // The machine of the former owner stood still; another one went on in its place.
        harness.Disk.PowerOff();
        harness.Disk.PowerOn();
        await harness.OpenAsync(catalog);
        await harness.Client.RaiseEventAsync("i", s_signal, "new");
        Assert.Equal("\"new\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);

        var late = await Assert.ThrowsAsync<OrchestrationException>(() => former.Client.TerminateAsync("i", "too late"));
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, late.Code);
        await former.DisposeAsync();
        await harness.CloseAsync();

        // Whatever it still managed to write into its own file is found out, not believed.
        foreach (var (name, bytes) in stale.Where(file => file.Key.StartsWith("segment", StringComparison.Ordinal)))
        {
            harness.Disk.Overwrite(name, [.. bytes, .. bytes]);
        }

        var opened = await Assert.ThrowsAsync<OrchestrationException>(() => harness.OpenAsync(catalog));
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, opened.Code);
    }

    [Fact]
    public async Task Bug03_LateAnswerToAFormerGeneration_IsNoErrorAndReachesNobody()
    {
        await using var harness = new EmbeddedHarness();
        var late = new TaskCompletionSource();
        var catalog = new OrchestrationCatalog()
            .Add(s_work, async (context, input) =>
            {
                if (input == "late")
                {
                    await late.Task;
                }

                return $"{input} of {context.Generation}";
            })
            .Add(s_main, async (context, input) =>
            {
                var first = context.CallActivityAsync(s_work, input.Length == 0 ? "late" : "soon");
                if (input.Length == 0)
                {
                    context.ContinueAsNew("again", ConformanceJson.Default.String);
                    return "";
                }

                await context.WaitForExternalEventAsync(s_signal);
                return await first;
            });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        while ((await harness.Client.GetAsync("i"))!.Generation == 0)
        {
            await Task.Yield();
        }

        late.SetResult();
        await harness.Client.RaiseEventAsync("i", s_signal, "");

        Assert.Equal("\"soon of 1\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    /// <summary>Events at random moments, across generations, crashes and compactions.</summary>
    [Fact]
    public void Bug04_EventsAroundContinueAsNew_AreEachReceivedOnceAndInOrder() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(30),
        Prop.ForAll(
            (from events in Gen.Choose(1, 40)
             from perGeneration in Gen.Choose(1, 5)
             from crashes in Gen.Choose(0, 3)
             from seed in Gen.Choose(0, 1_000_000)
             select (events, perGeneration, crashes, seed)).ToArbitrary(),
            one => Task.Run(() => ReceivesAllAsync(one.events, one.perGeneration, one.crashes, one.seed)).GetAwaiter().GetResult()));

    [Fact]
    public async Task Bug05_EventsForNobodyYetAndForSeveralWaits_AreConsumedOnceEach()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = Echoing(async (context, _) =>
        {
            await context.CreateTimerAsync(TimeSpan.FromHours(1), CancellationToken.None);
            var (first, second) = (context.WaitForExternalEventAsync(s_signal), context.WaitForExternalEventAsync(s_signal));
            var winner = await await Task.WhenAny(first, second);
            var third = context.WaitForExternalEventAsync(s_signal);
            return winner + await second + await third;
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await harness.Client.RaiseEventAsync("i", s_signal, "1");
        await harness.Client.RaiseEventAsync("i", s_signal, "2");
        await harness.CrashAsync();
        await harness.OpenAsync(catalog);
        harness.Time.Advance(TimeSpan.FromHours(2));
        await harness.Client.RaiseEventAsync("i", s_signal, "3");

        Assert.Equal("\"123\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task Bug06_FailedOrMissingActivity_IsNamedAsWhatItIs()
    {
        await using var harness = new EmbeddedHarness();
        var missing = Definitions.Activity("missing");
        var catalog = new OrchestrationCatalog()
            .Add(s_work, (_, _) => throw new CodedException("no-memory", "the reason"))
            .Add(s_main, (context, input) => context.CallActivityAsync(input == "missing" ? missing : s_work, input));
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "missing", new() { InstanceId = "missing" });
        await harness.Client.StartAsync(s_main, "fails", new() { InstanceId = "fails" });
        await harness.CrashAsync();
        await harness.OpenAsync(catalog);

        var notThere = (await harness.Client.WaitForCompletionAsync("missing").WaitAsync(s_patience)).Failure!;
        Assert.Equal(OrchestrationErrorCodes.ActivityNotRegistered, notThere.Code);
        Assert.Contains("Step 1 'missing'", notThere.ErrorMessage, StringComparison.Ordinal);
        var failed = (await harness.Client.WaitForCompletionAsync("fails").WaitAsync(s_patience)).Failure!;
        Assert.Equal("no-memory", failed.Code);
        Assert.Contains("the reason", failed.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bug07_ChangedCodeUnderARunningInstance_HoldsThatOneAndGoesOnWhenItFits()
    {
        await using var harness = new EmbeddedHarness();
        var release = Echoing(async (context, _) => await context.CallActivityAsync(s_work, "a") + await context.WaitForExternalEventAsync(s_signal));
        await harness.OpenAsync(release);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        while ((await harness.Client.GetAsync("i"))!.RuntimeStatus == OrchestrationRuntimeStatus.Pending)
        {
            await Task.Yield();
        }

        await harness.CrashAsync();
        await harness.OpenAsync(Echoing(async (context, _) => await context.CallActivityAsync(s_work, "changed") + await context.WaitForExternalEventAsync(s_signal)));
        await harness.Client.RaiseEventAsync("i", s_signal, "b");
        OrchestrationState state;
        while ((state = (await harness.Client.GetAsync("i"))!).Failure is null)
        {
            await Task.Yield();
        }

        Assert.False(state.IsFinished);
        Assert.Equal(OrchestrationErrorCodes.Nondeterminism, state.Failure!.Code);
        Assert.Contains("activity 'work' with input \"a\"", state.Failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("activity 'work' with input \"changed\"", state.Failure.ErrorMessage, StringComparison.Ordinal);

        await harness.CrashAsync();
        await harness.OpenAsync(release);
        Assert.Equal("\"ab\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task Bug08_StartedByManyAtOnce_AnEternalInstanceRunsOnce()
    {
        await using var harness = new EmbeddedHarness();
        var began = 0;
        await harness.OpenAsync(Echoing((context, _) =>
        {
            Interlocked.Increment(ref began);
            return context.WaitForExternalEventAsync(s_signal);
        }));
        var starts = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(
            () => harness.Client.StartAsync(s_main, "same", new() { InstanceId = "eternal" }))));
        await harness.Client.RaiseEventAsync("eternal", s_signal, "end");
        await harness.Client.WaitForCompletionAsync("eternal").WaitAsync(s_patience);

        Assert.Equal(["eternal"], starts.Distinct());
        Assert.Equal(1, began);
    }

    [Fact]
    public async Task Bug09_FanInOfLargeAndSmallResults_Joins()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = new OrchestrationCatalog()
            .Add(s_work, index => new string('x', int.Parse(index, CultureInfo.InvariantCulture) % 2 == 0 ? 30_000 : 1))
            .Add(s_main, async (context, _) => string.Join(',', (await Task.WhenAll(
                Enumerable.Range(0, 200).Select(index => context.CallActivityAsync(s_work, $"{index}")))).Select(result => result.Length)));
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });

        var state = await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);

        Assert.Equal($"\"{string.Join(',', Enumerable.Range(0, 200).Select(index => index % 2 == 0 ? 30_000 : 1))}\"", state.Output);
    }

    [Fact]
    public async Task Bug10_FanInOf4000_RunsTheCodeOnceAndHandlesEachResultOnce()
    {
        await using var harness = new EmbeddedHarness();
        var (began, handled) = (0, new ConcurrentBag<string>());
        await harness.OpenAsync(Echoing(async (context, _) =>
        {
            began++;
            await Task.WhenAll(Enumerable.Range(0, 4_000).Select(async index => handled.Add(await context.CallActivityAsync(s_work, $"{index}"))));
            return "joined";
        }));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });

        Assert.Equal("\"joined\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
        Assert.Equal(1, began);
        Assert.Equal(4_000, handled.Count);
        Assert.Equal(4_000, handled.Distinct().Count());
    }

    [Fact]
    public async Task Bug11_WideFanOut_ItsFirstActivitiesEndWhileTheLastStillWait()
    {
        await using var harness = new EmbeddedHarness();
        var happened = new ConcurrentQueue<EngineEventKind>();
        await using var engine = await EmbeddedEngine.OpenAsync(
            Echoing(async (context, _) => $"{(await Task.WhenAll(Enumerable.Range(0, 500).Select(index => context.CallActivityAsync(s_work, $"{index}")))).Length}"),
            harness.Options with { ActivitySlots = 1, Observer = one => happened.Enqueue(one.Kind) });
        await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        Assert.Equal("\"500\"", (await engine.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);

        var kinds = happened.ToList();
        Assert.True(kinds.IndexOf(EngineEventKind.ActivityCompleted) < kinds.LastIndexOf(EngineEventKind.ActivityStarted));
        Assert.Equal(500, kinds.Count(kind => kind == EngineEventKind.ActivityStarted));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_294_967_296)] // 49.7 days and a bit: beyond the longest timer of the system
    [InlineData(315_576_000_000)] // 10 years
    public async Task Bug12_TimerOfAnyLength_FiresWhenDueThoughTheClockIsSet(long milliseconds)
    {
        var delay = TimeSpan.FromMilliseconds(milliseconds);
        await using var harness = new EmbeddedHarness();
        var catalog = Echoing(async (context, _) =>
        {
            var due = context.CurrentUtcDateTime + delay;
            await context.CreateTimerAsync(due, CancellationToken.None);
            return context.CurrentUtcDateTime >= due ? "due" : "early";
        });
        await harness.OpenAsync(catalog);
        var start = harness.Now;
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        harness.Time.SetClock(start - TimeSpan.FromDays(1));
        await harness.CrashAsync();
        await harness.OpenAsync(catalog);
        if (delay > TimeSpan.FromSeconds(1))
        {
            harness.Time.SetClock(start + delay - TimeSpan.FromSeconds(1));
            Assert.False((await harness.Client.GetAsync("i"))!.IsFinished);
        }

        var end = harness.Client.WaitForCompletionAsync("i");
        harness.Time.SetClock(start + delay + TimeSpan.FromDays(2));
        while (!end.IsCompleted)
        {
            harness.Time.Advance(TimeSpan.FromHours(1));
            await harness.Client.GetAsync("i");
        }

        Assert.Equal("\"due\"", (await end).Output);
    }

    [Fact]
    public async Task Bug13_EndWithTimersLeft_IsTheEndAlsoAfterARestart()
    {
        await using var harness = new EmbeddedHarness();
        var ends = 0;
        var catalog = Echoing(async (context, input) =>
        {
            var left = context.CreateTimerAsync(TimeSpan.FromHours(1), CancellationToken.None);
            var signal = context.WaitForExternalEventAsync(s_signal, TimeSpan.FromHours(2));
            await context.CallActivityAsync(s_work, input);
            return $"{left.IsCompleted} {signal.IsCompleted}";
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        Assert.Equal("\"False False\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
        await harness.CrashAsync();
        await harness.OpenAsync(catalog);
        harness.Engine.Observed += _ => ends++;

        harness.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("\"False False\"", (await harness.Client.GetAsync("i"))!.Output);
        await harness.CloseAsync();

        Assert.Equal(0, ends);
    }

    [Fact]
    public async Task Bug14_BodyOfAnEternalInstance_RunsOncePerGeneration()
    {
        await using var harness = new EmbeddedHarness();
        var effects = new ConcurrentQueue<(int Generation, string Key)>();
        var bodies = 0;
        var catalog = new OrchestrationCatalog()
            .Add(s_work, (context, input) =>
            {
                effects.Enqueue((context.Generation, context.IdempotencyKey));
                return Task.FromResult(input);
            })
            .Add(s_main, async (context, input) =>
            {
                bodies++;
                await context.CallActivityAsync(s_work, "round");
                if (context.Generation < 499)
                {
                    context.ContinueAsNew(input, ConformanceJson.Default.String);
                }

                return input;
            });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);

        Assert.Equal(Enumerable.Range(0, 500), effects.Select(effect => effect.Generation));
        Assert.Equal(500, effects.Select(effect => effect.Key).Distinct().Count());
        Assert.Equal(500, bodies);
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Bug15_PurgeOf20000_GivesTheDiskBackWhileOthersGoOn()
    {
        await using var harness = new EmbeddedHarness();
        await using var engine = await EmbeddedEngine.OpenAsync(
            Echoing((_, input) => Task.FromResult(input)),
            harness.Options with { SegmentBytes = 1 << 18, CompactionBytes = 1 << 19 });
        for (var portion = 0; portion < 20; portion++)
        {
            await Task.WhenAll(Enumerable.Range(portion * 1_000, 1_000).Select(async number =>
                await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(s_main, "", new() { InstanceId = $"{number}" }))));
        }

        var full = harness.Disk.Files.Values.Sum(file => (long)file.Length);
        var purging = Parallel.ForAsync(0, 20_000, async (number, cancellationToken) =>
            Assert.True(await engine.Client.PurgeAsync($"{number}", cancellationToken)));
        var meanwhile = 0;
        for (; !purging.IsCompleted; meanwhile++)
        {
            await ComeAndGoAsync();
        }

        await purging;
        Assert.True(meanwhile > 10, $"Only {meanwhile} instances came through meanwhile.");
        Assert.Empty(await engine.Client.ListAsync(new()).ToListAsync());

        // What was purged is off the disk as soon as so much again was written.
        for (var more = 0; harness.Disk.Files.Values.Sum(file => (long)file.Length) > full / 2; more++)
        {
            Assert.True(more < 20_000, "The disk never shrinks.");
            await ComeAndGoAsync();
        }

        async Task ComeAndGoAsync()
        {
            await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(s_main, "", new() { InstanceId = "between" })).WaitAsync(s_patience);
            await engine.Client.PurgeAsync("between");
        }
    }

    [Fact]
    public async Task Bug15_Retention_ForgetsInBitesWhatEndedLongAgo()
    {
        await using var harness = new EmbeddedHarness();
        await using var engine = await EmbeddedEngine.OpenAsync(
            Echoing((context, input) => input == "wait" ? context.WaitForExternalEventAsync(s_signal) : Task.FromResult(input)),
            harness.Options with { Retention = TimeSpan.FromDays(30) });
        await engine.Client.StartAsync(s_main, "wait", new() { InstanceId = "unfinished" });
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async number =>
            await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(s_main, "", new() { InstanceId = $"{number}" }))));
        harness.Time.Advance(TimeSpan.FromDays(29));
        await engine.Client.WaitForCompletionAsync(await engine.Client.StartAsync(s_main, "", new() { InstanceId = "young" }));
        Assert.Equal(1_002, await engine.Client.ListAsync(new()).CountAsync());

        harness.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromHours(2));
        var left = await engine.Client.ListAsync(new()).CountAsync();
        Assert.InRange(left, 1_002 - 300, 1_001);
        for (var bite = 0; bite < 5; bite++)
        {
            harness.Time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(["unfinished", "young"], (await engine.Client.ListAsync(new()).ToListAsync()).Select(state => state.InstanceId));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Bug16_HundredThousandGenerations_LeaveTheDiskFlat()
    {
        await using var harness = new EmbeddedHarness();
        var largest = 0L;
        var catalog = Echoing((context, input) =>
        {
            if (context.Generation % 10_000 == 5_000)
            {
                largest = Math.Max(largest, harness.Disk.Files.Values.Sum(file => (long)file.Length));
            }

            if (context.Generation < 100_000)
            {
                context.ContinueAsNew(input, ConformanceJson.Default.String);
            }

            return Task.FromResult("end");
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });

        Assert.Equal("\"end\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
        // Some ten megabytes were written; compaction runs beside.
        Assert.InRange(largest, 1, 2_000_000);
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Bug17_ActivityThatFellsTheProcess_EndsInQuarantineAndTheNextProcessStays()
    {
        using var directory = new TemporaryDirectory();
        var ends = 0;
        ChildProcess? child;
        while ((child = await ChildProcess.StartDoomedAsync(directory.Path)) is null)
        {
            Assert.True(++ends <= 5, "The engine starts the activity again and again.");
        }

        using (child)
        {
            Assert.Equal(["doomed", "doomed", "doomed", "doomed", "doomed", "sound"], await File.ReadAllLinesAsync(Path.Combine(directory.Path, "effects")));
        }

        Assert.Equal(5, ends);
    }

    [Fact]
    public async Task Bug18_StartWithTheIdOfARunningInstance_NeverReplacesIt()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Echoing((context, input) => input == "first" ? context.WaitForExternalEventAsync(s_signal) : Task.FromResult(input)));
        await harness.Client.StartAsync(s_main, "first", new() { InstanceId = "i" });

        var conflict = await Assert.ThrowsAsync<OrchestrationException>(() => harness.Client.StartAsync(s_main, "second", new() { InstanceId = "i" }));
        Assert.Equal(OrchestrationErrorCodes.InstanceConflict, conflict.Code);
        Assert.Equal("i", await harness.Client.StartAsync(s_main, "first", new() { InstanceId = "i" }));
        await harness.Client.RaiseEventAsync("i", s_signal, "of the first");

        Assert.Equal("\"of the first\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
        Assert.Single(await harness.Client.ListAsync(new()).ToListAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bug20_LargePayload_IsRefusedWithItsStepAndAReferencePasses(bool asInput)
    {
        await using var harness = new EmbeddedHarness();
        var large = new string('x', 40_000);
        var catalog = new OrchestrationCatalog()
            .Add(s_work, input => asInput || input == "reference" ? input : large)
            .Add(s_main, async (context, _) =>
            {
                var reference = await context.CallActivityAsync(s_work, "reference");
                try
                {
                    return await context.CallActivityAsync(s_work, asInput ? large : "value");
                }
                catch (OrchestrationException exception) when (exception.Code == OrchestrationErrorCodes.PayloadTooLarge)
                {
                    return $"{reference}: {exception.Message}";
                }
            });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });

        var output = (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output!;
        Assert.StartsWith("\"reference: ", output, StringComparison.Ordinal);
        Assert.Contains("step 2", output, StringComparison.OrdinalIgnoreCase);
        Assert.True(harness.Disk.Files.Values.Sum(file => (long)file.Length) < 30_000);
    }

    [Fact]
    public async Task Bug21_WorkThatWaits_ShowsItsAge()
    {
        await using var harness = new EmbeddedHarness();
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var catalog = new OrchestrationCatalog()
            .Add(s_work, async (_, input) =>
            {
                begun.TrySetResult();
                await release.Task;
                return input;
            })
            .Add(s_main, async (context, _) => string.Concat(await Task.WhenAll(
                new[] { "a", "b" }.Select(input => context.CallActivityAsync(s_work, input, new() { Pool = "narrow" })))));
        await harness.OpenAsync(catalog);
        Assert.Null(harness.Engine.LongestWait);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await begun.Task.WaitAsync(s_patience);

        harness.Time.Advance(TimeSpan.FromMinutes(7));
        Assert.Equal(TimeSpan.FromMinutes(7), harness.Engine.LongestWait);

        release.SetResult();
        await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);
        Assert.Null(harness.Engine.LongestWait);
    }

    private static OrchestrationCatalog Echoing(Func<OrchestrationContext, string, Task<string>> main) =>
        new OrchestrationCatalog().Add(s_work, text => text).Add(s_main, main);

    private static async Task ReceivesAllAsync(int events, int perGeneration, int crashes, int seed)
    {
        var chance = new Random(seed);
        await using var harness = new EmbeddedHarness();
        var catalog = Echoing(async (context, received) =>
        {
            for (var taken = 0; taken < perGeneration; taken++)
            {
                received += (received.Length == 0 ? "" : ",") + await context.WaitForExternalEventAsync(s_signal);
                if (received.Split(',').Length == events)
                {
                    return received;
                }
            }

            context.ContinueAsNew(received, ConformanceJson.Default.String);
            return "";
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        var crashBefore = Enumerable.Range(0, crashes).Select(_ => chance.Next(events)).ToHashSet();
        for (var number = 0; number < events; number++)
        {
            if (crashBefore.Contains(number))
            {
                await harness.CrashAsync();
                await harness.OpenAsync(catalog);
            }

            await harness.Client.RaiseEventAsync("i", s_signal, $"{number}");
            for (var pause = chance.Next(4); pause > 0; pause--)
            {
                await harness.Client.GetAsync("i");
            }
        }

        var state = await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);
        Assert.Equal($"\"{string.Join(',', Enumerable.Range(0, events))}\"", state.Output);
    }
}
