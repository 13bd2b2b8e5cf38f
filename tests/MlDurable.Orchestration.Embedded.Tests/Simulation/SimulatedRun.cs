using System.Globalization;
using System.Text.Json;

namespace MlDurable.Orchestration.Embedded.Tests.Simulation;

/// <summary>
/// Several random workflows with their clients on one engine, all on one thread, in an order that the seed decides, while the power fails, the process
/// is killed, the disk refuses, the clock is set and answers come late. What clients see is compared with the plain model of each.
/// </summary>
internal sealed class SimulatedRun
{
    private const int MaxSteps = 100_000;

    private readonly Random _chance;
    private readonly SimulatedThread _thread;
    private readonly SimulatedDisk _disk = new();
    private readonly VirtualTimeProvider _clock = new(new(2026, 1, 31, 23, 59, 0, TimeSpan.Zero));
    private readonly World _world;
    private readonly List<Root> _roots = [];
    private readonly List<TaskCompletionSource> _paused = [];
    private string? _violation;
    private string _awaited = "";
    private EmbeddedEngine _engine = null!;
    private object _process = null!;
    private int _crashesLeft;
    private int _steps;

    private SimulatedRun(int seed)
    {
        _chance = new(seed);
        _thread = new(_chance);
        _world = new(_chance);
        _crashesLeft = _chance.Next(12);
        var hasSingletons = _chance.Next(3) == 0;
        for (var number = _chance.Next(1, 6); number > 0; number--)
        {
            _roots.Add(new(
                string.Create(CultureInfo.InvariantCulture, $"i{number}"), Script.Random(_chance), (OrchestrationPriority)_chance.Next(3),
                hasSingletons && number < 3 ? "one" : null, _chance.Next(5) == 0));
        }
    }

    /// <summary>How often the process or the machine went down.</summary>
    public int Crashes { get; private set; }

    /// <summary>The course that the simulation took, and what it left on disk.</summary>
    public string Course => $"{_thread.Trace:x} {string.Join(' ', _disk.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key} {Crc(file.Value):x}"))}";

    public IEnumerable<string> Scripts => _roots.Select(root => root.Script.Steps);

    /// <summary>Runs a seed to its end, and throws what was wrong.</summary>
    public static SimulatedRun Run(int seed)
    {
        var run = new SimulatedRun(seed);
        try
        {
            run.Run();
        }
        catch (Exception exception)
        {
            throw new SimulationException(
                seed, $"{exception.Message} (step {run._steps}, {run.Crashes} crashes; {string.Join(' ', run._roots.Select(root => $"{root.Id}={root.Script.Steps}"))})", exception);
        }

        return run;
    }

    private static uint Crc(byte[] bytes) => bytes.Aggregate(2166136261u, (hash, next) => (hash ^ next) * 16777619);

    private void Run()
    {
        Open();
        _awaited = "the clients";
        Until(() => _roots.All(root => root.IsDone));
        _crashesLeft = 0;
        if (_disk.FailAt <= _disk.Operations)
        {
            // The engine may not have noticed yet. Otherwise it stays, for it must not have lost a slot.
            Crash(powerLoss: true);
        }

        _disk.FailAt = null;
        Await(SettleAsync);
        Await(ProbeAsync);
        _awaited = "the orderly end";
        Await(() => _engine.DisposeAsync().AsTask());
        _thread.Drop(_process);
        Assert.Empty(HistoryReplay.Check(_disk.Mount(), ScriptedCode.Catalog(_world)).Mismatches);
        Open();
        _awaited = "the last look";
        Await(CheckEndsAsync);
        Await(() => _engine.DisposeAsync().AsTask());
    }

    private void Open()
    {
        while (true)
        {
            _process = new();
            _paused.Clear();
            _world.Forget();
            var former = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(_thread);
            try
            {
                var opening = EmbeddedEngine.OpenAsync(ScriptedCode.Catalog(_world), new()
                {
                    Directory = "/simulated",
                    Files = _disk.Mount(),
                    Post = _thread.Of(_process),
                    TimeProvider = _clock,
                    ActivitySlots = World.ActivitySlots,
                    Pools = new Dictionary<string, int> { ["narrow"] = 1, ["wide"] = World.WideSlots },
                    MaxActivityCrashes = World.MaxActivityCrashes,
                    SegmentBytes = 4096,
                    CompactionBytes = 8192,
                    CompactionSegments = 4,
                });
                _engine = opening.GetAwaiter().GetResult();
                foreach (var root in _roots.Where(root => !root.IsDone))
                {
                    _ = DriveAsync(root, _engine.Client, _process);
                }

                return;
            }
            catch (OrchestrationException exception) when (exception.Code == EmbeddedErrorCodes.JournalWriteFailed)
            {
                // The disk refused, or the power failed, while it was opened.
                Crashes++;
                _thread.Drop(_process);
                Recover(powerLoss: !_disk.FailsOnce);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(former);
            }
        }
    }

    private void Await(Func<Task> begin)
    {
        Task? task = null;
        _thread.Post(_ => task = begin(), null);
        Until(() => task is { IsCompleted: true });
        task!.GetAwaiter().GetResult();
    }

    private void Until(Func<bool> isDone)
    {
        while (!isDone())
        {
            Assert.True(++_steps < MaxSteps, $"It does not end: it waits for {_awaited}.");
            if (_world.HasFelled)
            {
                Crash(powerLoss: _chance.Next(2) == 0);
            }
            else if (_engine.Completion.IsFaulted)
            {
                Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, ((OrchestrationException)_engine.Completion.Exception!.InnerException!).Code);
                Crash(powerLoss: !_disk.FailsOnce);
            }
            else if (_crashesLeft > 0 && _chance.Next(60) == 0)
            {
                _crashesLeft--;
                switch (_chance.Next(4))
                {
                    // In the middle of what the journal does: power lost, or one call that fails, as for a process that is killed there.
                    case 0 or 3 when _disk.FailAt is null:
                        _disk.FailAt = _disk.Operations + _chance.Next(1, 30);
                        _disk.FailsOnce = _chance.Next(2) == 0;
                        break;
                    case var kind:
                        Crash(powerLoss: kind == 1);
                        break;
                }
            }
            else if (_chance.Next(30) == 0 || !_thread.RunOne())
            {
                LetSomethingHappen();
            }

            if ((_violation ?? _world.Violation) is { } wrong)
            {
                throw new InvalidOperationException(wrong);
            }
        }
    }

    private void Crash(bool powerLoss)
    {
        Crashes++;
        _thread.Drop(_process);
        Recover(powerLoss);
        Open();
    }

    private void Recover(bool powerLoss)
    {
        _disk.FailsOnce = false;
        if (powerLoss)
        {
            _disk.PowerOff();
            _disk.PowerOn(_chance);
        }
        else if (_disk.FailAt <= _disk.Operations)
        {
            _disk.FailAt = null;
        }
    }

    private void LetSomethingHappen()
    {
        switch (_chance.Next(20))
        {
            case < 9 when _paused.Count > 0:
                var index = _chance.Next(_paused.Count);
                var paused = _paused[index];
                _paused.RemoveAt(index);
                paused.SetResult();
                break;
            case < 12:
                _world.ReleaseOne();
                break;
            case 12 when _chance.Next(10) == 0:
                _clock.SetClock(_clock.GetUtcNow() + TimeSpan.FromMinutes(_chance.Next(-2000, 2000)));
                break;
            default:
                _clock.Advance(TimeSpan.FromMilliseconds(Math.Pow(10, _chance.NextDouble() * 10)));
                break;
        }
    }

    private Task PauseAsync()
    {
        var paused = new TaskCompletionSource();
        _paused.Add(paused);
        return paused.Task;
    }

    private async Task DriveAsync(Root root, IOrchestrationClient client, object process)
    {
        try
        {
            while (!root.IsDone && process == _process)
            {
                await PauseAsync();
                if (!root.IsDone && process == _process)
                {
                    await ActAsync(root, client);
                }
            }
        }
        catch (OrchestrationException exception) when (
            exception.Code == EmbeddedErrorCodes.JournalWriteFailed || (exception.Code == EmbeddedErrorCodes.EngineClosed && root.IsDone))
        {
            // The engine has stopped, and the next process has another client; or the client of the process before has seen the end meanwhile.
        }
        catch (Exception exception)
        {
            _violation ??= $"The client of {root.Id} met {exception}";
        }
    }

    private async Task ActAsync(Root root, IOrchestrationClient client)
    {
        var state = await client.GetAsync(root.Id);
        if (client != _engine.Client)
        {
            // A process that is gone gave this answer; the next one may have given a newer one meanwhile.
            return;
        }

        if (state is null)
        {
            await StartAsync(root, client);
            return;
        }

        root.IsStarted = true;
        if (state.IsFinished)
        {
            await EndAsync(root, state, client);
        }
        else if (root.End is { } end)
        {
            _violation ??= $"{root.Id} was {end.Status}, and now it is {state.RuntimeStatus}.";
        }
        else if (state.QuarantinedSteps is [var step, ..])
        {
            await ReleaseAsync(step, client);
        }
        else
        {
            await DisturbAsync(root, client);
        }
    }

    private async Task StartAsync(Root root, IOrchestrationClient client)
    {
        if (root.IsPurgeAsked)
        {
            root.IsDone = true;
        }
        else if (root.IsStarted)
        {
            _violation ??= $"{root.Id} is lost.";
        }
        else if (await TryAsync(OrchestrationErrorCodes.SingletonTaken, client.StartAsync(ScriptedCode.Main, root.Input, root.Options)))
        {
            root.IsStarted = true;
            foreach (var other in _roots.Where(other => other != root && root.Options.SingletonKey is { } key && other.Options.SingletonKey == key))
            {
                if (await client.GetAsync(other.Id) is { IsFinished: false } && await client.GetAsync(root.Id) is { IsFinished: false })
                {
                    _violation ??= $"{root.Id} and {other.Id} have one singleton key.";
                }
            }
        }
    }

    private async Task EndAsync(Root root, OrchestrationState state, IOrchestrationClient client)
    {
        if (state.RuntimeStatus == OrchestrationRuntimeStatus.Failed && state.Failure!.Code == "until it is rewound")
        {
            await TryAsync(OrchestrationErrorCodes.SingletonTaken, client.RewindAsync(root.Id, "mended"));
            return;
        }

        CheckEnd(root, state);
        if (_chance.Next(4) == 0)
        {
            root.IsPurgeAsked = true;
            await client.PurgeAsync(root.Id);
        }

        root.IsDone = true;
    }

    private void CheckEnd(Root root, OrchestrationState state)
    {
        root.End ??= (state.RuntimeStatus, state.Output);
        var wrong = (root.End != (state.RuntimeStatus, state.Output), state.RuntimeStatus) switch
        {
            (true, _) => $"it was {root.End}, and now it is ({state.RuntimeStatus}, {state.Output})",
            (_, OrchestrationRuntimeStatus.Terminated) => root.IsTerminationAsked ? null : "nobody has terminated it",
            (_, OrchestrationRuntimeStatus.Completed) =>
                root.Script.Check(JsonSerializer.Deserialize(state.Output!, Conformance.ConformanceJson.Default.String)!, root.Sent, root.Accepted),
            _ => $"it has failed: {state.Failure}",
        };
        _violation ??= wrong is null ? null : $"{root.Id}: {wrong}.";
    }

    // Its time may be over in between, or the child that has it ended.
    private async Task ReleaseAsync(QuarantinedStep step, IOrchestrationClient client)
    {
        var input = _world.Cure(step);
        await TryAsync(OrchestrationErrorCodes.StepNotQuarantined, input is not null && _chance.Next(2) == 0
            ? client.SkipStepAsync(step.InstanceId, step.Sequence, JsonSerializer.Serialize(input, Conformance.ConformanceJson.Default.String), "by hand")
            : client.RetryStepAsync(step.InstanceId, step.Sequence, "mended"));
    }

    private async Task DisturbAsync(Root root, IOrchestrationClient client)
    {
        switch (_chance.Next(20))
        {
            case 0 when !root.IsSuspended:
                root.IsSuspended = true;
                await TryAsync(OrchestrationErrorCodes.InstanceStatus, client.SuspendAsync(root.Id, "for a while"));
                break;
            case < 10 when root.IsSuspended:
                await TryAsync(OrchestrationErrorCodes.InstanceStatus, client.ResumeAsync(root.Id, "enough"));
                root.IsSuspended = false;
                break;
            case 1 when root.IsMortal:
                root.IsTerminationAsked = true;
                await TryAsync(OrchestrationErrorCodes.InstanceStatus, client.TerminateAsync(root.Id, "at random"));
                break;
            case 2:
                await client.StartAsync(ScriptedCode.Main, root.Input, root.Options);
                break;
            case 3:
                if (await TryAsync(OrchestrationErrorCodes.InstanceConflict, client.StartAsync(ScriptedCode.Main, "a;0;other", root.Options)))
                {
                    _violation ??= $"{root.Id} was started with another input.";
                }

                break;
            case 4:
                // It may have ended meanwhile, and the answer may never come.
                root.IsPurgeAsked = true;
                root.IsPurgeAsked = await TryAsync(OrchestrationErrorCodes.InstanceStatus, client.PurgeAsync(root.Id));
                break;
            case < 14 when root.Script.Listens:
                var number = root.Sent++;
                if (await TryAsync(
                    OrchestrationErrorCodes.InstanceStatus,
                    client.RaiseEventAsync(root.Id, ScriptedCode.Signal, number.ToString(CultureInfo.InvariantCulture))))
                {
                    root.Accepted.Add(number);
                }

                break;
            case < 16:
                await Task.WhenAny(client.WaitForCompletionAsync(root.Id), PauseAsync());
                break;
            default:
                break;
        }
    }

    // Whether it was done, and not refused with a code that the course of things allows.
    private static async Task<bool> TryAsync(string allowed, Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (OrchestrationException exception) when (exception.Code == allowed)
        {
            return false;
        }
    }

    // Children that outlive their parents end too; those that must not are not there.
    private async Task SettleAsync()
    {
        while (true)
        {
            await PauseAsync();
            var unfinished = await _engine.Client.ListAsync(new()).Where(state => !state.IsFinished).ToListAsync();
            _awaited = string.Join(", ", unfinished.Select(state => $"{state.InstanceId} ({state.Name} {state.Input}, {state.RuntimeStatus})"));
            if (unfinished.Count == 0)
            {
                break;
            }

            foreach (var step in unfinished.SelectMany(state => state.QuarantinedSteps).Distinct())
            {
                await ReleaseAsync(step, _engine.Client);
            }

            Assert.DoesNotContain(unfinished, state => state.Name == ScriptedCode.Listener.Name);
        }

        await foreach (var state in _engine.Client.ListAsync(new()))
        {
            if (state.Name == ScriptedCode.Listener.Name)
            {
                Assert.Equal(OrchestrationRuntimeStatus.Terminated, state.RuntimeStatus);
            }
        }
    }

    // All slots are free: as many activities as there are run at once.
    private async Task ProbeAsync()
    {
        _awaited = "that all slots are taken";
        await _engine.Client.StartAsync(ScriptedCode.Probe, "", new() { InstanceId = "probe" });
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await _engine.Client.WaitForCompletionAsync("probe")).RuntimeStatus);
    }

    private async Task CheckEndsAsync()
    {
        foreach (var root in _roots)
        {
            if (await _engine.Client.GetAsync(root.Id) is { } state)
            {
                CheckEnd(root, state);
            }
            else if (!root.IsPurgeAsked)
            {
                _violation ??= $"{root.Id} is lost.";
            }
        }
    }
}
