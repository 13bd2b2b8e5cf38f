namespace MlDurable.Orchestration.Embedded.History;

/// <summary>The fold of one instance's entries.</summary>
internal sealed class Instance
{
    // Most instances leave no event behind, and memory for each that waits is what limits how many can.
    private SortedDictionary<long, EventRaised>? _untaken;
    private List<TurnRecord> _turns = [];
    private Queue<InputEntry> _pending = new();
    private IReadOnlyList<InstanceRewound> _rewound = [];
    private bool _suspended;

    public Instance(InstanceRecorded record)
    {
        Facts = record;
        Generation = record.Generation;
        Input = record.Input;
        Clock = record.Clock;
        NextEvent = record.NextEvent;
        UpdatedAt = record.UpdatedAt;
        CustomStatus = record.CustomStatus;
        Ended = record.Ended;
        Output = record.Output;
        Failure = record.Failure;
        _suspended = record.Suspended;
    }

    /// <summary>What never changes: id, name, version, first input, creation, tags, parent, priority.</summary>
    public InstanceRecorded Facts { get; }

    public string Id => Facts.InstanceId;

    public int Generation { get; private set; }

    public string Input { get; private set; }

    /// <summary>The time of the last turn; the instance's clock never goes back behind it.</summary>
    public DateTimeOffset Clock { get; private set; }

    public long NextEvent { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public string? CustomStatus { get; private set; }

    public OrchestrationRuntimeStatus? Ended { get; private set; }

    public string? Output { get; private set; }

    public TaskFailureDetails? Failure { get; private set; }

    public bool IsSuspended => _suspended && Ended is null;

    /// <summary>The turns of the present generation; of a failed instance too, which may be rewound.</summary>
    public IReadOnlyList<TurnRecord> Turns => _turns;

    /// <summary>How many turns, inputs taken by them, and decisions the present generation has.</summary>
    public int HistoryLength { get; private set; }

    /// <summary>The inputs that no turn has taken yet.</summary>
    public IReadOnlyCollection<InputEntry> Pending => _pending;

    /// <summary>The rewinds after the last turn.</summary>
    public IReadOnlyList<InstanceRewound> Rewound => _rewound;

    /// <summary>The steps under way, by sequence number.</summary>
    public Dictionary<int, Step> Steps { get; private set; } = [];

    /// <summary>What the engine holds for a live instance. Not part of the history.</summary>
    public LiveInstance Live { get; } = new();

    public OrchestrationRuntimeStatus Status =>
        Ended ?? (_suspended ? OrchestrationRuntimeStatus.Suspended
            : _turns.Count == 0 && Generation == 0 ? OrchestrationRuntimeStatus.Pending
            : OrchestrationRuntimeStatus.Running);

    public void Apply(JournalEntry entry)
    {
        if (entry is InstanceRewound rewound)
        {
            Rewind(rewound);
            return;
        }

        if (Ended is not null)
        {
            throw new InvalidDataException($"{entry.GetType().Name} for the finished instance '{Id}'");
        }

        switch (entry)
        {
            case ActivityStarted started: Start(Step(started.Sequence)); break;
            case ActivityInterrupted interrupted: Interrupt(Step(interrupted.Sequence)); break;
            case StepReleased released: Release(Step(released.Sequence)); Touch(released.At); break;
            case ActivityRunsRecorded runs: Restore(Step(runs.Sequence), runs); break;
            case InputEntry input: Take(input); break;
            case TurnCompleted turn: Complete(turn); break;
            case InstanceSuspended suspended: _suspended = true; Touch(suspended.At); break;
            case InstanceResumed resumed: _suspended = false; Touch(resumed.At); break;
            case InstanceTerminated terminated:
                Touch(terminated.At);
                End(OrchestrationRuntimeStatus.Terminated, null, new(
                    typeof(OrchestrationException).FullName!, terminated.Reason, null, OrchestrationErrorCodes.Terminated, null));
                break;
            default: throw new InvalidDataException($"{entry.GetType().Name} for the instance '{Id}'");
        }
    }

    /// <summary>The entries that give this state again.</summary>
    public IEnumerable<JournalEntry> ToEntries()
    {
        // A failed instance that can be rewound is written as it was before its last turn, which ends it again.
        var last = Ended is null ? null : _turns.LastOrDefault();
        yield return Facts with
        {
            UpdatedAt = UpdatedAt,
            Generation = Generation,
            Input = Input,
            Clock = Clock,
            NextEvent = NextEvent,
            Suspended = _suspended,
            CustomStatus = CustomStatus,
            Ended = last is null ? Ended : null,
            Output = Output,
            Failure = last is null ? Failure : null,
        };
        foreach (var turn in _turns)
        {
            foreach (var entry in turn.Rewound.Concat<JournalEntry>(turn.Inputs))
            {
                yield return entry;
            }

            if (turn != last)
            {
                yield return Completed(turn);
            }
        }

        foreach (var rewound in _rewound)
        {
            yield return rewound;
        }

        foreach (var (sequence, step) in Steps)
        {
            if (step.Starts > 0)
            {
                yield return new ActivityRunsRecorded(Id, sequence, step.Starts, step.Crashes, step.Phase == StepPhase.Running);
            }
        }

        foreach (var input in _pending)
        {
            yield return input;
        }

        if (last is not null)
        {
            yield return Completed(last);
        }
    }

    public OrchestrationState ToState(TaskFailureDetails? obstacle, IReadOnlyList<QuarantinedStep> quarantined) => new()
    {
        InstanceId = Id,
        Name = Facts.Name,
        Version = Facts.Version,
        RuntimeStatus = Status,
        Generation = Generation,
        CreatedAt = Facts.CreatedAt,
        LastUpdatedAt = UpdatedAt,
        Input = Facts.FirstInput,
        Output = Output,
        CustomStatus = CustomStatus,
        Failure = Failure ?? obstacle,
        QuarantinedSteps = quarantined,
        Tags = Facts.Tags,
        Priority = Facts.Priority,
        ParentInstanceId = Facts.Parent?.InstanceId,
    };

    private TurnCompleted Completed(TurnRecord turn) => new(Id, turn.At, turn.Inputs.Count, turn.Decisions);

    private static void Start(Step step)
    {
        step.Phase = StepPhase.Running;
        step.Starts++;
        step.Crashes++;
    }

    private static void Interrupt(Step step)
    {
        step.Phase = StepPhase.Open;
        step.Crashes--;
    }

    private static void Release(Step step)
    {
        step.Phase = StepPhase.Open;
        step.Crashes = 0;
        step.IsQuarantined = false;
    }

    private static void Restore(Step step, ActivityRunsRecorded runs)
    {
        step.Starts = runs.Starts;
        step.Crashes = runs.Crashes;
        if (runs.Running)
        {
            step.Phase = StepPhase.Running;
        }
    }

    private Step Step(int sequence) => Steps.TryGetValue(sequence, out var step)
        ? step
        : throw new InvalidDataException($"instance '{Id}' has no step {sequence} under way");

    private void Touch(DateTimeOffset at) => UpdatedAt = at > UpdatedAt ? at : UpdatedAt;

    private void Take(InputEntry input)
    {
        Touch(input.At);
        _pending.Enqueue(input);
        switch (input)
        {
            case EventRaised raised:
                NextEvent = Math.Max(NextEvent, raised.Number + 1);
                break;

            // A retry needs the step again; what succeeded or fired is over.
            case StepFailed failed when failed.Generation == Generation && Steps.TryGetValue(failed.Sequence, out var step):
                step.Phase = StepPhase.Failed;
                step.Crashes = 0;
                step.IsQuarantined = false;
                break;
            case StepInput answer when answer.Generation == Generation:
                Steps.Remove(answer.Sequence);
                break;
            default:
                break;
        }
    }

    private void Complete(TurnCompleted turn)
    {
        if (turn.Consumed > _pending.Count)
        {
            throw new InvalidDataException($"a turn of instance '{Id}' takes {turn.Consumed} inputs where {_pending.Count} wait");
        }

        Touch(turn.At);
        Clock = turn.At > Clock ? turn.At : Clock;
        var inputs = new InputEntry[turn.Consumed];
        for (var index = 0; index < inputs.Length; index++)
        {
            inputs[index] = _pending.Dequeue();
            if (inputs[index] is EventRaised raised)
            {
                (_untaken ??= []).Add(raised.Number, raised);
            }
        }

        HistoryLength += 1 + inputs.Length + turn.Decisions.Count;
        _turns.Add(new(turn.At, inputs, turn.Decisions, _rewound));
        _rewound = [];
        foreach (var decision in turn.Decisions)
        {
            Apply(decision, turn.At);
        }

        foreach (var input in inputs)
        {
            if (input is StepFailed failed && failed.Generation == Generation
                && Steps.TryGetValue(failed.Sequence, out var step) && step.Phase == StepPhase.Failed)
            {
                Steps.Remove(failed.Sequence);
            }
        }
    }

    private void Apply(Decision decision, DateTimeOffset at)
    {
        switch (decision)
        {
            case ActivityScheduled d: Steps.Add(d.Sequence, new(d) { Deadline = d.Deadline(at) }); break;
            case TimerCreated d: Steps.Add(d.Sequence, new(d) { Due = d.Due }); break;
            case ChildScheduled d: Steps.Add(d.Sequence, new(d) { ChildId = d.ChildId }); break;
            case StepRetried d:
                var step = Step(d.Sequence);
                step.Phase = StepPhase.WaitingToRetry;
                step.Due = d.Due;
                step.ChildId = d.ChildId;
                break;
            case TimerCancelled d: Steps.Remove(d.Sequence); break;
            case EventTaken d: _untaken?.Remove(d.Number); break;
            case CustomStatusSet d: CustomStatus = d.Status; break;
            case InstanceCompleted d: End(OrchestrationRuntimeStatus.Completed, d.Output, null); break;
            case InstanceFailed d: End(OrchestrationRuntimeStatus.Failed, null, d.Failure); break;
            case ContinuedAsNew d: BeginGeneration(d); break;
            case EventWaited: break;
            default: throw new InvalidDataException($"{decision.GetType().Name} in instance '{Id}'");
        }
    }

    private void BeginGeneration(ContinuedAsNew decision)
    {
        Generation++;
        Input = decision.Input;
        _turns = [];
        _rewound = [];
        Steps = [];
        HistoryLength = 0;
        if (decision.PreserveEvents && _untaken is { Count: > 0 })
        {
            // What the old generation had been given comes before what it never saw. Without leftovers the queue stays as it is: a generation
            // for each of n waiting events must not cost n each.
            _pending = new(_untaken.Values.Concat(_pending));
        }

        _untaken = null;
    }

    private void End(OrchestrationRuntimeStatus status, string? output, TaskFailureDetails? failure)
    {
        Ended = status;
        Output = output;
        Failure = failure;
        _untaken = null;
        Steps = [];
        if (status != OrchestrationRuntimeStatus.Failed)
        {
            _turns = [];
            _rewound = [];
            _pending = new();
            HistoryLength = 0;
        }
    }

    // In a snapshot the turns that a rewind kept come before it, so that there is nothing to cut.
    private void Rewind(InstanceRewound rewound)
    {
        if (Ended is null ? rewound.Turns != _turns.Count : rewound.Turns >= _turns.Count)
        {
            throw new InvalidDataException($"instance '{Id}', {Status} after {_turns.Count} turns, is rewound to {rewound.Turns}");
        }

        Touch(rewound.At);
        if (Ended is not null)
        {
            Cut(rewound.Turns);
        }

        foreach (var step in Steps.Values)
        {
            step.Crashes = 0;
            step.Deadline = (step.Decision as ActivityScheduled)?.Deadline(rewound.At);
        }

        _rewound = [.. _rewound, rewound];
    }

    // Folds the turns that are kept once more. Of what the others took, and what waits, stay the events and the good answers to steps that are left.
    private void Cut(int kept)
    {
        var undone = _turns[kept..];
        var turns = _turns[..kept];
        var inputs = undone.SelectMany(turn => turn.Inputs).Concat(_pending).ToList();
        (Ended, Output, Failure) = (null, null, null);
        _turns = [];
        _pending = new();
        HistoryLength = 0;
        foreach (var turn in turns)
        {
            _rewound = turn.Rewound;
            foreach (var input in turn.Inputs)
            {
                Take(input);
            }

            Complete(Completed(turn));
        }

        _rewound = undone[0].Rewound;
        foreach (var input in inputs)
        {
            if (input is EventRaised || (input is StepInput answer and not StepFailed && answer.Generation == Generation && Steps.ContainsKey(answer.Sequence)))
            {
                Take(input);
            }
        }
    }
}
