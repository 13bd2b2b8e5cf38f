using FsCheck;
using FsCheck.Fluent;
using MlDurable.Orchestration.Conformance;
using MlDurable.Orchestration.Embedded.Execution;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>Slots are leases: none is ever lost, and nobody waits for ever.</summary>
public sealed class SlotTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly OrchestratorDefinition<string, string> s_main = Definitions.Orchestrator("main");
    private static readonly OrchestratorDefinition<string, string> s_probe = Definitions.Orchestrator("probe");
    private static readonly ActivityDefinition<string, string> s_work = Definitions.Activity("work");

    /// <summary>Whatever happens, what is free and what is held are all the slots; every wait ends; runs take turns.</summary>
    [Fact]
    public void ActivitySlots_RandomUse_LoseNoSlotAndStarveNobody()
    {
        var operations = from kind in Gen.Elements("enqueue", "enqueue", "enqueue", "take", "take", "release", "release twice", "leave", "crash")
                         from run in Gen.Choose(0, 3)
                         from pool in Gen.Elements(null, "p", "q")
                         from weight in Gen.Choose(1, 3)
                         from priority in Gen.Elements(Enum.GetValues<OrchestrationPriority>())
                         select new Operation(kind, run, pool, weight, priority);
        var cases = from slots in Gen.Choose(1, 4)
                    from p in Gen.Choose(1, 4)
                    from q in Gen.Choose(1, 3)
                    from steps in operations.ListOf()
                    select (slots, p, q, steps);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(120),
            Prop.ForAll(cases.ToArbitrary(), one => new SlotModel(one.slots, one.p, one.q).Run(one.steps)));
    }

    [Fact]
    public void ActivitySlots_EndlessLightCalls_DoNotStarveAHeavyOne()
    {
        var slots = new ActivitySlots(4, new Dictionary<string, int> { ["p"] = 3 });
        var held = new Queue<SlotLease>();
        slots.Enqueue(Lease("light", "p", 1));
        slots.Enqueue(Lease("light", "p", 1));
        Take();
        Take();
        var heavy = Lease("heavy", "p", 3);
        slots.Enqueue(heavy);
        for (var round = 0; round < 4; round++)
        {
            slots.Enqueue(Lease("light", "p", 1));
            slots.Release(held.Dequeue());
            Take();
            if (heavy.IsHeld)
            {
                return;
            }
        }

        Assert.Fail("Lighter calls went past the heavy one again and again.");

        void Take()
        {
            if (slots.TryTake(out var lease))
            {
                held.Enqueue(lease);
            }
        }
    }

    [Fact]
    public void ActivitySlots_PoolsBesideEachOther_TakeTurns()
    {
        var slots = new ActivitySlots(1, new Dictionary<string, int> { ["p"] = 1, ["q"] = 1 });
        foreach (var pool in new[] { "p", "p", "p", "q", "q", null })
        {
            slots.Enqueue(Lease("a", pool, 1));
        }

        var order = new List<string?>();
        while (slots.TryTake(out var lease))
        {
            order.Add(lease.Call.Pool);
            slots.Release(lease);
        }

        Assert.Equal(3, order.Take(3).Distinct().Count());
        Assert.Equal(["p", "q"], order.Skip(3).Take(2).Order());
        Assert.Equal(["p"], order.Skip(5));
    }

    [Fact]
    public void ActivitySlots_BlockedPool_DoesNotHoldUpOthers()
    {
        var slots = new ActivitySlots(4, new Dictionary<string, int> { ["p"] = 2 });
        slots.Enqueue(Lease("a", "p", 1));
        Assert.True(slots.TryTake(out _));
        slots.Enqueue(Lease("b", "p", 2));
        var free = Lease("c", null, 1);
        slots.Enqueue(free);
        Assert.True(slots.TryTake(out var taken));
        Assert.Same(free, taken);
        Assert.False(slots.TryTake(out _));
    }

    [Fact]
    public void ActivitySlots_PoolsBesideEachOther_TheHighestPriorityGoesFirstWhoseverTurnItIs()
    {
        var slots = new ActivitySlots(1, new Dictionary<string, int> { ["p"] = 1, ["q"] = 1 });
        slots.Enqueue(Lease("a", "p", 1, OrchestrationPriority.High));
        Assert.True(slots.TryTake(out var first));
        slots.Release(first);
        var low = Lease("a", "q", 1, OrchestrationPriority.Low);
        var normal = Lease("b", null, 1);
        var high = Lease("c", "p", 1, OrchestrationPriority.High);
        foreach (var lease in new[] { low, high, normal })
        {
            slots.Enqueue(lease);
        }

        foreach (var expected in new[] { high, normal, low })
        {
            Assert.True(slots.TryTake(out var taken));
            Assert.Same(expected, taken);
            slots.Release(taken);
        }
    }

    [Fact]
    public void WaitingSince_SeveralPoolsPrioritiesAndRuns_IsTheOldestThatIsStillWanted()
    {
        var slots = new ActivitySlots(1, new Dictionary<string, int> { ["p"] = 1 });
        Assert.Null(slots.WaitingSince);
        var left = Lease("a", "p", 1, since: 1);
        slots.Enqueue(Lease("b", "p", 1, since: 4));
        slots.Enqueue(left);
        slots.Enqueue(Lease("a", "p", 1, since: 3));
        slots.Enqueue(Lease("c", null, 1, OrchestrationPriority.High, since: 5));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1), slots.WaitingSince);

        left.Step.Live = null;
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(3), slots.WaitingSince);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Engine_FailuresTimeOutsTerminationsAndCrashes_AllSlotsAreFreeAfterwards(int seed)
    {
        await using var harness = new EmbeddedHarness();
        using var release = new ManualResetEventSlim();
        var chance = new Random(seed);
        var catalog = Probe()
            .Add(s_work, async (context, how) =>
            {
                switch (how)
                {
                    case "fails":
                        throw new CodedException("no", "no");
                    case "obeys":
                        await Task.Delay(Timeout.Infinite, context.CancellationToken);
                        break;
                    case "does not obey":
                        release.Wait();
                        break;
                    default:
                        break;
                }

                return "";
            })
            .Add(s_main, async (context, how) =>
            {
                var sequence = int.Parse(context.InstanceId);
                return await context.CallActivityAsync(s_work, how, new()
                {
                    Pool = sequence % 2 == 0 ? "wide" : null,
                    PoolWeight = sequence % 2 == 0 ? 1 + (sequence / 2 % 3) : 1,
                    Timeout = sequence % 3 == 0 ? TimeSpan.FromMinutes(1) : null,
                    HeartbeatTimeout = sequence % 3 == 1 ? TimeSpan.FromMinutes(1) : null,
                });
            });
        var engine = await OpenAsync();
        try
        {
            for (var number = 0; number < 60; number++)
            {
                var how = chance.GetItems(["succeeds", "fails", "obeys", "does not obey"], 1)[0];
                await engine.Client.StartAsync(s_main, how, new() { InstanceId = $"{number}" });
                switch (chance.Next(4))
                {
                    case 0:
                        await TerminateAsync(number);
                        break;
                    case 1:
                        harness.Time.Advance(TimeSpan.FromMinutes(2));
                        break;
                    case 2 when number % 20 == 0:
                        harness.Disk.PowerOff();
                        await engine.DisposeAsync();
                        harness.Disk.PowerOn();
                        engine = await OpenAsync();
                        break;
                    default:
                        break;
                }
            }

            for (var number = 0; number < 60; number++)
            {
                await TerminateAsync(number);
            }

            await engine.Client.StartAsync(s_probe, "", new() { InstanceId = "probe" });
            Assert.Equal("\"met\"", (await engine.Client.WaitForCompletionAsync("probe").WaitAsync(s_patience)).Output);
        }
        finally
        {
            release.Set();
            await engine.DisposeAsync();
        }

        // Closing waits for no activity, as some do not obey.
        Task<EmbeddedEngine> OpenAsync() => EmbeddedEngine.OpenAsync(catalog, harness.Options with { CloseTimeout = TimeSpan.Zero });

        async Task TerminateAsync(int number)
        {
            try
            {
                await engine.Client.TerminateAsync($"{number}", "enough");
            }
            catch (OrchestrationException exception) when (exception.Code == OrchestrationErrorCodes.InstanceStatus)
            {
                // It has ended by itself.
            }
        }
    }

    [Fact]
    public async Task Terminate_ActivityDoesNotObeyItsToken_IsLeftBehindAndHoldsNoSlot()
    {
        await using var harness = new EmbeddedHarness();
        using var release = new ManualResetEventSlim();
        var begun = new SemaphoreSlim(0);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await harness.OpenAsync(new OrchestrationCatalog()
            .Add(s_work, (context, how) =>
            {
                begun.Release();
                if (how == "does not obey")
                {
                    release.Wait();
                    ended.SetResult(context.CancellationToken.IsCancellationRequested);
                }

                return Task.FromResult("done");
            })
            .Add(s_main, (context, how) => context.CallActivityAsync(s_work, how, new() { Pool = "narrow" })));
        await harness.Client.StartAsync(s_main, "does not obey", new() { InstanceId = "first" });
        Assert.True(await begun.WaitAsync(s_patience));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "second" });
        await harness.Client.TerminateAsync("first", "enough");
        Assert.Equal("\"done\"", (await harness.Client.WaitForCompletionAsync("second").WaitAsync(s_patience)).Output);
        release.Set();
        Assert.True(await ended.Task.WaitAsync(s_patience));
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await harness.Client.GetAsync("first"))!.RuntimeStatus);
    }

    [Fact]
    public async Task Engine_CallThatCanNeverFit_FailsAndHoldsNobodyUp()
    {
        await using var harness = new EmbeddedHarness();
        await harness.OpenAsync(new OrchestrationCatalog()
            .Add(s_work, (_, _) => Task.FromResult("done"))
            .Add(s_main, (context, weight) => context.CallActivityAsync(s_work, "", new() { Pool = "wide", PoolWeight = int.Parse(weight) })));
        await harness.Client.StartAsync(s_main, "4", new() { InstanceId = "too heavy" });
        Assert.Equal(
            OrchestrationRuntimeStatus.Failed, (await harness.Client.WaitForCompletionAsync("too heavy").WaitAsync(s_patience)).RuntimeStatus);

        await harness.Client.StartAsync(s_main, "3", new() { InstanceId = "fits" });

        Assert.Equal("\"done\"", (await harness.Client.WaitForCompletionAsync("fits").WaitAsync(s_patience)).Output);
        Assert.Null(harness.Engine.LongestWait);
    }

    /// <summary>The slot that a result frees is offered to a call whose time is over: both instances go on.</summary>
    [Fact]
    public async Task Engine_ResultFreesASlotForACallThatHasExpired_BothInstancesGoOn()
    {
        await using var harness = new EmbeddedHarness();
        var begun = new SemaphoreSlim(0);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await harness.OpenAsync(new OrchestrationCatalog()
            .Add(s_work, async (_, _) =>
            {
                begun.Release();
                await release.Task;
                return "done";
            })
            .Add(s_main, (context, _) => context.CallActivityAsync(s_work, "", new() { Pool = "narrow", ScheduleToCloseTimeout = TimeSpan.FromMinutes(1) }))
            .Add(s_probe, (context, _) => context.CallActivityAsync(s_work, "", new() { Pool = "narrow" })));
        await harness.Client.StartAsync(s_probe, "", new() { InstanceId = "holds" });
        Assert.True(await begun.WaitAsync(s_patience));
        await harness.Client.StartAsync(s_main, "", new() { InstanceId = "waits" });
        while (harness.Engine.LongestWait is null)
        {
            await Task.Yield();
        }

        // No timer fires.
        harness.Time.SetClock(harness.Now + TimeSpan.FromMinutes(2));
        release.SetResult();

        Assert.Equal("\"done\"", (await harness.Client.WaitForCompletionAsync("holds").WaitAsync(s_patience)).Output);
        Assert.Equal(
            OrchestrationErrorCodes.ActivityScheduleToCloseTimeout,
            (await harness.Client.WaitForCompletionAsync("waits").WaitAsync(s_patience)).Failure!.InnerFailure!.Code);
    }

    /// <summary>Uses every slot of the engine and of the pools at the same moment; were one lost, the last activity would never begin.</summary>
    private static OrchestrationCatalog Probe()
    {
        var meet = Definitions.Activity("meet");
        var inside = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new OrchestrationCatalog()
            .Add(meet, async (_, _) =>
            {
                if (Interlocked.Increment(ref inside) == 4)
                {
                    all.SetResult();
                }

                await all.Task;
                return "";
            })
            .Add(s_probe, async (context, _) =>
            {
                await Task.WhenAll(
                    context.CallActivityAsync(meet, "", new() { Pool = "wide", PoolWeight = 2 }),
                    context.CallActivityAsync(meet, "", new() { Pool = "wide" }),
                    context.CallActivityAsync(meet, "", new() { Pool = "narrow" }),
                    context.CallActivityAsync(meet, ""));
                return "met";
            });
    }

    private static SlotLease Lease(string run, string? pool, int weight, OrchestrationPriority priority = OrchestrationPriority.Normal, int since = 0)
    {
        var call = new ActivityScheduled(1, "a", "", null, null, pool, weight);
        var step = new Step(call);
        var lease = new SlotLease(
            new(new(run)
            {
                Name = "n",
                Version = "1",
                FirstInput = "",
                Input = "",
                CreatedAt = DateTimeOffset.UnixEpoch,
                UpdatedAt = DateTimeOffset.UnixEpoch,
                Priority = priority,
            }),
            call, step, DateTimeOffset.FromUnixTimeSeconds(since));
        step.Live = lease;
        return lease;
    }

    private sealed record Operation(string Kind, int Run, string? Pool, int Weight, OrchestrationPriority Priority);

    /// <summary>What the slots must be, by counting.</summary>
    private sealed class SlotModel(int slots, int p, int q)
    {
        private readonly Dictionary<string, int> _pools = new() { ["p"] = p, ["q"] = q };
        private readonly List<SlotLease> _waiting = [];
        private readonly List<SlotLease> _held = [];

        // By pool, priority and run: those of the same queue that have waited ever since that run's last turn.
        private readonly Dictionary<(string? Pool, OrchestrationPriority Priority, string Run), HashSet<SlotLease>> _passedOver = [];
        private ActivitySlots _slots = new(slots, new Dictionary<string, int> { ["p"] = p, ["q"] = q });

        public bool Run(IEnumerable<Operation> operations)
        {
            foreach (var (operation, number) in operations.Select((operation, number) => (operation, number)))
            {
                Apply(operation, number);
                AssertCounts();
            }

            // However it stands: when what is held ends, all that wait get their turn, and everything is free again.
            do
            {
                foreach (var lease in _held)
                {
                    _slots.Release(lease);
                }

                _held.Clear();
                AssertCounts();
            }
            while (TryTake());

            return _waiting.Count == 0 && _slots.Free == slots && _pools.All(pool => _slots.FreeOf(pool.Key) == pool.Value);
        }

        private void Apply(Operation operation, int number)
        {
            switch (operation.Kind)
            {
                case "enqueue":
                    var weight = operation.Pool is null ? 1 : Math.Min(operation.Weight, _pools[operation.Pool]);
                    var lease = Lease($"{operation.Run}", operation.Pool, weight, operation.Priority);
                    _waiting.Add(lease);
                    _slots.Enqueue(lease);
                    break;
                case "take":
                    TryTake();
                    break;
                case "release" or "release twice" when _held.Count > 0:
                    var released = _held[number % _held.Count];
                    _held.Remove(released);
                    _slots.Release(released);
                    if (operation.Kind == "release twice")
                    {
                        // As an abandoned activity does when it ends at last.
                        _slots.Release(released);
                    }

                    break;
                case "leave" when _waiting.Count > 0:
                    var left = _waiting[number % _waiting.Count];
                    left.Step.Live = null;
                    _waiting.Remove(left);
                    break;
                case "crash":
                    _slots = new(slots, _pools);
                    var again = _held.Concat(_waiting).Select(lost => Lease(
                        lost.Instance.Id, lost.Call.Pool, lost.Call.PoolWeight, lost.Instance.Facts.Priority)).ToList();
                    _held.Clear();
                    _waiting.Clear();
                    _waiting.AddRange(again);
                    _passedOver.Clear();
                    again.ForEach(_slots.Enqueue);
                    break;
                default:
                    break;
            }
        }

        private bool TryTake()
        {
            if (!_slots.TryTake(out var lease))
            {
                Assert.All(
                    _slots.Free == 0 ? [] : _waiting.GroupBy(waiting => waiting.Call.Pool),
                    pool => Assert.Contains(pool, waiting => waiting.Call.PoolWeight > FreeOf(pool.Key)));
                return false;
            }

            var rivals = _waiting.Where(waiting => waiting.Call.Pool == lease.Call.Pool).ToList();
            Assert.Contains(lease, rivals);
            Assert.DoesNotContain(rivals, rival => rival.Instance.Facts.Priority > lease.Instance.Facts.Priority);
            var queue = rivals.Where(rival => rival.Instance.Facts.Priority == lease.Instance.Facts.Priority).ToList();
            Assert.Same(queue.First(rival => rival.Instance.Id == lease.Instance.Id), lease);

            // Each run once before one has its second turn.
            var key = (lease.Call.Pool, lease.Instance.Facts.Priority, lease.Instance.Id);
            if (_passedOver.TryGetValue(key, out var passedOver))
            {
                Assert.DoesNotContain(queue, rival => rival.Instance.Id != lease.Instance.Id && passedOver.Contains(rival));
            }

            _passedOver[key] = [.. queue];
            foreach (var (other, waiting) in _passedOver.Where(other => other.Key.Pool == key.Pool && other.Key.Priority == key.Item2 && other.Key.Run != key.Id))
            {
                waiting.RemoveWhere(rival => rival.Instance.Id == lease.Instance.Id);
            }

            _waiting.Remove(lease);
            _held.Add(lease);
            return true;
        }

        private void AssertCounts()
        {
            Assert.Equal(slots - _held.Count, _slots.Free);
            Assert.InRange(_slots.Free, 0, slots);
            foreach (var pool in _pools.Keys)
            {
                Assert.Equal(FreeOf(pool), _slots.FreeOf(pool));
                Assert.InRange(_slots.FreeOf(pool), 0, _pools[pool]);
            }
        }

        private int FreeOf(string? pool) => (pool is null ? slots : _pools[pool])
            - _held.Where(lease => lease.Call.Pool == pool).Sum(lease => lease.Call.PoolWeight);
    }
}
