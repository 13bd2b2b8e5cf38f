using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>Power losses and full disks at every place, and what comes of the work.</summary>
public sealed class CrashTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_child = Definitions.Orchestrator("child");
    private static readonly ActivityDefinition<string, string> s_effect = Definitions.Activity("effect");
    private static readonly EventDefinition<string> s_signal = Definitions.Event("signal");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Failure_AtEveryDiskOperation_SameResultAndEachEffectOnceByItsKey(int seed)
    {
        var tried = await CrashLoop.RunAsync(() => new Play(), seed: seed);

        Assert.True(tried.Count > 60, $"{tried.Count} places are no test.");
    }

    [Fact]
    public async Task DiskFull_WhileRunning_StopsTheEngineAndFailsEveryCall()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Catalog([]));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        var waiting = harness.Client.WaitForCompletionAsync("i");
        harness.Disk.FailAt = harness.Disk.Operations + 1;
        var raised = Assert.ThrowsAsync<OrchestrationException>(async () =>
        {
            while (true)
            {
                await harness.Client.RaiseEventAsync("i", Definitions.Event("other"), "");
            }
        });
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, (await raised.WaitAsync(s_patience)).Code);
        var stopped = await Assert.ThrowsAsync<OrchestrationException>(() => harness.Engine.Completion.WaitAsync(s_patience));
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, stopped.Code);
        Assert.Contains("No space left", stopped.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OrchestrationException>(() => waiting.WaitAsync(s_patience));
        var later = await Assert.ThrowsAsync<OrchestrationException>(() => harness.Client.GetAsync("i"));
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, later.Code);
    }

    /// <summary>An engine that could not write would confirm nothing, so it does not open at all, whether there is a journal or not.</summary>
    [Theory]
    [InlineData(false, "/simulated/segment-0000000001")]
    [InlineData(true, "/simulated/segment-0000000002")]
    public async Task Open_ReadOnlyDisk_IsRefusedWithTheFileAndWhatToDo(bool isThere, string path)
    {
        await using var harness = new EmbeddedHarness();
        if (isThere)
        {
            await harness.OpenAsync(Catalog([]));
            await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i", StartAt = harness.Now.AddDays(1) });
            await harness.CloseAsync();
        }

        harness.Disk.FailAt = harness.Disk.Operations + 1;
        harness.Disk.Failure = name => new IOException($"Read-only file system : '{name}'");
        var before = harness.Disk.Files.ToDictionary(file => file.Key, file => file.Value.Length);

        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => harness.OpenAsync(Catalog([])));

        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, refused.Code);
        Assert.Contains($"Read-only file system : '{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Make room, make the disk writable or repair it, then start it again", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, harness.Disk.Files.ToDictionary(file => file.Key, file => file.Value.Length));
    }

    [Fact]
    public async Task Compaction_ManyInstances_KeepsResultsAndBoundsTheDisk()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = Catalog([]);
        await harness.OpenAsync(catalog);
        for (var number = 0; number < 300; number++)
        {
            await harness.Client.StartAsync(s_child, $"{number}", new() { InstanceId = $"c{number}" });
            await harness.Client.WaitForCompletionAsync($"c{number}").WaitAsync(s_patience);
            if (number % 10 != 0)
            {
                await harness.Client.PurgeAsync($"c{number}");
            }
        }

        await harness.CrashAsync();
        Assert.Contains(harness.Disk.Files.Keys, name => name.StartsWith("snapshot-", StringComparison.Ordinal));
        Assert.True(
            harness.Disk.Files.Values.Sum(file => file.Length) < 60_000,
            string.Join(", ", harness.Disk.Files.Select(file => $"{file.Key} {file.Value.Length}")));
        await harness.OpenAsync(catalog);
        for (var number = 0; number < 300; number++)
        {
            var state = await harness.Client.GetAsync($"c{number}");
            Assert.Equal(number % 10 == 0 ? $"\"child {number}\"" : null, state?.Output);
        }
    }

    [Fact]
    public async Task Compaction_EternalOrchestration_DiskStaysFlat()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = new OrchestrationCatalog().Add(s_main, (context, input) =>
        {
            if (context.Generation < 3000)
            {
                context.ContinueAsNew(input, ConformanceJson.Default.String);
            }

            return Task.FromResult("");
        });
        await harness.OpenAsync(catalog);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);
        await harness.CloseAsync();
        Assert.True(harness.Disk.Files.Values.Sum(file => file.Length) < 60_000);
    }

    /// <summary>Random orchestrations with random power losses end as a plain calculation of them does.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public void RandomOrchestrations_RandomPowerLosses_EqualThePlainModel()
    {
        var programs = Gen.ListOf(Gen.Elements('a', 'f', 't', 'c', 's', 'r', 'w', 'x', 'p')).Select(steps => new string([.. steps.Take(12)]));
        var cases = from program in programs
                    from seed in Gen.Choose(0, 1_000_000)
                    select (program, seed);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60),
            Prop.ForAll(cases.ToArbitrary(), one => Task.Run(() => EqualsModelAsync(one.program, one.seed)).GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task Paused_AcceptsWorkAndRunsNothing()
    {
        await using var harness = new EmbeddedHarness();
        var effects = new ConcurrentBag<string>();
        await using (var paused = await EmbeddedEngine.OpenAsync(Catalog(effects), harness.Options with { Paused = true }))
        {
            await paused.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
            await paused.Client.RaiseEventAsync("i", s_signal, "go");
            Assert.Equal(OrchestrationRuntimeStatus.Pending, (await paused.Client.GetAsync("i"))!.RuntimeStatus);
        }

        Assert.Empty(effects);
        await harness.OpenAsync(Catalog(effects));
        harness.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(
            OrchestrationRuntimeStatus.Completed, (await EndAsync(harness, "i")).RuntimeStatus);
    }

    [Fact]
    public async Task Observed_LiveRun_TellsInOrderAndNothingOfAReplay()
    {
        await using var harness = new EmbeddedHarness();
        var catalog = new OrchestrationCatalog()
            .Add(s_effect, (context, input) =>
            {
                context.ReportProgress(0.5, "half");
                return Task.FromResult(input);
            })
            .Add(s_main, async (context, _) =>
            {
                await context.CallActivityAsync(s_effect, "x");
                return await context.WaitForExternalEventAsync(s_signal);
            });
        await harness.OpenAsync(catalog);
        var kinds = new List<EngineEventKind>();
        var told = new TaskCompletionSource();
        harness.Engine.Observed += happened =>
        {
            kinds.Add(happened.Kind);
            if (happened.Kind == EngineEventKind.ActivityCompleted)
            {
                told.SetResult();
            }
        };
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await told.Task.WaitAsync(s_patience);

        await harness.CloseAsync();
        Assert.Equal(
            [
                EngineEventKind.InstanceStarted, EngineEventKind.ActivityScheduled, EngineEventKind.ActivityStarted,
                EngineEventKind.ActivityProgress, EngineEventKind.ActivityCompleted,
            ],
            kinds);
        await harness.OpenAsync(catalog);
        kinds.Clear();
        harness.Engine.Observed += happened => kinds.Add(happened.Kind);
        await harness.Client.RaiseEventAsync("i", s_signal, "a");
        await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);
        await harness.CloseAsync();
        Assert.Equal([EngineEventKind.InstanceCompleted], kinds);
    }

    [Fact]
    public async Task Observed_HandlerThrows_StopsTheEngineWithItsCause()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Catalog([]));
        harness.Engine.Observed += _ => throw new InvalidOperationException("handler");
        await harness.Client.StartAsync(s_child, "", new() { InstanceId = "i" });
        var stopped = await Assert.ThrowsAsync<OrchestrationException>(() => harness.Engine.Completion.WaitAsync(s_patience));
        Assert.Equal(EmbeddedErrorCodes.ObserverFailed, stopped.Code);
    }

    [Fact]
    public async Task Clock_SetBack_TheInstancesClockNeverGoesBack()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(new OrchestrationCatalog().Add(s_main, async (context, _) =>
        {
            var before = context.CurrentUtcDateTime;
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await context.WaitForExternalEventAsync(s_signal);
            return context.CurrentUtcDateTime >= before ? "forward" : "back";
        }));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        while ((await harness.Client.GetAsync("i"))!.CustomStatus is null)
        {
            await Task.Yield();
        }

        harness.Time.SetClock(harness.Now.AddDays(-1));
        await harness.Client.RaiseEventAsync("i", s_signal, "");
        Assert.Equal("\"forward\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task Timer_TimePassesWhileItIsSet_Fires()
    {
        var time = new LateTime(new VirtualTimeProvider(DateTimeOffset.UnixEpoch), TimeSpan.FromDays(1));
        await using var harness = new EmbeddedHarness();
        await using var engine = await EmbeddedEngine.OpenAsync(
            new OrchestrationCatalog().Add(s_main, async (context, _) =>
            {
                await context.CreateTimerAsync(TimeSpan.FromHours(1), CancellationToken.None);
                return "fired";
            }),
            harness.Options with { TimeProvider = time });
        await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        Assert.Equal("\"fired\"", (await engine.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task Calls_WhoseTurnHangs_AreDurableAllTheSame()
    {
        using var letGo = new ManualResetEventSlim();
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(new OrchestrationCatalog().Add(s_main, (context, _) =>
        {
            letGo.Wait();
            return context.WaitForExternalEventAsync(s_signal);
        }));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" }).WaitAsync(s_patience);
        await harness.Client.RaiseEventAsync("i", s_signal, "a").WaitAsync(s_patience);
        letGo.Set();
        Assert.Equal("\"a\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task Orchestrator_MissingFromTheBuild_WaitsVisiblyForOneThatHasIt()
    {
        await using var harness = new EmbeddedHarness();
        var signal = new OrchestrationCatalog().Add(s_main, (context, _) => context.WaitForExternalEventAsync(s_signal));
        await harness.OpenAsync(signal);
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await harness.CloseAsync();
        await harness.OpenAsync(new());
        await harness.Client.RaiseEventAsync("i", s_signal, "a");
        var state = await harness.Client.GetAsync("i");
        Assert.False(state!.IsFinished);
        Assert.Equal(OrchestrationErrorCodes.OrchestratorNotRegistered, state.Failure?.Code);
        await harness.CloseAsync();
        await harness.OpenAsync(signal);
        Assert.Equal("\"a\"", (await harness.Client.WaitForCompletionAsync("i").WaitAsync(s_patience)).Output);
    }

    [Fact]
    public async Task ScheduleToClose_ClockJumpsWhileItWaits_BeginsNoAttempt()
    {
        await using var harness = new EmbeddedHarness();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ActivityOptions { Pool = "narrow", ScheduleToCloseTimeout = TimeSpan.FromHours(1) };
        await harness.OpenAsync(new OrchestrationCatalog()
            .Add(s_effect, async (context, input) =>
            {
                begun.TrySetResult();
                await release.Task.WaitAsync(context.CancellationToken);
                return input;
            })
            .Add(s_main, (context, input) =>
            {
                context.SetCustomStatus("calling", ConformanceJson.Default.String);
                return context.CallActivityAsync(s_effect, input, input == "last" ? options : new() { Pool = "narrow" });
            }));
        var started = new ConcurrentBag<string>();
        harness.Engine.Observed += happened =>
        {
            if (happened.Kind == EngineEventKind.ActivityStarted)
            {
                started.Add(happened.InstanceId);
            }
        };
        await harness.Client.StartAsync(s_main, "first", new() { InstanceId = "first" });
        await begun.Task.WaitAsync(s_patience);
        await harness.Client.StartAsync(s_main, "last", new() { InstanceId = "last" });
        while ((await harness.Client.GetAsync("last"))!.CustomStatus is null)
        {
            await Task.Yield();
        }

        // No timer fires, as no time has passed: only the wall clock is another.
        harness.Time.SetClock(harness.Now.AddHours(2));
        release.SetResult();
        Assert.Equal(
            OrchestrationErrorCodes.ActivityScheduleToCloseTimeout,
            (await harness.Client.WaitForCompletionAsync("last").WaitAsync(s_patience)).Failure?.Code);
        await harness.CloseAsync();
        Assert.Equal(["first"], started);
    }

    [Fact]
    public async Task ScheduleToClose_ShortenedUnderARunningInstance_WhatWasRecordedGoesOn()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(Retrying(TimeSpan.FromHours(1)));
        var retrying = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Engine.Observed += happened =>
        {
            if (happened.Kind == EngineEventKind.ActivityRetrying)
            {
                retrying.SetResult();
            }
        };
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        await retrying.Task.WaitAsync(s_patience);
        await harness.CloseAsync();
        await harness.OpenAsync(Retrying(TimeSpan.FromSeconds(10)));
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("\"second\"", (await EndAsync(harness, "i")).Output);

        static OrchestrationCatalog Retrying(TimeSpan timeout) => new OrchestrationCatalog()
            .Add(s_effect, (context, _) => context.Attempt == 1 ? throw new CodedException("once", "") : Task.FromResult("second"))
            .Add(s_main, (context, _) => context.CallActivityAsync(s_effect, "", new()
            {
                ScheduleToCloseTimeout = timeout,
                Retry = new() { MaxAttempts = 2, FirstRetryInterval = TimeSpan.FromMinutes(1) },
            }));
    }

    [Fact]
    public async Task History_LongerThanTheLimit_FailsTheInstance()
    {
        await using var harness = new EmbeddedHarness();
        await using var engine = await EmbeddedEngine.OpenAsync(
            new OrchestrationCatalog().Add(s_main, async (context, _) =>
            {
                while (true)
                {
                    await context.CreateTimerAsync(TimeSpan.Zero, CancellationToken.None);
                }
            }),
            harness.Options with { MaxHistoryLength = 100 });
        await engine.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
        var state = await engine.Client.WaitForCompletionAsync("i").WaitAsync(s_patience);
        Assert.Equal(OrchestrationErrorCodes.HistoryTooLong, state.Failure?.Code);
    }

    private static OrchestrationCatalog Catalog(ConcurrentBag<string> effects) => new OrchestrationCatalog()
        .Add(s_effect, (context, input) =>
        {
            effects.Add($"{context.IdempotencyKey} {input}");
            return input.StartsWith("fail once", StringComparison.Ordinal) && context.Attempt == 1
                ? throw new CodedException("once", "the first time")
                : Task.FromResult(input);
        })
        .Add(s_child, (context, input) => context.CallActivityAsync(s_effect, $"child {input}"))
        .Add(s_main, async (context, input) =>
        {
            if (context.Generation == 0)
            {
                context.ContinueAsNew("second", ConformanceJson.Default.String);
                return await context.CallActivityAsync(s_effect, "first");
            }

            var wide = await context.FanOutAsync(s_effect, ["a", "b", "c"], 2);
            var retried = await context.CallActivityAsync(
                s_effect, "fail once", new() { Retry = new() { MaxAttempts = 50, FirstRetryInterval = TimeSpan.FromMinutes(1) } });
            await context.CreateTimerAsync(TimeSpan.FromMinutes(10), CancellationToken.None);
            var child = await context.CallSubOrchestratorAsync(s_child, "x");
            var received = await context.WaitForExternalEventAsync(s_signal);
            return $"{input} {string.Concat(wide)} {retried} {child} {received}";
        });

    private static async Task EqualsModelAsync(string program, int seed)
    {
        await using var harness = new EmbeddedHarness();
        var chance = new Random(seed);
        var effects = new ConcurrentBag<(string Key, string Input)>();
        var failed = new ConcurrentDictionary<string, bool>();
        var catalog = new OrchestrationCatalog()
            .Add(s_effect, (context, input) =>
            {
                effects.Add((context.IdempotencyKey, input));
                return (input == "r" && context.Attempt == 1) || (input == "x" && failed.TryAdd(context.IdempotencyKey, true))
                    ? throw new CodedException("once", "")
                    : Task.FromResult(input);
            })
            .Add(s_child, (context, input) => context.CallActivityAsync(s_effect, input))
            .Add(s_main, async (context, steps) =>
            {
                var result = "";
                foreach (var step in steps)
                {
                    result += step switch
                    {
                        'a' => await context.CallActivityAsync(s_effect, "a"),
                        'f' => string.Concat(await context.FanOutAsync(s_effect, ["f", "g", "h"], 2)),
                        'c' => await context.CallSubOrchestratorAsync(s_child, "c"),
                        'r' => await context.CallActivityAsync(
                            s_effect, "r", new() { Retry = new() { MaxAttempts = 3, FirstRetryInterval = TimeSpan.FromHours(1) } }),
                        'x' => await context.CallActivityAsync(s_effect, "x"),
                        'w' => await context.WaitForExternalEventAsync(s_signal),
                        'p' => await context.CallActivityAsync(
                            s_effect, "p", new() { Pool = "wide", PoolWeight = 3, ScheduleToCloseTimeout = TimeSpan.FromDays(1000) }),
                        't' => await WaitAsync(context),
                        _ => Show(context, result),
                    };
                }

                return result;
            });
        string? output = null;
        for (var losses = 0; output is null; losses++)
        {
            harness.Disk.FailAt = losses < 6 ? harness.Disk.Operations + chance.Next(1, 60) : null;
            harness.Disk.Failure = chance.Next(2) == 0
                ? path => new IOException($"No space left on device : '{path}'")
                : path => new UnauthorizedAccessException($"Access to the path '{path}' is denied.");
            try
            {
                await harness.OpenAsync(catalog);
                await harness.Client.StartAsync(s_main, program, new() { InstanceId = "i" });
                do
                {
                    if ((await harness.Client.GetAsync("i"))!.RuntimeStatus == OrchestrationRuntimeStatus.Failed)
                    {
                        await harness.Client.RewindAsync("i", "failed once");
                    }

                    for (var events = program.Count(step => step == 'w'); events > 0; events--)
                    {
                        await RaiseAsync(harness, s_signal);
                    }
                }
                while ((output = (await EndAsync(harness, "i")).Output) is null);
            }
            catch (OrchestrationException exception) when (exception.Code == EmbeddedErrorCodes.JournalWriteFailed)
            {
                await harness.DisposeAsync();
                harness.Disk.PowerOn(chance);
            }
        }

        var expected = string.Concat(program.Select(step => step switch { 'f' => "fgh", 'w' => "go", _ => $"{step}" }));
        Assert.Equal($"\"{expected}\"", output);
        Assert.All(effects.GroupBy(effect => effect.Key), group => Assert.Single(group.Select(effect => effect.Input).Distinct()));

        static async Task<string> WaitAsync(OrchestrationContext context)
        {
            await context.CreateTimerAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
            return "t";
        }

        static string Show(OrchestrationContext context, string result)
        {
            context.SetCustomStatus(result, ConformanceJson.Default.String);
            return "s";
        }
    }

    // After a power loss the sender cannot know whether its event was accepted, so it sends it again; more than needed do no harm here.
    private static async Task RaiseAsync(EmbeddedHarness harness, EventDefinition<string> definition)
    {
        try
        {
            await harness.Client.RaiseEventAsync("i", definition, "go");
        }
        catch (OrchestrationException exception) when (exception.Code == OrchestrationErrorCodes.InstanceStatus)
        {
            // It has ended already.
        }
    }

    private static async Task<OrchestrationState> EndAsync(EmbeddedHarness harness, string id)
    {
        using var patience = new CancellationTokenSource(s_patience);
        var end = harness.Client.WaitForCompletionAsync(id, patience.Token);
        while (!end.IsCompleted)
        {
            harness.Time.Advance(TimeSpan.FromMinutes(10));
            await harness.Client.GetAsync(id, patience.Token);
        }

        return await end;
    }

    private sealed class Play : CrashPlay
    {
        private readonly ConcurrentBag<string> _effects = [];
        private readonly EmbeddedHarness _harness;
        private string? _output;

        public Play() => _harness = new(Disk);

        public override async Task LiveAsync()
        {
            try
            {
                await _harness.OpenAsync(Catalog(_effects));
                await LiveAsync(CarryOutAsync(), _harness.Engine);
            }
            finally
            {
                await _harness.DisposeAsync();
            }
        }

        public override Task<string> FactsAsync() => Task.FromResult($"{_output}: {string.Join(", ", _effects.Distinct().Order(StringComparer.Ordinal))}");

        private async Task CarryOutAsync()
        {
            await _harness.Client.StartAsync(s_main, "", new() { InstanceId = "i" });
            await RaiseAsync(_harness, s_signal);
            while ((_output = (await EndAsync(_harness, "i")).Output) is null)
            {
                await _harness.Client.RewindAsync("i", "failed once");
            }
        }
    }

    /// <summary>A clock that goes on once between the engine's look at it and the setting of a timer, and then stands still.</summary>
    private sealed class LateTime(VirtualTimeProvider inner, TimeSpan delay) : TimeProvider
    {
        private bool _isPast;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new LateTimer(this, inner.CreateTimer(callback, state, dueTime, period));

        private void Pass()
        {
            if (!_isPast)
            {
                _isPast = true;
                inner.Advance(delay);
            }
        }

        private sealed class LateTimer(LateTime owner, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                owner.Pass();
                return timer.Change(dueTime, period);
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
