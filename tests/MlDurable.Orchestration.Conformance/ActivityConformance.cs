using System.Collections.Concurrent;

namespace MlDurable.Orchestration.Conformance;

public abstract class ActivityConformance : ConformanceSuite
{
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");

    /// <summary>How wide the widest fan-out is; less on an engine that replays the whole history at every turn.</summary>
    protected virtual int Wide => 2000;

    private static RetryPolicy Retry(int attempts) => new()
    {
        MaxAttempts = attempts,
        FirstRetryInterval = TimeSpan.FromMinutes(1),
        BackoffCoefficient = 2,
    };

    [Fact]
    public async Task CallActivity_Succeeds_GivesItsResult() =>
        AssertCompleted("[a]", await RunAsync(Catalog(async (context, input) => $"[{await context.CallActivityAsync(Echo, input)}]"), "a"));

    [Fact]
    public async Task CallActivity_Throws_FailureHasTypeMessageAndCode()
    {
        TaskFailedException? seen = null;
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            try
            {
                return await context.CallActivityAsync(s_work, "x");
            }
            catch (TaskFailedException exception)
            {
                seen = exception;
                throw;
            }
        }).Add(s_work, (_, _) => throw new CodedException("csv-empty", "no rows")));
        Assert.Equal("work", seen!.TaskName);
        Assert.Equal(1, seen.Sequence);
        Assert.Equal(typeof(CodedException).FullName, seen.FailureDetails.ErrorType);
        Assert.Equal("no rows", seen.FailureDetails.ErrorMessage);
        Assert.Equal("csv-empty", seen.Code);
        AssertFailed("csv-empty", state);
        Assert.Equal("no rows", state.Failure!.InnerFailure!.ErrorMessage);
    }

    [Fact]
    public async Task CallActivity_NotRegistered_FailsWithItsOwnCode() => AssertFailed(
        OrchestrationErrorCodes.ActivityNotRegistered, await RunAsync(Catalog((context, _) => context.CallActivityAsync(s_work, "x"))));

    [Fact]
    public async Task CallActivity_UnknownPool_FailsWithItsOwnCode() => AssertFailed(
        OrchestrationErrorCodes.PoolUnknown,
        await RunAsync(Catalog((context, _) => context.CallActivityAsync(Echo, "x", new() { Pool = "nowhere" }))));

    [Fact]
    public async Task CallActivity_InputOfOtherType_FailsWithItsOwnCode()
    {
        var numbers = new ActivityDefinition<int, string>("work", ConformanceJson.Default.Int32, ConformanceJson.Default.String);
        AssertFailed(OrchestrationErrorCodes.PayloadInvalid, await RunAsync(
            Catalog((context, _) => context.CallActivityAsync(numbers, 1)).Add(s_work, text => text)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallActivity_PayloadTooLarge_NamesTheStep(bool input)
    {
        var large = new string('x', 40_000);
        var state = await RunAsync(
            Catalog((context, _) => context.CallActivityAsync(s_work, input ? large : "")).Add(s_work, _ => large));
        AssertFailed(OrchestrationErrorCodes.PayloadTooLarge, state);
        Assert.Contains("step 1 'work'", state.Failure!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_FailsTwice_SucceedsWithBackoffAndOneKey()
    {
        var attempts = new ConcurrentQueue<(int Attempt, string Key, DateTimeOffset At)>();
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            return await context.CallActivityAsync(s_work, "x", new() { Retry = Retry(3) });
        }).Add(s_work, (context, _) =>
        {
            attempts.Enqueue((context.Attempt, context.IdempotencyKey, Harness.Now));
            return context.Attempt < 3 ? throw new CodedException("again", "not yet") : Task.FromResult("done");
        }));
        var start = Harness.Now;
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        var end = Client.WaitForCompletionAsync("i");
        while (!end.IsCompleted)
        {
            await Harness.AdvanceAsync(TimeSpan.FromSeconds(10));
            await Client.GetAsync("i");
        }

        AssertCompleted("done", await WithinAsync(end));
        Assert.Equal([1, 2, 3], attempts.Select(attempt => attempt.Attempt));
        Assert.Equal(["i/0/1"], attempts.Select(attempt => attempt.Key).Distinct());
        var waits = attempts.Zip(attempts.Skip(1), (first, second) => second.At - first.At).ToList();
        Assert.True(waits[0] >= TimeSpan.FromMinutes(1), $"The first wait was {waits[0]}.");
        Assert.True(waits[1] >= TimeSpan.FromMinutes(2), $"The second wait was {waits[1]}.");
        Assert.True(Harness.Now - start >= TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task Retry_Exhausted_FailsWithTheLastFailure()
    {
        var runs = 0;
        var policy = Retry(3) with { FirstRetryInterval = TimeSpan.Zero };
        var state = await RunAsync(Catalog((context, _) => context.CallActivityAsync(s_work, "x", new() { Retry = policy }))
            .Add(s_work, (_, _) => throw new CodedException("again", $"run {Interlocked.Increment(ref runs)}")));
        AssertFailed("again", state);
        Assert.Equal("run 3", state.Failure!.InnerFailure!.ErrorMessage);
    }

    [Fact]
    public async Task Retry_HandleFailureSaysNo_FailsAtOnce()
    {
        var runs = 0;
        var policy = Retry(9) with { HandleFailure = failure => failure.Code != "hopeless" };
        AssertFailed("hopeless", await RunAsync(
            Catalog((context, _) => context.CallActivityAsync(s_work, "x", new() { Retry = policy })).Add(s_work, (_, _) =>
            {
                Interlocked.Increment(ref runs);
                throw new CodedException("hopeless", "never");
            })));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Timeout_ActivityObeysItsToken_FailsWithTimeoutAndTokenIsCancelled()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(
            (context, _) => context.CallActivityAsync(s_work, "x", new() { Timeout = TimeSpan.FromMinutes(5) })).Add(
            s_work, async (context, _) =>
            {
                using var registration = context.CancellationToken.Register(cancelled.SetResult);
                started.SetResult();
                await cancelled.Task;
                return "too late";
            }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.Task);
        await Harness.AdvanceAsync(TimeSpan.FromMinutes(6));
        AssertFailed(OrchestrationErrorCodes.ActivityTimeout, await EndAsync("i"));
        await WithinAsync(cancelled.Task);
    }

    [Fact]
    public async Task ScheduleToClose_AttemptRuns_FailsWithItsCodeAndTokenIsCancelled()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(
            (context, _) => context.CallActivityAsync(s_work, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5), Retry = Retry(9) })).Add(
            s_work, async (context, _) =>
            {
                using var registration = context.CancellationToken.Register(cancelled.SetResult);
                started.SetResult();
                await cancelled.Task;
                return "too late";
            }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.Task);
        await Harness.AdvanceAsync(TimeSpan.FromMinutes(6));
        AssertFailed(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, await EndAsync("i"));
        await WithinAsync(cancelled.Task);
    }

    [Fact]
    public async Task ScheduleToClose_RetryCouldNotBeginBefore_FailsAtOnceWithTheLastFailure()
    {
        var runs = 0;
        var state = await RunAsync(Catalog((context, _) => context.CallActivityAsync(
            s_work, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromSeconds(59), Retry = Retry(9) })).Add(s_work, (_, _) =>
            {
                Interlocked.Increment(ref runs);
                throw new CodedException("again", "no");
            }));
        AssertFailed("again", state);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task CallActivity_GivesNull_IsNull()
    {
        var runs = 0;
        AssertCompleted("none", await RunAsync(Catalog(async (context, _) => await context.CallActivityAsync(s_work, "x") ?? "none").Add(s_work, (_, _) =>
        {
            runs++;
            return Task.FromResult<string>(null!);
        })));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task ScheduleToClose_WaitsForASlot_FailsWithoutHavingBegun()
    {
        var begun = new ConcurrentQueue<string>();
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            return await context.CallActivityAsync(
                s_work, input, new() { Pool = "narrow", ScheduleToCloseTimeout = input == "second" ? TimeSpan.FromMinutes(5) : null });
        }).Add(s_work, async (context, input) =>
        {
            begun.Enqueue(input);
            started.TrySetResult();
            await release.Task.WaitAsync(context.CancellationToken);
            return input;
        }));
        await Client.StartAsync(Main, "first", new() { InstanceId = "1" });
        await WithinAsync(started.Task);
        await Client.StartAsync(Main, "second", new() { InstanceId = "2" });
        await ReachAsync("2", "calling");
        await Harness.AdvanceAsync(TimeSpan.FromMinutes(6));
        AssertFailed(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, await EndAsync("2"));
        await Client.StartAsync(Main, "third", new() { InstanceId = "3" });
        release.SetResult();
        AssertCompleted("first", await EndAsync("1"));
        AssertCompleted("third", await EndAsync("3"));
        Assert.Equal(["first", "third"], begun);
    }

    [Theory]
    [InlineData(6, 0, 1)]
    [InlineData(3, 3, 2)]
    public async Task ScheduleToClose_OverACrash_CountsFromTheCall(int minutesDown, int minutesUp, int runs)
    {
        var begun = new SemaphoreSlim(0);
        var count = 0;
        var catalog = Catalog(
            (context, _) => context.CallActivityAsync(s_work, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) })).Add(
            s_work, async (context, _) =>
            {
                Interlocked.Increment(ref count);
                begun.Release();
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return "never";
            });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(begun.WaitAsync());
        await Harness.CrashAsync();
        await Harness.AdvanceAsync(TimeSpan.FromMinutes(minutesDown));
        await Harness.OpenAsync(catalog);
        if (runs == 2)
        {
            await WithinAsync(begun.WaitAsync());
        }

        await Harness.AdvanceAsync(TimeSpan.FromMinutes(minutesUp));
        AssertFailed(OrchestrationErrorCodes.ActivityScheduleToCloseTimeout, await EndAsync("i"));
        Assert.Equal(runs, count);
    }

    [Fact]
    public async Task ScheduleToClose_EndsInTime_IsForgotten()
    {
        await Harness.OpenAsync(Catalog(async (context, _) =>
        {
            var result = await context.CallActivityAsync(Echo, "x", new() { ScheduleToCloseTimeout = TimeSpan.FromMinutes(5) });
            context.SetCustomStatus("waiting", ConformanceJson.Default.String);
            await context.WaitForExternalEventAsync(Signal);
            return result;
        }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await ReachAsync("i", "waiting");
        await Harness.AdvanceAsync(TimeSpan.FromMinutes(6));
        await Client.RaiseEventAsync("i", Signal, "");
        AssertCompleted("x", await EndAsync("i"));
    }

    [Fact]
    public async Task HeartbeatTimeout_ProgressThenSilence_FailsOnlyAfterTheSilence()
    {
        var beat = new SemaphoreSlim(0);
        var beaten = new SemaphoreSlim(0);
        await Harness.OpenAsync(Catalog(
            (context, _) => context.CallActivityAsync(s_work, "x", new() { HeartbeatTimeout = TimeSpan.FromMinutes(5) })).Add(
            s_work, async (context, _) =>
            {
                while (true)
                {
                    beaten.Release();
                    await beat.WaitAsync(context.CancellationToken);
                    context.ReportProgress(0.5);
                }
            }));
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(beaten.WaitAsync());
        for (var round = 0; round < 3; round++)
        {
            await Harness.AdvanceAsync(TimeSpan.FromMinutes(4));
            beat.Release();
            await WithinAsync(beaten.WaitAsync());
            Assert.Equal(OrchestrationRuntimeStatus.Running, (await Client.GetAsync("i"))!.RuntimeStatus);
        }

        await Harness.AdvanceAsync(TimeSpan.FromMinutes(6));
        AssertFailed(OrchestrationErrorCodes.ActivityHeartbeatTimeout, await EndAsync("i"));
    }

    [Fact]
    public async Task Pool_OfOne_RunsOneAtATimeWhileOthersGoOn()
    {
        var inside = 0;
        var most = 0;
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            var narrow = context.FanOutAsync(s_work, [.. Enumerable.Repeat("n", 20)], 20, new() { Pool = "narrow" });
            var wide = context.FanOutAsync(Echo, [.. Enumerable.Repeat("w", 20)], 20);
            return $"{(await narrow).Count + (await wide).Count}";
        }).Add(s_work, async (_, input) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            return input;
        }));
        AssertCompleted("40", state);
        Assert.Equal(1, most);
    }

    [Theory]
    [InlineData("narrow", 2, OrchestrationErrorCodes.PoolTooSmall)]
    [InlineData(null, 2, OrchestrationErrorCodes.PoolUnknown)]
    public async Task PoolWeight_MoreThanThereIs_FailsWithItsOwnCode(string? pool, int weight, string code) => AssertFailed(
        code,
        await RunAsync(Catalog((context, _) => context.CallActivityAsync(
            Echo, "x", new() { Pool = pool, PoolWeight = weight, Retry = Retry(9) }))));

    [Fact]
    public async Task PoolWeight_MixedCalls_AllRunAndNeverWeighMoreThanThePool()
    {
        var inside = 0;
        var most = 0;
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            var calls = Enumerable.Range(0, 60).Select(number => 1 + (number % 3)).Select(weight => context.CallActivityAsync(
                s_work, $"{weight}", new() { Pool = "wide", PoolWeight = weight })).ToList();
            await Task.WhenAll(calls);
            return $"{calls.Count}";
        }).Add(s_work, async (_, input) =>
        {
            var weight = int.Parse(input);
            InterlockedMax(Interlocked.Add(ref inside, weight));
            await Task.Yield();
            Interlocked.Add(ref inside, -weight);
            return input;
        }));
        AssertCompleted("60", state);
        Assert.Equal(3, most);

        void InterlockedMax(int weight)
        {
            for (var seen = Volatile.Read(ref most); weight > seen; seen = Volatile.Read(ref most))
            {
                Interlocked.CompareExchange(ref most, weight, seen);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fairness_OtherRunsFanOut_ASingleActivityWaitsForFewOfIt(bool overChildren)
    {
        var child = Definitions.Orchestrator("child");
        var started = new SemaphoreSlim(0);
        var go = new SemaphoreSlim(0);
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            var calls = Enumerable.Range(0, input == "wide" ? 200 : 1).Select(_ => overChildren && input == "wide"
                ? context.CallSubOrchestratorAsync(child, input)
                : context.CallActivityAsync(s_work, input)).ToList();
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            await Task.WhenAll(calls);
            return input;
        }).Add(child, async (context, input) =>
        {
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            return await context.CallActivityAsync(s_work, input);
        }).Add(s_work, async (context, input) =>
        {
            if (input == "wide")
            {
                started.Release();
                await go.WaitAsync(context.CancellationToken);
            }

            return input;
        }));
        await Client.StartAsync(Main, "wide", new() { InstanceId = "w" });
        for (var slot = 0; slot < 4; slot++)
        {
            await WithinAsync(started.WaitAsync());
        }

        if (overChildren)
        {
            for (var sequence = 1; sequence <= 200; sequence++)
            {
                await ReachAsync($"w:{sequence}", "calling");
            }
        }

        await Client.StartAsync(Main, "single", new() { InstanceId = "s" });
        await ReachAsync("s", "calling");
        go.Release(2);
        AssertCompleted("single", await EndAsync("s"));
        Assert.False((await Client.GetAsync("w"))!.IsFinished);
        go.Release(198);
        AssertCompleted("wide", await EndAsync("w"));
    }

    [Fact]
    public virtual async Task Priority_Waiting_HighBeforeNormalBeforeLow()
    {
        var started = new ConcurrentQueue<string>();
        var go = new SemaphoreSlim(0);
        await OpenPrioritiesAsync(started, go);

        // One slot becomes free, and goes from one to the next.
        go.Release();
        AssertCompleted("low", await EndAsync("low"));
        Assert.Equal(["high", "normal", "low"], started);
        go.Release(3);
        AssertCompleted("fullfullfullfull", await EndAsync("full"));
    }

    /// <summary>Fills the four slots, and calls an activity of each priority, of the lowest first.</summary>
    protected async Task OpenPrioritiesAsync(ConcurrentQueue<string> started, SemaphoreSlim go)
    {
        var child = Definitions.Orchestrator("child");
        var begun = new SemaphoreSlim(0);
        await Harness.OpenAsync(Catalog(async (context, input) =>
        {
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            return input == "full"
                ? string.Concat(await context.FanOutAsync(s_work, ["full", "full", "full", "full"], 4))
                : await context.CallSubOrchestratorAsync(child, input);
        }).Add(child, async (context, input) =>
        {
            context.SetCustomStatus("calling", ConformanceJson.Default.String);
            return await context.CallActivityAsync(s_work, input);
        }).Add(s_work, async (context, input) =>
        {
            if (input == "full")
            {
                begun.Release();
                await go.WaitAsync(context.CancellationToken);
            }
            else
            {
                started.Enqueue(input);
            }

            return input;
        }));
        await Client.StartAsync(Main, "full", new() { InstanceId = "full" });
        for (var slot = 0; slot < 4; slot++)
        {
            await WithinAsync(begun.WaitAsync());
        }

        foreach (var priority in Enum.GetValues<OrchestrationPriority>())
        {
            var id = priority.ToString().ToLowerInvariant();
            await Client.StartAsync(Main, id, new() { InstanceId = id, Priority = priority });
            await ReachAsync($"{id}:1", "calling");
            Assert.Equal(priority, (await Client.GetAsync(id))!.Priority);
            Assert.Equal(priority, (await Client.GetAsync($"{id}:1"))!.Priority);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(2000)]
    public async Task FanOut_Wide_GivesResultsInOrderWithinTheLimit(int parallel)
    {
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            var results = await context.FanOutAsync(Echo, [.. Enumerable.Range(0, Wide).Select(number => $"{number}")], parallel);
            return results.Select((result, index) => result == $"{index}").All(right => right) ? "in order" : "out of order";
        }));
        AssertCompleted("in order", state);
    }

    [Fact]
    public async Task FanOut_MixedLargeAndSmallResults_AllArrive()
    {
        var large = new string('x', 30_000);
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            var results = await context.FanOutAsync(s_work, [.. Enumerable.Range(0, 40).Select(number => $"{number}")], 40);
            return $"{results.Count(result => result.Length > 1)}";
        }).Add(s_work, text => text.Length % 2 == 0 ? large : text));
        AssertCompleted("30", state);
    }

    [Fact]
    public async Task FanOut_OneFails_NothingMoreIsBegunAndTheEarliestFailureIsThrown()
    {
        var begun = 0;
        var state = await RunAsync(Catalog(async (context, _) =>
        {
            await context.FanOutAsync(s_work, [.. Enumerable.Range(0, 100).Select(number => $"{number}")], 2);
            return "never";
        }).Add(s_work, (_, input) =>
        {
            Interlocked.Increment(ref begun);
            throw new CodedException("broken", input);
        }));
        AssertFailed("broken", state);
        Assert.Equal("0", state.Failure!.InnerFailure!.ErrorMessage);
        Assert.InRange(begun, 1, 2);
    }

    [Fact]
    public async Task FanOut_Empty_GivesNothing() => AssertCompleted("0", await RunAsync(
        Catalog(async (context, _) => $"{(await context.FanOutAsync(Echo, [], 3)).Count}")));

    [Fact]
    public async Task Crash_WhileRunning_RunsAgainWithTheSameKeyAndTheNextAttempt()
    {
        var attempts = new ConcurrentQueue<string>();
        var started = new TaskCompletionSource();
        var catalog = Catalog((context, _) => context.CallActivityAsync(s_work, "x")).Add(s_work, async (context, _) =>
        {
            attempts.Enqueue($"{context.IdempotencyKey} {context.Attempt}");
            if (context.Attempt == 1)
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            return "done";
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        await WithinAsync(started.Task);
        await Harness.CrashAsync();
        await Harness.OpenAsync(catalog);
        AssertCompleted("done", await EndAsync("i"));
        Assert.Equal(["i/0/1 1", "i/0/1 2"], attempts);
    }

    [Fact]
    public async Task Close_WhileRunning_RunsAgainAndNeverCountsAsCrash()
    {
        var started = new SemaphoreSlim(0);
        var catalog = Catalog((context, _) => context.CallActivityAsync(s_work, "x")).Add(s_work, async (context, _) =>
        {
            started.Release();
            if (context.Attempt <= 8)
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            return $"{context.Attempt}";
        });
        await Harness.OpenAsync(catalog);
        await Client.StartAsync(Main, "", new() { InstanceId = "i" });
        for (var close = 0; close < 8; close++)
        {
            await WithinAsync(started.WaitAsync());
            await Harness.CloseAsync();
            await Harness.OpenAsync(catalog);
        }

        AssertCompleted("9", await EndAsync("i"));
    }
}
