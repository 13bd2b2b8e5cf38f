using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Engines;

namespace MlDurable.Orchestration.Embedded.Execution;

/// <summary>
/// One generation of an instance, with its code in memory. A turn gives inputs to the code, one after the other, and collects what the code
/// decides until nothing of it can run any more. Turns of one execution never overlap, but may be on different threads.
/// </summary>
internal sealed class OrchestratorExecution : OrchestrationContext
{
    private readonly OrchestratorRegistration _registration;
    private readonly InstanceRecorded _facts;
    private readonly string _input;
    private readonly int _maxPayloadBytes;
    private readonly Action<OrchestratorExecution> _straying;
    private readonly OrchestratorTurns _turns;
    private readonly Dictionary<int, DurableStep> _steps = [];
    private readonly Dictionary<string, LinkedList<DurableStep>> _waits = [];
    private Dictionary<string, Queue<EventRaised>>? _buffered;

    private Task<string>? _main;
    private DateTimeOffset _now;
    private List<Decision> _decisions = [];
    private IReadOnlyList<Decision>? _expected;
    private int _turn;
    private OrchestrationException? _mismatch;
    private int _sequence;
    private int _guids;
    private int _rewound;
    private (string Input, bool PreserveEvents)? _continuation;
    private volatile bool _strayed;

    /// <param name="registration">The code.</param>
    /// <param name="instance">The instance, of which only what this generation starts with is read.</param>
    /// <param name="maxPayloadBytes">The limit of every payload.</param>
    /// <param name="straying">Called from a foreign thread when the code ran on one.</param>
    public OrchestratorExecution(
        OrchestratorRegistration registration, Instance instance, int maxPayloadBytes, Action<OrchestratorExecution> straying)
    {
        _registration = registration;
        _facts = instance.Facts;
        _input = instance.Input;
        Generation = instance.Generation;
        _maxPayloadBytes = maxPayloadBytes;
        _straying = straying;
        _turns = new(Stray);
    }

    public override string InstanceId => _facts.InstanceId;

    public override string Name => _facts.Name;

    public override string Version => _facts.Version;

    public override int Generation { get; }

    public override string? ParentInstanceId => _facts.Parent?.InstanceId;

    public override DateTimeOffset CurrentUtcDateTime => _now;

    public override bool IsReplaying => _expected is not null;

    /// <summary>Whether the code has run outside its turns, so that the instance must fail.</summary>
    public bool HasStrayed => _strayed;

    /// <summary>Why an instance waits whose orchestrator this build does not have.</summary>
    public static OrchestrationException NotRegistered(string name, string version, VersionMatchStrategy match) => new(
        OrchestrationErrorCodes.OrchestratorNotRegistered,
        $"Orchestrator '{name}' version '{version}' is not registered in this build" +
        (match == VersionMatchStrategy.CurrentOrOlder ? ", nor is a newer one" : "") + "; the instance waits for one that has it.");

    /// <summary>Runs the code through its history, up to a turn that decides otherwise.</summary>
    /// <returns>What was expected and found there, after which this execution is of no use; null when the code follows its history.</returns>
    public OrchestrationException? Replay(IReadOnlyList<TurnRecord> turns)
    {
        foreach (var turn in turns)
        {
            _expected = turn.Decisions;
            _turn++;
            Rewind(turn.Rewound);
            RunTurn(turn.At, turn.Inputs);
            if (_mismatch is null && _decisions.Count < turn.Decisions.Count)
            {
                _mismatch = Mismatch(
                    turn.Decisions[_decisions.Count], _main!.IsCompleted ? "the end of the orchestrator" : "nothing further");
            }
            else if (_mismatch is null && _main!.IsCompleted)
            {
                _mismatch = Mismatch(null, _main.IsCompletedSuccessfully
                    ? "the end of the orchestrator"
                    : $"the failure of the orchestrator: {_main.Exception?.InnerException?.Message}");
            }

            if (_mismatch is not null)
            {
                return _mismatch;
            }
        }

        _expected = null;
        return null;
    }

    /// <summary>Runs the code as far as the inputs take it.</summary>
    /// <param name="now">The time of the turn.</param>
    /// <param name="inputs">What waits for the instance.</param>
    /// <param name="rewound">The rewinds since the last turn.</param>
    /// <returns>How many inputs it took, and what it decided; the last decision may end the generation.</returns>
    public (int Consumed, IReadOnlyList<Decision> Decisions) Run(
        DateTimeOffset now, IReadOnlyList<InputEntry> inputs, IReadOnlyList<InstanceRewound> rewound)
    {
        _turn++;
        Rewind(rewound);
        var consumed = RunTurn(now, inputs);
        var decisions = _decisions;
        if (End(consumed == inputs.Count) is { } end)
        {
            decisions.Add(end);
        }

        return (consumed, decisions);
    }

    public override Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDefinition<TInput, TOutput> activity, TInput input, ActivityOptions? options = null)
    {
        var sequence = NextSequence();
        if (!TryWrite(input, activity.Input, $"the input of step {sequence} '{activity.Name}'", out var json, out var refused))
        {
            return Task.FromException<TOutput>(refused);
        }

        var call = Decide(new ActivityScheduled(
            sequence, activity.Name, json, options?.Timeout, options?.HeartbeatTimeout, options?.Pool, options?.PoolWeight ?? 1,
            options?.ScheduleToCloseTimeout));
        return Open(new DurableCall<TOutput>(sequence, activity.Name, activity.Output, options?.Retry, _now, call.ScheduleToCloseTimeout is null ? null : call.Deadline, null));
    }

    public override Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDefinition<TInput, TOutput> orchestrator, TInput input, SubOrchestrationOptions? options = null)
    {
        var sequence = NextSequence();
        if (!TryWrite(input, orchestrator.Input, $"the input of step {sequence} '{orchestrator.Name}'", out var json, out var refused))
        {
            return Task.FromException<TOutput>(refused);
        }

        var id = options?.InstanceId
            ?? (Generation == 0 ? $"{InstanceId}:{sequence}" : $"{InstanceId}:{Generation}.{sequence}");
        Decide(new ChildScheduled(
            sequence, orchestrator.Name, orchestrator.Version, json, id, options?.ParentClosePolicy ?? ParentClosePolicy.Terminate));
        return Open(new DurableCall<TOutput>(sequence, orchestrator.Name, orchestrator.Output, options?.Retry, _now, null, id));
    }

    public override Task CreateTimerAsync(DateTimeOffset dueTime, CancellationToken cancellationToken)
    {
        var sequence = NextSequence();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        Decide(new TimerCreated(sequence, dueTime.ToUniversalTime()));
        var timer = new DurableTimer(sequence);
        _steps.Add(sequence, timer);
        timer.OnCancel(() =>
        {
            EnsureInTurn();
            if (_steps.Remove(sequence))
            {
                Decide(new TimerCancelled(sequence));
                timer.Cancel(cancellationToken);
            }
        }, cancellationToken);
        return timer.Task;
    }

    public override Task<T> WaitForExternalEventAsync<T>(EventDefinition<T> definition, CancellationToken cancellationToken = default)
    {
        var sequence = NextSequence();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        Decide(new EventWaited(sequence, definition.Name));
        var wait = new EventWait<T>(sequence, definition);
        if (_buffered is not null && _buffered.TryGetValue(definition.Name, out var buffered) && buffered.TryDequeue(out var raised))
        {
            Decide(new EventTaken(sequence, raised.Number));
            wait.Succeed(raised.Payload);
            return wait.Task;
        }

        if (!_waits.TryGetValue(definition.Name, out var waits))
        {
            _waits.Add(definition.Name, waits = new());
        }

        var node = waits.AddLast(wait);
        wait.OnCancel(() =>
        {
            EnsureInTurn();
            if (node.List is not null)
            {
                waits.Remove(node);
                wait.Cancel(cancellationToken);
            }
        }, cancellationToken);
        return wait.Task;
    }

    public override void SetCustomStatus<T>(T status, JsonTypeInfo<T> typeInfo)
    {
        EnsureInTurn();
        Decide(new CustomStatusSet(Write(status, typeInfo, $"the custom status of instance '{InstanceId}'")));
    }

    public override Guid NewGuid()
    {
        EnsureInTurn();
        return NameBasedGuid.Create($"{InstanceId}/{Generation}/{(_rewound == 0 ? "" : $"{_rewound}.")}{_guids++}");
    }

    public override void ContinueAsNew<TInput>(TInput input, JsonTypeInfo<TInput> typeInfo, bool preserveUnprocessedEvents = true)
    {
        EnsureInTurn();
        _continuation = (
            Write(input, typeInfo, $"the input of the next generation of instance '{InstanceId}'"), preserveUnprocessedEvents);
    }

    // What was undone has used sequence numbers and names of GUIDs, which must not mean something else now.
    private void Rewind(IReadOnlyList<InstanceRewound> rewinds)
    {
        foreach (var rewound in rewinds)
        {
            _sequence = Math.Max(_sequence, rewound.NextSequence - 1);
            _rewound = rewound.NextSequence;
            foreach (var step in _steps.Values)
            {
                step.ForgetFailures(rewound.At);
            }
        }
    }

    private int RunTurn(DateTimeOffset now, IReadOnlyList<InputEntry> inputs)
    {
        _now = now;
        _decisions = [];
        var consumed = 0;
        _turns.Run(() =>
        {
            if (_main is null)
            {
                _main = _registration.RunAsync(this, _input);
                _turns.Watch(_main);
                _turns.RunPosted();
            }

            while (consumed < inputs.Count && !_main.IsCompleted && _mismatch is null && !_strayed)
            {
                Give(inputs[consumed++]);
                _turns.RunPosted();
            }
        });
        return consumed;
    }

    private EndDecision? End(bool tookAll)
    {
        if (_strayed)
        {
            return NonDurable(strayed: true);
        }

        if (!_main!.IsCompleted)
        {
            return tookAll && _steps.Count == 0 && _waits.Values.All(waits => waits.Count == 0)
                ? NonDurable(strayed: false)
                : null;
        }

        if (_main.IsCompletedSuccessfully)
        {
            return _continuation is { } next
                ? new ContinuedAsNew(next.Input, next.PreserveEvents)
                : TryLimit(_main.Result, $"the result of orchestrator '{Name}'") is { } tooLarge
                    ? new InstanceFailed(TaskFailureDetails.FromException(tooLarge))
                    : new InstanceCompleted(_main.Result);
        }

        return new InstanceFailed(TaskFailureDetails.FromException(
            _main.Exception?.InnerException ?? new TaskCanceledException(_main)));
    }

    private InstanceFailed NonDurable(bool strayed) =>
        new(TaskFailureDetails.FromException(OrchestratorTurns.NonDurable(this, strayed)));

    private void Give(InputEntry input)
    {
        if (input is EventRaised raised)
        {
            Give(raised);
            return;
        }

        var answer = (StepInput)input;

        // A step of an earlier generation, or a timer that was cancelled in the turn in which it fired.
        if (answer.Generation != Generation || !_steps.TryGetValue(answer.Sequence, out var step))
        {
            return;
        }

        switch (answer)
        {
            case StepSucceeded succeeded:
                _steps.Remove(answer.Sequence);
                step.Succeed(succeeded.Output);
                break;
            case StepSkipped skipped:
                _steps.Remove(answer.Sequence);
                step.Succeed(skipped.Output);
                break;
            case StepFailed failed:
                if (step.NextAttempt(failed.Failure, _now, out var nextId) is { } due)
                {
                    Decide(new StepRetried(answer.Sequence, due, nextId));
                    break;
                }

                _steps.Remove(answer.Sequence);
                step.Fail(failed.Failure);
                break;
            default:
                _steps.Remove(answer.Sequence);
                step.Succeed("");
                break;
        }
    }

    private void Give(EventRaised raised)
    {
        if (_waits.TryGetValue(raised.Name, out var waits) && waits.First is { } first)
        {
            waits.RemoveFirst();
            Decide(new EventTaken(first.Value.Sequence, raised.Number));
            first.Value.Succeed(raised.Payload);
            return;
        }

        if (!(_buffered ??= []).TryGetValue(raised.Name, out var buffered))
        {
            _buffered.Add(raised.Name, buffered = new());
        }

        buffered.Enqueue(raised);
    }

    private Task<TOutput> Open<TOutput>(DurableCall<TOutput> call)
    {
        _steps.Add(call.Sequence, call);
        return call.Task;
    }

    private int NextSequence()
    {
        EnsureInTurn();
        return ++_sequence;
    }

    private void EnsureInTurn() => _turns.EnsureInTurn(InstanceId);

    private void Stray()
    {
        _strayed = true;
        _straying(this);
    }

    /// <summary>Takes a decision; a replay's must follow the history.</summary>
    /// <returns>The decision that holds: the recorded one, where there is one.</returns>
    private T Decide<T>(T decision)
        where T : Decision
    {
        if (_mismatch is not null)
        {
            throw _mismatch;
        }

        if (_expected is not null)
        {
            var expected = _decisions.Count < _expected.Count ? _expected[_decisions.Count] : null;
            if (expected?.IsFollowedBy(decision) != true)
            {
                _mismatch = Mismatch(expected, decision.Describe());
                throw _mismatch;
            }

            decision = (T)expected;
        }

        _decisions.Add(decision);
        return decision;
    }

    private OrchestrationException Mismatch(Decision? expected, string found) => new(
        OrchestrationErrorCodes.Nondeterminism,
        $"Orchestrator '{Name}' version '{Version}'{(_registration.Version == Version ? "" : $", run by version '{_registration.Version}'")}, " +
        $"instance '{InstanceId}', generation {Generation}, turn {_turn}, decision {_decisions.Count + 1}: " +
        $"expected from the history: {expected?.Describe() ?? "nothing further"}; found now: {found}. The code has " +
        "changed under a running instance, or is not deterministic. Give changed code a new version.");

    private string Write<T>(T value, JsonTypeInfo<T> typeInfo, string what) =>
        TryWrite(value, typeInfo, what, out var json, out var refused) ? json : throw refused;

    private bool TryWrite<T>(T value, JsonTypeInfo<T> typeInfo, string what, out string json, out OrchestrationException refused)
    {
        json = JsonSerializer.Serialize(value, typeInfo);
        refused = TryLimit(json, what)!;
        return refused is null;
    }

    private OrchestrationException? TryLimit(string json, string what) => PayloadLimit.Check(json, _maxPayloadBytes, what);
}
