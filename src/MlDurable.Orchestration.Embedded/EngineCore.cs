using System.Collections.ObjectModel;
using MlDurable.Orchestration.Embedded.Execution;
using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration.Embedded;

/// <summary>
/// The engine behind one gate. Whatever happens becomes entries, which change the state in memory at once and are queued for the disk in the
/// same order; effects that anyone outside can see (activities, answers to clients, events) wait until their entries are on disk. Orchestrator
/// code runs outside the gate, at most one turn of an instance at a time.
/// </summary>
internal sealed class EngineCore : IAsyncDisposable
{
    // A turn takes the waiting inputs by portions, so that a generation that takes one of many thousand does not copy them all.
    private const int InputsPerTurn = 256;

    // How many instances a page or a bite of a purge looks at, and how many a bite forgets, while everybody else waits.
    private const int MaxSeen = 4096;
    private const int PurgesPerBite = 256;

    private static readonly TimeSpan s_retentionPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_bitePause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly InstanceTable _table = new();
    private readonly OrchestrationCatalog _catalog;
    private readonly EmbeddedEngineOptions _options;
    private readonly ActivitySlots _slots;
    private readonly EngineWork _work;
    private readonly HashSet<ActivityRun> _runs = [];
    private readonly TimerQueue _timers;
#pragma warning disable CA2213 // disposed in DisposeAsync, on a thread that may block
    private readonly JournalWriter _journal;
#pragma warning restore CA2213
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OrchestrationException? _stopped;
    private bool _closing;

    public EngineCore(OrchestrationCatalog catalog, EmbeddedEngineOptions options, IJournalDirectory directory)
    {
        _catalog = catalog;
        _options = options;
        _slots = new(options.ActivitySlots, options.Pools);
        var extent = JournalRecovery.Recover(directory, _table.Apply);
        _work = new(options.Post);
        Observers = new(_work, Stop);
        Observers.Observed += options.Observer;
        _timers = new(options.TimeProvider, _work, Tick);
        _journal = new(
            directory, extent, new(options.SegmentBytes, options.CompactionBytes, options.CompactionSegments), options.Commit, _work, Stop);
        foreach (var step in _table.Instances.SelectMany(instance => instance.Steps.Values))
        {
            step.IsQuarantined = step.HasCrashed(options.MaxActivityCrashes);
        }

        if (!options.Paused)
        {
            Guarded(ResumeAll);
        }
    }

    public EngineObservers Observers { get; }

    public Task Completion => _completion.Task;

    /// <summary>For how long the activity that has waited longest for its slots waits by now, or null when none does.</summary>
    public TimeSpan? LongestWait
    {
        get
        {
            lock (_gate)
            {
                // The clock may have been set back meanwhile.
                return _slots.WaitingSince is { } since ? Later(Now, since) - since : null;
            }
        }
    }

    /// <summary>When the first timer is due, or null when there is none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_gate)
            {
                return _timers.NextDue;
            }
        }
    }

    /// <summary>Whether nothing is under way, so that the engine waits for time or its clients.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _stopped is not null
                    || (_runs.Count == 0 && _slots.WaitingSince is null && !(_timers.NextDue <= Now)
                        && !_table.Instances.Any(instance => instance.Live.TurnQueued));
            }
        }
    }

    private DateTimeOffset Now => _options.TimeProvider.GetUtcNow();

    /// <summary>Ends when all that has happened so far is on disk.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            ThrowIfStopped();
            return SubmitAndWait(new());
        }
    }

    public Task StartAsync(string id, OrchestratorCall call, StartOptions options)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            var batch = new JournalBatch();
            Start(id, call, options, batch);
            return SubmitAndWait(batch);
        }
    }

    /// <summary>Starts a finished instance anew, with its own call or another of the same orchestrator.</summary>
    public Task RestartAsync(string id, string newId, OrchestratorCall? changed)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            var facts = Find(id) is { Ended: not null } ended ? ended.Facts : throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceStatus, $"Instance '{id}' is {Find(id).Status}; only a finished instance can be restarted. Terminate it first.");
            if (changed is not null && changed.Name != facts.Name)
            {
                throw new OrchestrationException(
                    OrchestrationErrorCodes.InstanceConflict, $"Instance '{id}' is one of '{facts.Name}' and cannot be restarted as '{changed.Name}'.");
            }

            var call = changed ?? new(facts.Name, facts.Version, facts.FirstInput);
            var batch = new JournalBatch();
            if (newId == id)
            {
                // Nothing may refuse the start once the former instance is gone.
                ThrowIfNotRegistered(call);
                ThrowIfSingletonTaken(facts.Tags.GetValueOrDefault(StartOptions.SingletonTag), $"'{id}' was not restarted");
                Commit(new InstancePurged(id), batch);
            }

            Start(
                newId, call,
                new() { Tags = facts.Tags, Priority = facts.Priority, SingletonKey = facts.Tags.GetValueOrDefault(StartOptions.SingletonTag) }, batch);
            return SubmitAndWait(batch);
        }
    }

    public async Task<OrchestrationState?> GetAsync(string id)
    {
        OrchestrationState? state;
        Task durable;
        lock (_gate)
        {
            ThrowIfStopped();
            state = _table.Find(id) is { } instance ? State(instance) : null;
            durable = SubmitAndWait(new());
        }

        // What memory says may not be on disk yet; nobody may see what a crash could still undo.
        await durable;
        return state;
    }

    /// <summary>Gives a page; it ends early after so many instances that no filter holds up everybody else.</summary>
    public async Task<(List<OrchestrationState> States, InstanceKey? Last)> ListAsync(OrchestrationQuery query, int count, InstanceKey? after)
    {
        List<OrchestrationState> states = [];
        InstanceKey? last = null;
        Task durable;
        lock (_gate)
        {
            ThrowIfStopped();
            var seen = 0;
            foreach (var instance in _table.After(after))
            {
                if (states.Count == count || seen++ == MaxSeen)
                {
                    last = after;
                    break;
                }

                after = InstanceKey.Of(instance);
                if (State(instance) is var state && query.Matches(state))
                {
                    states.Add(state);
                }
            }

            durable = SubmitAndWait(new());
        }

        await durable;
        return (states, last);
    }

    /// <summary>Purges a bite, or counts it.</summary>
    /// <returns>How many, and the place behind the last one that was looked at; null when there is nothing behind it.</returns>
    public async Task<(int Purged, InstanceKey? Last)> PurgeAsync(PurgePolicy policy, InstanceKey? after)
    {
        var batch = new JournalBatch();
        (int Purged, InstanceKey? Last) bite;
        Task durable;
        lock (_gate)
        {
            ThrowIfStopped();
            bite = PurgeBite(policy, after, batch);
            durable = SubmitAndWait(batch);
        }

        await durable;
        return bite;
    }

    public async Task<OrchestrationState> WaitForCompletionAsync(string id)
    {
        Task<OrchestrationState>? end = null;
        OrchestrationState state;
        Task durable;
        lock (_gate)
        {
            ThrowIfStopped();
            var instance = Find(id);
            state = State(instance);
            if (!state.IsFinished)
            {
                end = (instance.Live.Completion ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            durable = SubmitAndWait(new());
        }

        await durable;
        return end is null ? state : await end;
    }

    public Task RaiseEventAsync(string id, string name, string payload) => ChangeAsync(id, (instance, batch) =>
        Give(new EventRaised(id, Now, instance.NextEvent, name, payload), instance, batch));

    public Task SuspendAsync(string id, string reason) => ChangeAsync(id, (instance, batch) =>
    {
        if (!instance.IsSuspended)
        {
            Commit(new InstanceSuspended(id, Now, reason), batch);
            Tell(batch, new(EngineEventKind.InstanceSuspended, Now, id, instance.Facts.Name) { Message = reason });
        }
    });

    public Task ResumeAsync(string id, string reason) => ChangeAsync(id, (instance, batch) =>
    {
        if (instance.IsSuspended)
        {
            Commit(new InstanceResumed(id, Now, reason), batch);
            Tell(batch, new(EngineEventKind.InstanceResumed, Now, id, instance.Facts.Name) { Message = reason });
            QueueTurn(instance);
        }
    });

    public Task TerminateAsync(string id, string reason)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            var instance = Find(id);
            var batch = new JournalBatch();
            if (instance.Ended != OrchestrationRuntimeStatus.Terminated)
            {
                ThrowIfEnded(instance);
                Terminate(instance, reason, batch);
            }

            return SubmitAndWait(batch);
        }
    }

    public Task RewindAsync(string id, string reason)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            var instance = Find(id);
            if (instance.Ended != OrchestrationRuntimeStatus.Failed)
            {
                throw new OrchestrationException(
                    OrchestrationErrorCodes.InstanceStatus, $"Instance '{id}' is {instance.Status}; only a failed instance can be rewound.");
            }

            if (instance.Facts.Parent is { } parent)
            {
                throw new OrchestrationException(
                    OrchestrationErrorCodes.InstanceStatus, $"Instance '{id}' is a sub-orchestration of '{parent.InstanceId}'; rewind that one, once it has failed.");
            }

            if (instance.Turns.Count == 0)
            {
                throw new OrchestrationException(
                    OrchestrationErrorCodes.InstanceStatus, $"The history of instance '{id}' was not kept, for it failed in an older version; restart it instead.");
            }

            ThrowIfSingletonTaken(instance.Facts.Tags.GetValueOrDefault(StartOptions.SingletonTag), $"'{id}' was not rewound");
            var batch = new JournalBatch();
            Rewind(instance, reason, batch);
            return SubmitAndWait(batch);
        }
    }

    public Task RetryStepAsync(string id, int sequence, string reason) => ChangeAsync(id, (instance, batch) =>
    {
        var step = FindQuarantined(instance, sequence);
        Commit(new StepReleased(id, Now, sequence, reason), batch);
        MakeReady(instance, (ActivityScheduled)step.Decision, step, batch);
    });

    public Task SkipStepAsync(string id, int sequence, string output, string reason) => ChangeAsync(id, (instance, batch) =>
    {
        var call = (ActivityScheduled)FindQuarantined(instance, sequence).Decision;
        _catalog.FindActivity(call.Name)?.CheckOutput(output);
        Tell(batch, Event(EngineEventKind.ActivityCompleted, instance, call) with { Result = output, Message = reason });
        Give(new StepSkipped(id, Now, instance.Generation, sequence, output, reason), instance, batch);
    });

    public async Task<bool> PurgeAsync(string id)
    {
        Task durable;
        bool found;
        lock (_gate)
        {
            ThrowIfStopped();
            var batch = new JournalBatch();
            var instance = _table.Find(id);
            found = instance is not null;
            if (instance is not null)
            {
                if (instance.Ended is null)
                {
                    throw new OrchestrationException(
                        OrchestrationErrorCodes.InstanceStatus,
                        $"Instance '{id}' is {instance.Status}; only a finished instance can be purged. Terminate it first.");
                }

                Commit(new InstancePurged(id), batch);
            }

            durable = SubmitAndWait(batch);
        }

        await durable;
        return found;
    }

    /// <summary>
    /// Ends in order: no new turn begins, activities are cancelled and awaited for a while, and what is left of them is recorded as
    /// interrupted.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
            _timers.Dispose();
            foreach (var run in _runs)
            {
                run.Cancel(_work);
            }

            ending = [.. _runs.Select(run => run.Ended)];
        }

        await WaitAtMostAsync(Task.WhenAll(ending), _options.CloseTimeout);
        lock (_gate)
        {
            var batch = new JournalBatch();
            foreach (var run in _runs.Where(run => !run.IsAbandoned))
            {
                run.IsAbandoned = true;
                Commit(new ActivityInterrupted(run.InstanceId, run.Sequence), batch);
            }

            _journal.Append(batch);
        }

        _work.Close();
        await _work.RunLong(_journal.Dispose);
        Stop(new OrchestrationException(EmbeddedErrorCodes.EngineClosed, "The engine is closed."));
        await Observers.CloseAsync();
    }

    // The same start again is the same instance.
    private void Start(string id, OrchestratorCall call, StartOptions options, JournalBatch batch)
    {
        if (_table.Find(id) is { } existing)
        {
            if (existing.Facts.Name != call.Name || existing.Facts.FirstInput != call.Input)
            {
                throw new OrchestrationException(
                    OrchestrationErrorCodes.InstanceConflict,
                    $"Instance '{id}' exists with {(existing.Facts.Name != call.Name ? $"orchestrator '{existing.Facts.Name}'" : "another input")}; " +
                    "use another id, or purge the finished instance first.");
            }

            return;
        }

        ThrowIfNotRegistered(call);
        ThrowIfSingletonTaken(options.SingletonKey, $"'{id}' was not started");
        var now = Now;
        Begin(
            new(id)
            {
                Name = call.Name,
                Version = call.Version,
                FirstInput = call.Input,
                Input = call.Input,
                CreatedAt = now,
                UpdatedAt = now,
                StartAt = options.StartAt?.ToUniversalTime(),
                Priority = options.Priority,
                Tags = TagsOf(options),
            },
            batch);
    }

    private static IReadOnlyDictionary<string, string> TagsOf(StartOptions options)
    {
        if (options is { Tags: null or { Count: 0 }, SingletonKey: null })
        {
            return ReadOnlyDictionary<string, string>.Empty;
        }

        var tags = new Dictionary<string, string>(options.Tags ?? ReadOnlyDictionary<string, string>.Empty);
        if (options.SingletonKey is { } key)
        {
            tags[StartOptions.SingletonTag] = key;
        }

        return tags;
    }

    private void ThrowIfSingletonTaken(string? key, string consequence)
    {
        if (key is not null && _table.FindSingleton(key) is { } holder)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.SingletonTaken, $"Instance '{holder.Id}' has the singleton key '{key}' until it has ended; {consequence}.");
        }
    }

    private void ThrowIfNotRegistered(OrchestratorCall call)
    {
        if (FindOrchestrator(call.Name, call.Version) is null)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.OrchestratorNotRegistered,
                $"Orchestrator '{call.Name}' version '{call.Version}' is not registered; add it to the catalog that the engine is opened with.");
        }
    }

    // A finished child goes with its root, in the same flush. One that outlives it must meet the policy itself.
    private (int Purged, InstanceKey? Last) PurgeBite(PurgePolicy policy, InstanceKey? after, JournalBatch batch)
    {
        List<Instance> purged = [];
        InstanceKey? last = null;
        var seen = 0;
        foreach (var instance in _table.After(after))
        {
            if (purged.Count >= PurgesPerBite || seen++ == MaxSeen)
            {
                last = after;
                break;
            }

            after = InstanceKey.Of(instance);
            if ((instance.Facts.Root is not { } root || _table.Find(root) is null) && policy.Matches(State(instance)))
            {
                purged.Add(instance);
                purged.AddRange(_table.ChildrenOf(instance.Id).Where(child => child.Ended is not null));
            }
        }

        if (!policy.IsDryRun)
        {
            foreach (var instance in purged)
            {
                Commit(new InstancePurged(instance.Id), batch);
            }
        }

        return (purged.Count, last);
    }

    // The first time not at once, so that whoever opens the engine can look at what has ended while it was closed.
    private void ScheduleRetention(TimeSpan retention, InstanceKey? after, TimeSpan pause) => _timers.Add(Now.AddSaturating(pause), batch =>
    {
        var (_, last) = PurgeBite(new() { EndedBefore = Now - retention }, after, batch);
        ScheduleRetention(retention, last, last is null ? s_retentionPause : s_bitePause);
    });

    private static TaskFailureDetails Failure(string code, string message) =>
        TaskFailureDetails.FromException(new OrchestrationException(code, message));

    private async Task WaitAtMostAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout, _options.TimeProvider);
        }
        catch (TimeoutException)
        {
            // The caller goes on without those that have not ended.
        }
    }

    private Task ChangeAsync(string id, Action<Instance, JournalBatch> change)
    {
        lock (_gate)
        {
            ThrowIfStopped();
            var instance = Find(id);
            ThrowIfEnded(instance);
            var batch = new JournalBatch();
            change(instance, batch);
            return SubmitAndWait(batch);
        }
    }

    private Instance Find(string id) => _table.Find(id) ?? throw new OrchestrationException(
        OrchestrationErrorCodes.InstanceNotFound, $"There is no instance '{id}'; it was never started, or has been purged.");

    private static Step FindQuarantined(Instance instance, int sequence) =>
        instance.Steps.GetValueOrDefault(sequence) is { IsQuarantined: true } step ? step : throw new OrchestrationException(
            OrchestrationErrorCodes.StepNotQuarantined, $"Step {sequence} of instance '{instance.Id}' is not in quarantine.");

    private static void ThrowIfEnded(Instance instance)
    {
        if (instance.Ended is { } ended)
        {
            throw new OrchestrationException(
                OrchestrationErrorCodes.InstanceStatus, $"Instance '{instance.Id}' has ended already: it is {ended}.");
        }
    }

    private void ThrowIfStopped()
    {
        if (_stopped is not null)
        {
            throw new OrchestrationException(_stopped.Code, _stopped.Message, _stopped);
        }

        if (_closing)
        {
            throw new OrchestrationException(EmbeddedErrorCodes.EngineClosed, "The engine is closing.");
        }
    }

    private OrchestrationState State(Instance instance)
    {
        var quarantined = Quarantined(instance).ToArray();
        var hindrance = instance.Ended is not null ? null
            : Hindrance(instance) ?? (quarantined is [var first, ..] ? Poisoned(first) : null);
        return instance.ToState(hindrance, quarantined);
    }

    private IEnumerable<QuarantinedStep> Quarantined(Instance instance)
    {
        foreach (var (sequence, step) in instance.Steps)
        {
            if (step.IsQuarantined)
            {
                yield return new(instance.Id, sequence, ((ActivityScheduled)step.Decision).Name, step.Crashes);
            }
            else if (step.ChildId is { } childId && _table.Find(childId) is { Ended: null } child && child.Facts.Parent?.InstanceId == instance.Id)
            {
                foreach (var ofChild in Quarantined(child))
                {
                    yield return ofChild;
                }
            }
        }
    }

    private static TaskFailureDetails Poisoned(QuarantinedStep step) => Failure(
        OrchestrationErrorCodes.ActivityPoisoned,
        $"Activity '{step.Activity}', step {step.Sequence} of instance '{step.InstanceId}', began {step.Starts} times in a row and ended with the " +
        "process each time. It is in quarantine: look for a crash or an exhausted memory in it, then retry the step, skip it with a result, or " +
        "terminate the instance.");

    // Why the code of this build cannot go on with an unfinished instance.
    private TaskFailureDetails? Hindrance(Instance instance) => instance.Live.Parked
        ?? (FindOrchestrator(instance.Facts.Name, instance.Facts.Version) is null
            ? TaskFailureDetails.FromException(
                OrchestratorExecution.NotRegistered(instance.Facts.Name, instance.Facts.Version, _options.VersionMatch))
            : null);

    private OrchestratorRegistration? FindOrchestrator(string name, string version) =>
        _catalog.FindOrchestrator(name, version, _options.VersionMatch);

    // Stops everything at the first cause; later ones are its consequences.
    private void Stop(Exception cause)
    {
        List<TaskCompletionSource<OrchestrationState>> waiters;
        lock (_gate)
        {
            if (_stopped is not null)
            {
                return;
            }

            _stopped = cause as OrchestrationException ?? new OrchestrationException(
                EmbeddedErrorCodes.InternalError,
                $"The engine met an error of its own and has stopped: {cause.Message} Everything confirmed is on disk. Please report it.",
                cause);
            foreach (var run in _runs)
            {
                run.IsAbandoned = true;
                run.Cancel(_work);
            }

            waiters = [.. _table.Instances.Select(instance => instance.Live.Completion).OfType<TaskCompletionSource<OrchestrationState>>()];
        }

        foreach (var waiter in waiters)
        {
            waiter.TrySetException(_stopped);
        }

        if (_stopped.Code == EmbeddedErrorCodes.EngineClosed)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(_stopped);
        }
    }

    // Work of the engine's own threads: an unforeseen error must stop the engine, not vanish.
    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Stop(exception);
        }
    }

    private void Commit(JournalEntry entry, JournalBatch batch)
    {
        _table.Apply(entry);
        batch.Entries.Add(entry);
    }

    private Task SubmitAndWait(JournalBatch batch)
    {
        var durable = batch.WaitAsync();
        Submit(batch);
        return durable;
    }

    private void Submit(JournalBatch batch)
    {
        if (!_options.Paused && !_closing)
        {
            StartActivities(batch);
            _timers.Arm();
        }

        if (!batch.IsEmpty)
        {
            _journal.Append(batch, batch.IsFollowed);
        }
    }

    private void Tell(JournalBatch batch, EngineEvent happened) => batch.OnCommit(() => Observers.Post(happened));

    private void ResumeAll()
    {
        lock (_gate)
        {
            var batch = new JournalBatch();

            // Steps whose activity is not registered are answered on the way, which changes the steps.
            foreach (var instance in _table.Instances.Where(instance => instance.Ended is null).ToList())
            {
                foreach (var (sequence, step) in instance.Steps.ToList())
                {
                    Resume(instance, sequence, step, batch);
                }

                ScheduleStart(instance);
                QueueTurn(instance);
                if (Hindrance(instance) is { } hindrance)
                {
                    Tell(batch, Parked(instance, hindrance));
                }
            }

            if (_options.Retention is { } retention)
            {
                ScheduleRetention(retention, null, TimeSpan.FromMinutes(1));
            }

            Submit(batch);
        }
    }

    private void Resume(Instance instance, int sequence, Step step, JournalBatch batch)
    {
        switch (step.Decision)
        {
            case ActivityScheduled call when step.IsQuarantined:
                ScheduleExpiry(instance, step);
                Tell(batch, Event(EngineEventKind.ActivityQuarantined, instance, call) with
                {
                    Attempt = step.Crashes,
                    Failure = Poisoned(new(instance.Id, sequence, call.Name, step.Crashes)),
                });
                break;
            case ActivityScheduled call when step.Phase is StepPhase.Running or StepPhase.Open:
                ScheduleExpiry(instance, step);
                MakeReady(instance, call, step, batch);
                break;
            case TimerCreated:
                ScheduleTimer(instance, sequence, step);
                break;
            case var _ when step.Phase == StepPhase.WaitingToRetry && (step.ChildId is null || _table.Find(step.ChildId) is null):
                ScheduleExpiry(instance, step);
                ScheduleRetry(instance, sequence, step);
                break;
            default:
                break;
        }
    }

    private void Begin(InstanceRecorded record, JournalBatch batch)
    {
        Commit(record, batch);
        Tell(batch, new(EngineEventKind.InstanceStarted, record.CreatedAt, record.InstanceId, record.Name));
        var instance = _table.Find(record.InstanceId)!;
        ScheduleStart(instance);
        QueueTurn(instance);
        batch.IsFollowed |= instance.Live.TurnQueued;
    }

    private void ScheduleStart(Instance instance)
    {
        if (!IsStartDue(instance))
        {
            _timers.Add(instance.Facts.StartAt!.Value, _ => QueueTurn(instance));
        }
    }

    private bool IsStartDue(Instance instance) =>
        instance.Facts.StartAt is not { } startAt || startAt <= Now || instance.Turns.Count > 0 || instance.Generation > 0;

    private bool NeedsTurn(Instance instance) =>
        !_options.Paused && !_closing && _stopped is null && instance.Ended is null && !instance.IsSuspended && IsStartDue(instance)
        && (instance.Turns.Count == 0 || instance.Pending.Count > 0 || instance.Live.Execution is { HasStrayed: true })
        && Hindrance(instance) is null;

    // Whoever takes the turn runs it.
    private bool TryTakeTurn(Instance instance)
    {
        if (instance.Live.TurnQueued || !NeedsTurn(instance))
        {
            return false;
        }

        instance.Live.TurnQueued = true;
        return true;
    }

    private void QueueTurn(Instance instance)
    {
        if (TryTakeTurn(instance))
        {
            _work.Queue(static turn => turn.Core.Guarded(() => turn.Core.RunTurn(turn.Instance)), (Core: this, Instance: instance));
        }
    }

    private void RunTurn(Instance instance)
    {
        OrchestratorExecution execution;
        InputEntry[] inputs;
        DateTimeOffset now;
        TurnRecord[] history = [];
        IReadOnlyList<InstanceRewound> rewound;
        lock (_gate)
        {
            if (!NeedsTurn(instance))
            {
                instance.Live.TurnQueued = false;
                _journal.Hurry();
                return;
            }

            if (instance.Live.Execution is null)
            {
                instance.Live.Execution = new(
                    FindOrchestrator(instance.Facts.Name, instance.Facts.Version)!, instance, _options.MaxPayloadBytes,
                    strayed => OnStrayed(instance, strayed));
                history = [.. instance.Turns];
            }

            execution = instance.Live.Execution;
            rewound = instance.Rewound;
            inputs = [.. instance.Pending.Take(InputsPerTurn)];
            now = Later(Later(Now, instance.Clock), inputs is [.., var last] ? last.At : default);
        }

        if (execution.Replay(history) is { } mismatch)
        {
            Park(instance, TaskFailureDetails.FromException(mismatch));
            return;
        }

        var (consumed, decisions) = execution.Run(now, inputs, rewound);
        lock (_gate)
        {
            instance.Live.TurnQueued = false;

            // Terminated, closed or stopped meanwhile: the turn never was.
            if (instance.Ended is null && !_closing && _stopped is null)
            {
                var batch = new JournalBatch();
                CommitTurn(instance, new(instance.Id, now, consumed, decisions), batch);
                QueueTurn(instance);

                // Whatever the turn gave to others, its own entries have waited for nothing but it.
                batch.IsFollowed = false;
                Submit(batch);
            }
            else
            {
                _journal.Hurry();
            }
        }
    }

    // Nothing is recorded: the history is as good as it was, for a build whose code follows it.
    private void Park(Instance instance, TaskFailureDetails why)
    {
        lock (_gate)
        {
            instance.Live.Parked = why;
            instance.Live.Execution = null;
            instance.Live.TurnQueued = false;
            _journal.Hurry();
        }

        Observers.Post(Parked(instance, why));
    }

    private EngineEvent Parked(Instance instance, TaskFailureDetails why) =>
        new(EngineEventKind.InstanceParked, Now, instance.Id, instance.Facts.Name) { Failure = why };

    private static DateTimeOffset Later(DateTimeOffset x, DateTimeOffset y) => x > y ? x : y;

    private void OnStrayed(Instance instance, OrchestratorExecution execution)
    {
        lock (_gate)
        {
            if (instance.Live.Execution == execution)
            {
                QueueTurn(instance);
            }
        }
    }

    private void CommitTurn(Instance instance, TurnCompleted turn, JournalBatch batch)
    {
        if (instance.HistoryLength + turn.Consumed + turn.Decisions.Count > _options.MaxHistoryLength && turn.Decisions is not [.., EndDecision])
        {
            turn = turn with
            {
                Consumed = 0,
                Decisions = [new InstanceFailed(Failure(
                    OrchestrationErrorCodes.HistoryTooLong,
                    $"The history of instance '{instance.Id}' is longer than {_options.MaxHistoryLength}; continue as new before that."))],
            };
        }

        foreach (var cancelled in turn.Decisions.OfType<TimerCancelled>())
        {
            if (instance.Steps.TryGetValue(cancelled.Sequence, out var timer))
            {
                StopLive(timer);
            }
        }

        // The generation's own collection: when the turn ends it, the instance gets another one.
        var steps = instance.Steps;
        var generation = instance.Generation;
        Commit(turn, batch);
        foreach (var decision in turn.Decisions)
        {
            ActOn(decision, instance, batch);
        }

        if (instance.Steps != steps)
        {
            instance.Live.Execution = null;
            var end = instance.Ended?.ToString().ToLowerInvariant() ?? "continued as new";
            LeaveSteps(instance, generation, steps, $"Its parent '{instance.Id}' has {end}.", batch);
        }

        if (instance.Ended is not null)
        {
            Ended(instance, batch);
        }
    }

    private void ActOn(Decision decision, Instance instance, JournalBatch batch)
    {
        switch (decision)
        {
            case ActivityScheduled d when instance.Steps.TryGetValue(d.Sequence, out var step) && step.Decision == d:
                Tell(batch, Event(EngineEventKind.ActivityScheduled, instance, d));
                ScheduleExpiry(instance, step);
                MakeReady(instance, d, step, batch);
                break;
            case TimerCreated d when instance.Steps.TryGetValue(d.Sequence, out var step) && step.Decision == d:
                ScheduleTimer(instance, d.Sequence, step);
                break;
            case ChildScheduled d when instance.Steps.TryGetValue(d.Sequence, out var step) && step.Decision == d:
                StartChild(instance, d, step, batch);
                break;
            case StepRetried d when instance.Steps.TryGetValue(d.Sequence, out var step) && step.Phase == StepPhase.WaitingToRetry:
                if (step.Decision is ActivityScheduled retried)
                {
                    Tell(batch, Event(EngineEventKind.ActivityRetrying, instance, retried) with { Attempt = step.Starts + 1 });
                }

                ScheduleExpiry(instance, step);
                ScheduleRetry(instance, d.Sequence, step);
                break;
            case CustomStatusSet d:
                Tell(batch, new(EngineEventKind.CustomStatusSet, Now, instance.Id, instance.Facts.Name) { Message = d.Status });
                break;
            case ContinuedAsNew:
                Tell(batch, new(EngineEventKind.InstanceContinuedAsNew, Now, instance.Id, instance.Facts.Name));
                break;
            default:
                break;
        }
    }

    private EngineEvent Event(EngineEventKind kind, Instance instance, ActivityScheduled call) =>
        new(kind, Now, instance.Id, call.Name) { Sequence = call.Sequence, Input = call.Input };

    private void Terminate(Instance instance, string reason, JournalBatch batch)
    {
        var steps = instance.Steps;
        Commit(new InstanceTerminated(instance.Id, Now, reason), batch);
        instance.Live.Execution = null;
        LeaveSteps(instance, instance.Generation, steps, reason, batch);
        Ended(instance, batch);
    }

    // What a generation that has ended had under way. In the batch of its end, so that no crash leaves a child whose fate is open.
    private void LeaveSteps(Instance instance, int generation, IReadOnlyDictionary<int, Step> steps, string reason, JournalBatch batch)
    {
        foreach (var (sequence, step) in steps)
        {
            StopLive(step);
            switch (step.Decision)
            {
                // Called in the last turn, so that it has not begun yet. Of an obstacle nobody is left to be told.
                case ChildScheduled { ParentClosePolicy: ParentClosePolicy.Abandon } call
                    when step.Phase == StepPhase.Open && Obstacle(instance, call, call.ChildId) is null:
                    BeginChild(instance, generation, call, call.ChildId, batch);
                    break;
                case ChildScheduled { ParentClosePolicy: ParentClosePolicy.Terminate }
                    when _table.Find(step.ChildId!) is { Ended: null } child && child.Facts.Parent == new ParentStep(instance.Id, generation, sequence):
                    Terminate(child, reason, batch);
                    break;
                default:
                    break;
            }
        }
    }

    private void Rewind(Instance instance, string reason, JournalBatch batch)
    {
        var plan = RewindPlan.Of(instance);
        Commit(new InstanceRewound(instance.Id, Now, plan.Turns, plan.NextSequence, reason), batch);
        Tell(batch, new(EngineEventKind.InstanceRewound, Now, instance.Id, instance.Facts.Name) { Message = reason });
        instance.Live.Completion = null;
        foreach (var (sequence, step) in instance.Steps.ToList())
        {
            if (step.Decision is ChildScheduled call && (step.Phase == StepPhase.Open || _table.Find(step.ChildId!) is not null))
            {
                ResumeChild(instance, call, step, reason, batch);
            }
            else
            {
                Resume(instance, sequence, step, batch);
            }
        }

        ScheduleStart(instance);
        QueueTurn(instance);
        batch.IsFollowed |= instance.Live.TurnQueued;
    }

    private void ResumeChild(Instance parent, ChildScheduled call, Step step, string reason, JournalBatch batch)
    {
        if (_table.Find(step.ChildId!) is not { } child || child.Facts.Parent != new ParentStep(parent.Id, parent.Generation, call.Sequence))
        {
            StartChild(parent, call, step, batch);
        }
        else if (child.Ended == OrchestrationRuntimeStatus.Completed)
        {
            Give(new StepSucceeded(parent.Id, Now, parent.Generation, call.Sequence, child.Output!), parent, batch);
        }
        else if (child.Ended is not null && child.Turns.Count > 0)
        {
            Rewind(child, reason, batch);
        }
        else if (child.Ended is not null)
        {
            Commit(new InstancePurged(child.Id), batch);
            StartChild(parent, call, step, batch);
        }
    }

    private void Ended(Instance instance, JournalBatch batch)
    {
        var state = State(instance);
        Tell(batch, new(
            instance.Ended switch
            {
                OrchestrationRuntimeStatus.Completed => EngineEventKind.InstanceCompleted,
                OrchestrationRuntimeStatus.Failed => EngineEventKind.InstanceFailed,
                _ => EngineEventKind.InstanceTerminated,
            },
            state.LastUpdatedAt, instance.Id, instance.Facts.Name)
        { Failure = state.Failure });

        // Read when the entries are on disk: somebody may have begun to wait in between.
        batch.OnCommit(() => instance.Live.Completion?.TrySetResult(state));
        if (instance.Facts.Parent is { } answered && _table.Find(answered.InstanceId) is { Ended: null } parent
            && parent.Generation == answered.Generation && parent.Steps.TryGetValue(answered.Sequence, out var step)
            && step.ChildId == instance.Id)
        {
            Give(
                instance.Ended == OrchestrationRuntimeStatus.Completed
                    ? new StepSucceeded(parent.Id, Now, answered.Generation, answered.Sequence, instance.Output!)
                    : new StepFailed(parent.Id, Now, answered.Generation, answered.Sequence, instance.Failure!),
                parent, batch);
        }
    }

    private void Give(InputEntry input, Instance instance, JournalBatch batch)
    {
        if (input is StepInput answer && answer.Generation == instance.Generation && instance.Steps.TryGetValue(answer.Sequence, out var step))
        {
            StopExpiry(step);
        }

        Commit(input, batch);
        if (batch is { TakesTurn: true, Turn: null } && TryTakeTurn(instance))
        {
            batch.Turn = instance;
        }

        // Another one in the same batch: such as when the slot that a result frees comes too late for the call that is next.
        QueueTurn(instance);
        batch.IsFollowed |= instance.Live.TurnQueued;
    }

    private void FailStep(Instance instance, int sequence, JournalBatch batch, TaskFailureDetails failure) =>
        Give(new StepFailed(instance.Id, Now, instance.Generation, sequence, failure), instance, batch);

    private void StartChild(Instance parent, ChildScheduled call, Step step, JournalBatch batch)
    {
        if (Obstacle(parent, call, step.ChildId!) is { } obstacle)
        {
            FailStep(parent, call.Sequence, batch, obstacle);
        }
        else
        {
            BeginChild(parent, parent.Generation, call, step.ChildId!, batch);
        }
    }

    private TaskFailureDetails? Obstacle(Instance parent, ChildScheduled call, string id) =>
        FindOrchestrator(call.Name, call.Version) is null
            ? Failure(
                OrchestrationErrorCodes.OrchestratorNotRegistered,
                $"Sub-orchestration '{call.Name}' version '{call.Version}' (step {call.Sequence} of instance '{parent.Id}') is not registered; " +
                "add it to the catalog.")
            : _table.Find(id) is { } existing
                ? Failure(
                    OrchestrationErrorCodes.InstanceConflict,
                    $"The id '{id}' of sub-orchestration '{call.Name}' (step {call.Sequence} of instance '{parent.Id}') is taken by an instance of " +
                    $"'{existing.Facts.Name}'.")
                : null;

    private void BeginChild(Instance parent, int generation, ChildScheduled call, string id, JournalBatch batch)
    {
        var now = Now;
        Begin(
            new(id)
            {
                Name = call.Name,
                Version = call.Version,
                FirstInput = call.Input,
                Input = call.Input,
                CreatedAt = now,
                UpdatedAt = now,
                Parent = new(parent.Id, generation, call.Sequence),
                Priority = parent.Facts.Priority,
                Root = parent.Facts.RunId,
            },
            batch);
    }

    private void ScheduleTimer(Instance instance, int sequence, Step step) => step.Live = _timers.Add(step.Due, batch =>
    {
        step.Live = null;

        // The instance's clock must not show a time before the one that it waited for, even when the wall clock was set back.
        Give(new TimerFired(instance.Id, Later(Now, step.Due), instance.Generation, sequence), instance, batch);
    });

    private void ScheduleRetry(Instance instance, int sequence, Step step) => step.Live = _timers.Add(step.Due, batch =>
    {
        step.Live = null;
        if (step.Decision is ChildScheduled child)
        {
            StartChild(instance, child, step, batch);
        }
        else
        {
            MakeReady(instance, (ActivityScheduled)step.Decision, step, batch);
        }
    });

    private void ScheduleExpiry(Instance instance, Step step)
    {
        if (step.Deadline is { } deadline)
        {
            step.Expiry = _timers.Add(deadline, batch => Expire(instance, step, batch));
        }
    }

    private void Expire(Instance instance, Step step, JournalBatch batch)
    {
        StopLive(step);
        var call = (ActivityScheduled)step.Decision;
        var failure = Failure(
            OrchestrationErrorCodes.ActivityScheduleToCloseTimeout,
            $"Activity '{call.Name}' (step {call.Sequence} of instance '{instance.Id}') had no final answer within {call.ScheduleToCloseTimeout} of its " +
            $"call; it has begun {step.Starts} times.");
        Tell(batch, Event(EngineEventKind.ActivityFailed, instance, call) with { Attempt = step.Starts > 0 ? step.Starts : null, Failure = failure });
        FailStep(instance, call.Sequence, batch, failure);
    }

    private void StopExpiry(Step step)
    {
        if (step.Expiry is { } expiry)
        {
            _timers.Remove(expiry);
            step.Expiry = null;
        }
    }

    private void StopLive(Step step)
    {
        StopExpiry(step);
        switch (step.Live)
        {
            case ScheduledTimer timer: _timers.Remove(timer); break;
            case ActivityRun run: Abandon(run); break;
            default: break;
        }

        step.Live = null;
    }

    private void Tick() => Guarded(() =>
    {
        lock (_gate)
        {
            if (_closing || _stopped is not null)
            {
                return;
            }

            _timers.Disarm();
            var batch = new JournalBatch();
            while (_timers.TryTakeDue(Now, out var timer))
            {
                timer.Fire(batch);
            }

            Submit(batch);
        }
    });

    private void MakeReady(Instance instance, ActivityScheduled call, Step step, JournalBatch batch)
    {
        if (Obstacle(instance, call) is { } obstacle)
        {
            FailStep(instance, call.Sequence, batch, obstacle);
            return;
        }

        var lease = new SlotLease(instance, call, step, Now);
        step.Live = lease;
        _slots.Enqueue(lease);
    }

    private TaskFailureDetails? Obstacle(Instance instance, ActivityScheduled call)
    {
        return call switch
        {
            _ when _catalog.FindActivity(call.Name) is null =>
                Refused(OrchestrationErrorCodes.ActivityNotRegistered, "is not registered; add it to the catalog."),
            { Pool: null, PoolWeight: 1 } => null,
            { Pool: null } => Refused(OrchestrationErrorCodes.PoolUnknown, $"asks for {call.PoolWeight} slots of a pool, but for no pool; name one."),
            { Pool: var pool } when _slots.SlotsOf(pool) is null =>
                Refused(OrchestrationErrorCodes.PoolUnknown, $"asks for pool '{pool}', which the engine's options do not have."),
            { Pool: var pool } when call.PoolWeight > _slots.SlotsOf(pool) => Refused(
                OrchestrationErrorCodes.PoolTooSmall,
                $"asks for {call.PoolWeight} slots of pool '{pool}', which has {_slots.SlotsOf(pool)}; give it more, or the call a lower weight."),
            _ => null,
        };

        TaskFailureDetails Refused(string code, string why) =>
            Failure(code, $"Activity '{call.Name}' (step {call.Sequence} of instance '{instance.Id}') {why}");
    }

    private void StartActivities(JournalBatch batch)
    {
        while (_stopped is null && _slots.TryTake(out var lease))
        {
            var (instance, call) = (lease.Instance, lease.Call);
            if (lease.Step.Deadline is { } deadline && deadline <= Now)
            {
                // Its timer has not come round yet.
                _slots.Release(lease);
                Expire(instance, lease.Step, batch);
                continue;
            }

            Commit(new ActivityStarted(instance.Id, call.Sequence), batch);
            ActivityRun run = null!;
            run = new(lease, instance.Generation, _catalog.FindActivity(call.Name)!, (fraction, message) => OnProgress(run, fraction, message))
            {
                LastHeartbeat = Now.UtcTicks,
            };
            lease.Step.Live = run;
            _runs.Add(run);
            if (call.Timeout is { } timeout)
            {
                run.Timeout = _timers.Add(Now.AddSaturating(timeout), fired => TimeOut(
                    run, fired, OrchestrationErrorCodes.ActivityTimeout, $"did not end within {timeout}"));
            }

            if (call.HeartbeatTimeout is { } silence)
            {
                WatchHeartbeat(run, silence);
            }

            Tell(batch, Event(EngineEventKind.ActivityStarted, instance, call) with { Attempt = run.Attempt });
            batch.OnCommit(() => _work.RunActivity(() => _ = run.RunAsync(OnEnded)));
            batch.OnFail(run.NeverBegin);
        }
    }

    private void OnProgress(ActivityRun run, double fraction, string? message)
    {
        Volatile.Write(ref run.LastHeartbeat, Now.UtcTicks);
        Observers.Post(Event(EngineEventKind.ActivityProgress, run.Instance, run.Call) with
        {
            Attempt = run.Attempt,
            Fraction = Math.Clamp(fraction, 0, 1),
            Message = message,
        });
    }

    private void WatchHeartbeat(ActivityRun run, TimeSpan silence)
    {
        var due = new DateTimeOffset(Volatile.Read(ref run.LastHeartbeat), TimeSpan.Zero).AddSaturating(silence);
        run.Heartbeat = _timers.Add(due, batch =>
        {
            if (new DateTimeOffset(Volatile.Read(ref run.LastHeartbeat), TimeSpan.Zero).AddSaturating(silence) > Now)
            {
                WatchHeartbeat(run, silence);
            }
            else
            {
                TimeOut(run, batch, OrchestrationErrorCodes.ActivityHeartbeatTimeout, $"reported no progress for {silence}");
            }
        });
    }

    private void TimeOut(ActivityRun run, JournalBatch batch, string code, string what)
    {
        Abandon(run);
        run.Step.Live = null;
        FailRun(run, batch, Failure(
            code, $"Activity '{run.Name}' (step {run.Sequence} of instance '{run.InstanceId}', attempt {run.Attempt}) {what}."));
    }

    private void FailRun(ActivityRun run, JournalBatch batch, TaskFailureDetails failure)
    {
        Tell(batch, Event(EngineEventKind.ActivityFailed, run.Instance, run.Call) with { Attempt = run.Attempt, Failure = failure });
        FailStep(run.Instance, run.Sequence, batch, failure);
    }

    // Its slot is free at once: code that does not obey its token must not hold up everything else.
    private void Abandon(ActivityRun run)
    {
        run.IsAbandoned = true;
        run.Cancel(_work);
        Release(run);
    }

    private void Release(ActivityRun run)
    {
        _slots.Release(run.Lease);
        if (run.Timeout is { } timeout)
        {
            _timers.Remove(timeout);
        }

        if (run.Heartbeat is { } heartbeat)
        {
            _timers.Remove(heartbeat);
        }
    }

    private void OnEnded(ActivityRun run, string? output, Exception? exception) => Guarded(() =>
    {
        // The turn that takes the result runs on this thread: another one would first have to wake up.
        var batch = new JournalBatch { TakesTurn = true };
        lock (_gate)
        {
            _runs.Remove(run);
            Release(run);
            if (!run.IsAbandoned && _stopped is null)
            {
                run.Step.Live = null;
                if (_closing && exception is not null)
                {
                    // Closing cancelled it, so whatever it threw is no failure of its own.
                    Commit(new ActivityInterrupted(run.InstanceId, run.Sequence), batch);
                }
                else
                {
                    Answer(run, output, exception, batch);
                }
            }

            Submit(batch);
        }

        if (batch.Turn is { } instance)
        {
            RunTurn(instance);
        }
    });

    private void Answer(ActivityRun run, string? output, Exception? exception, JournalBatch batch)
    {
        exception ??= PayloadLimit.Check(
            output!, _options.MaxPayloadBytes, $"the result of step {run.Sequence} '{run.Name}' of instance '{run.InstanceId}'");
        if (exception is not null)
        {
            FailRun(run, batch, TaskFailureDetails.FromException(exception));
            return;
        }

        Tell(batch, Event(EngineEventKind.ActivityCompleted, run.Instance, run.Call) with { Attempt = run.Attempt, Result = output });
        Give(new StepSucceeded(run.InstanceId, Now, run.Generation, run.Sequence, output!), run.Instance, batch);
    }
}
