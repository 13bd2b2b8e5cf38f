using System.Buffers.Binary;
using System.Text;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>Reads what <see cref="EntryWriter"/> wrote. Throws <see cref="InvalidDataException"/> for anything else.</summary>
internal ref struct EntryReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public JournalEntry Read()
    {
        var kind = Byte();
        var id = Text();
        return kind switch
        {
            EntryKinds.InstanceRecorded => Instance(id),
            EntryKinds.InstanceRecordedWithPriority => Instance(id) with { Priority = Enumerated<OrchestrationPriority>(), Root = OptionalText() },
            EntryKinds.ActivityStarted => new ActivityStarted(id, Int()),
            EntryKinds.ActivityInterrupted => new ActivityInterrupted(id, Int()),
            EntryKinds.ActivityRunsRecorded => new ActivityRunsRecorded(id, Int(), Int(), Int(), Flag()),
            EntryKinds.StepSucceeded => new StepSucceeded(id, Time(), Int(), Int(), Text()),
            EntryKinds.StepFailed => new StepFailed(id, Time(), Int(), Int(), Failure(0)),
            EntryKinds.TimerFired => new TimerFired(id, Time(), Int(), Int()),
            EntryKinds.EventRaised => new EventRaised(id, Time(), Number(), Text(), Text()),
            EntryKinds.TurnCompleted => new TurnCompleted(id, Time(), Int(), Decisions()),
            EntryKinds.InstanceSuspended => new InstanceSuspended(id, Time(), Text()),
            EntryKinds.InstanceResumed => new InstanceResumed(id, Time(), Text()),
            EntryKinds.InstanceTerminated => new InstanceTerminated(id, Time(), Text()),
            EntryKinds.InstancePurged => new InstancePurged(id),
            EntryKinds.StepReleased => new StepReleased(id, Time(), Int(), Text()),
            EntryKinds.StepSkipped => new StepSkipped(id, Time(), Int(), Int(), Text(), Text()),
            EntryKinds.InstanceRewound => new InstanceRewound(id, Time(), Int(), Int(), Text()),
            EntryKinds.SnapshotEnded => new SnapshotEnded(Int()),
            _ => throw new InvalidDataException($"unknown entry kind {kind}; it may come from a newer version"),
        };
    }

    private Decision[] Decisions()
    {
        var count = Int();
        if (count > _rest.Length)
        {
            throw new InvalidDataException($"{count} decisions in {_rest.Length} bytes");
        }

        var decisions = new Decision[count];
        for (var index = 0; index < decisions.Length; index++)
        {
            decisions[index] = Decide();
        }

        return decisions;
    }

    private Decision Decide()
    {
        var kind = Byte();
        return kind switch
        {
            EntryKinds.ActivityScheduled => new ActivityScheduled(Int(), Text(), Text(), Span(), Span(), OptionalText()),
            EntryKinds.ActivityScheduledWithOptions => new ActivityScheduled(
                Int(), Text(), Text(), Span(), Span(), OptionalText(), Int(), Span()),
            EntryKinds.ChildScheduled => new ChildScheduled(Int(), Text(), Text(), Text(), Text()),
            EntryKinds.ChildScheduledWithPolicy => new ChildScheduled(Int(), Text(), Text(), Text(), Text(), Enumerated<ParentClosePolicy>()),
            EntryKinds.StepRetried => new StepRetried(Int(), Time(), OptionalText()),
            EntryKinds.TimerCreated => new TimerCreated(Int(), Time()),
            EntryKinds.TimerCancelled => new TimerCancelled(Int()),
            EntryKinds.EventWaited => new EventWaited(Int(), Text()),
            EntryKinds.EventTaken => new EventTaken(Int(), Number()),
            EntryKinds.CustomStatusSet => new CustomStatusSet(Text()),
            EntryKinds.InstanceCompleted => new InstanceCompleted(Text()),
            EntryKinds.InstanceFailed => new InstanceFailed(Failure(0)),
            EntryKinds.ContinuedAsNew => new ContinuedAsNew(Text(), Flag()),
            _ => throw new InvalidDataException($"unknown decision kind {kind}; it may come from a newer version"),
        };
    }

    private InstanceRecorded Instance(string id)
    {
        var name = Text();
        var version = Text();
        var firstInput = Text();
        var createdAt = Time();
        var updatedAt = Time();
        var hasStart = Flag();
        var startAt = Time();
        var tags = new Dictionary<string, string>();
        for (var left = Int(); left > 0; left--)
        {
            tags.Add(Text(), Text());
        }

        var parentId = OptionalText();
        var parentGeneration = Int();
        var parentSequence = Int();
        return new(id)
        {
            Name = name,
            Version = version,
            FirstInput = firstInput,
            CreatedAt = createdAt,
            UpdatedAt = updatedAt,
            StartAt = hasStart ? startAt : null,
            Tags = tags,
            Parent = parentId is null ? null : new(parentId, parentGeneration, parentSequence),
            Generation = Int(),
            Input = OptionalText() ?? firstInput,
            Clock = Time(),
            NextEvent = Number(),
            Suspended = Flag(),
            CustomStatus = OptionalText(),
            Ended = Int() is var ended && ended == 0 ? null : (OrchestrationRuntimeStatus)(ended - 1),
            Output = OptionalText(),
            Failure = Flag() ? Failure(0) : null,
        };
    }

    private TaskFailureDetails Failure(int depth)
    {
        if (depth > 32)
        {
            throw new InvalidDataException("a failure with more than 32 causes");
        }

        return new(Text(), Text(), OptionalText(), OptionalText(), Flag() ? Failure(depth + 1) : null);
    }

    private byte Byte()
    {
        var value = Take(1)[0];
        return value;
    }

    private bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new InvalidDataException($"{other} where a flag should be"),
    };

    private int Int() => Number() is var value && value <= int.MaxValue
        ? (int)value
        : throw new InvalidDataException($"{value} is too large here");

    private T Enumerated<T>()
        where T : struct, Enum => (T)Enum.ToObject(typeof(T), Int()) is var value && Enum.IsDefined(value)
        ? value
        : throw new InvalidDataException($"{value} is no {typeof(T).Name}");

    private long Number()
    {
        ulong value = 0;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw new InvalidDataException("a number of more than 63 bits");
    }

    private DateTimeOffset Time()
    {
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new(ticks, TimeSpan.Zero)
            : throw new InvalidDataException($"{ticks} ticks are no time");
    }

    private TimeSpan? Span() => Number() is var ticks && ticks == 0 ? null : TimeSpan.FromTicks(ticks - 1);

    private string Text() => OptionalText() ?? throw new InvalidDataException("a text is missing");

    private string? OptionalText()
    {
        var length = Number();
        if (length == 0)
        {
            return null;
        }

        if (length - 1 > _rest.Length)
        {
            throw new InvalidDataException($"a text of {length - 1} bytes where {_rest.Length} are left");
        }

        try
        {
            return s_strictUtf8.GetString(Take((int)(length - 1)));
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("a text is not UTF-8", exception);
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new InvalidDataException("the entry ends too early");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
