using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MlDurable.Orchestration.Embedded.History;

/// <summary>Writes entries as bytes. Numbers are LEB128, texts UTF-8 with their length plus one before them (0 is null).</summary>
internal sealed class EntryWriter(ArrayBufferWriter<byte> buffer)
{
    public void Write(JournalEntry entry)
    {
        var kind = EntryKinds.Of(entry);
        Kind(kind);
        Text(entry.InstanceId);
        switch (entry)
        {
            case InstanceRecorded e:
                Instance(e);
                if (kind == EntryKinds.InstanceRecordedWithPriority)
                {
                    Number((int)e.Priority);
                    Text(e.Root);
                }

                break;
            case ActivityStarted e: Number(e.Sequence); break;
            case ActivityInterrupted e: Number(e.Sequence); break;
            case ActivityRunsRecorded e: Number(e.Sequence); Number(e.Starts); Number(e.Crashes); Flag(e.Running); break;
            case StepSucceeded e: Step(e); Text(e.Output); break;
            case StepFailed e: Step(e); Failure(e.Failure); break;
            case TimerFired e: Step(e); break;
            case EventRaised e: Time(e.At); Number(e.Number); Text(e.Name); Text(e.Payload); break;
            case TurnCompleted e: Turn(e); break;
            case InstanceSuspended e: Time(e.At); Text(e.Reason); break;
            case InstanceResumed e: Time(e.At); Text(e.Reason); break;
            case InstanceTerminated e: Time(e.At); Text(e.Reason); break;
            case InstancePurged: break;
            case StepReleased e: Time(e.At); Number(e.Sequence); Text(e.Reason); break;
            case StepSkipped e: Step(e); Text(e.Output); Text(e.Reason); break;
            case InstanceRewound e: Time(e.At); Number(e.Turns); Number(e.NextSequence); Text(e.Reason); break;
            case SnapshotEnded e: Number(e.Instances); break;
            default: throw new InvalidOperationException($"No encoding for {entry.GetType().Name}.");
        }
    }

    private void Decide(Decision decision)
    {
        var kind = EntryKinds.Of(decision);
        Kind(kind);
        switch (decision)
        {
            case ActivityScheduled d:
                Number(d.Sequence);
                Text(d.Name);
                Text(d.Input);
                Span(d.Timeout);
                Span(d.HeartbeatTimeout);
                Text(d.Pool);
                if (kind == EntryKinds.ActivityScheduledWithOptions)
                {
                    Number(d.PoolWeight);
                    Span(d.ScheduleToCloseTimeout);
                }

                break;
            case ChildScheduled d:
                Number(d.Sequence);
                Text(d.Name);
                Text(d.Version);
                Text(d.Input);
                Text(d.ChildId);
                if (kind == EntryKinds.ChildScheduledWithPolicy)
                {
                    Number((int)d.ParentClosePolicy);
                }

                break;
            case StepRetried d: Number(d.Sequence); Time(d.Due); Text(d.ChildId); break;
            case TimerCreated d: Number(d.Sequence); Time(d.Due); break;
            case TimerCancelled d: Number(d.Sequence); break;
            case EventWaited d: Number(d.Sequence); Text(d.Name); break;
            case EventTaken d: Number(d.Sequence); Number(d.Number); break;
            case CustomStatusSet d: Text(d.Status); break;
            case InstanceCompleted d: Text(d.Output); break;
            case InstanceFailed d: Failure(d.Failure); break;
            case ContinuedAsNew d: Text(d.Input); Flag(d.PreserveEvents); break;
            default: throw new InvalidOperationException($"No encoding for {decision.GetType().Name}.");
        }
    }

    private void Instance(InstanceRecorded e)
    {
        Text(e.Name);
        Text(e.Version);
        Text(e.FirstInput);
        Time(e.CreatedAt);
        Time(e.UpdatedAt);
        Flag(e.StartAt is not null);
        Time(e.StartAt ?? default);
        Number(e.Tags.Count);
        foreach (var (name, value) in e.Tags)
        {
            Text(name);
            Text(value);
        }

        Text(e.Parent?.InstanceId);
        Number(e.Parent?.Generation ?? 0);
        Number(e.Parent?.Sequence ?? 0);
        Number(e.Generation);
        Text(e.Input == e.FirstInput ? null : e.Input);
        Time(e.Clock);
        Number(e.NextEvent);
        Flag(e.Suspended);
        Text(e.CustomStatus);
        Number(e.Ended is { } ended ? (int)ended + 1 : 0);
        Text(e.Output);
        Flag(e.Failure is not null);
        if (e.Failure is not null)
        {
            Failure(e.Failure);
        }
    }

    private void Step(StepInput e)
    {
        Time(e.At);
        Number(e.Generation);
        Number(e.Sequence);
    }

    private void Turn(TurnCompleted e)
    {
        Time(e.At);
        Number(e.Consumed);
        Number(e.Decisions.Count);
        foreach (var decision in e.Decisions)
        {
            Decide(decision);
        }
    }

    private void Failure(TaskFailureDetails failure)
    {
        Text(failure.ErrorType);
        Text(failure.ErrorMessage);
        Text(failure.StackTrace);
        Text(failure.Code);
        Flag(failure.InnerFailure is not null);
        if (failure.InnerFailure is not null)
        {
            Failure(failure.InnerFailure);
        }
    }

    private void Kind(byte kind)
    {
        buffer.GetSpan(1)[0] = kind;
        buffer.Advance(1);
    }

    private void Flag(bool value) => Kind(value ? (byte)1 : (byte)0);

    private void Number(long value)
    {
        var rest = checked((ulong)value);
        var span = buffer.GetSpan(10);
        var length = 0;
        while (rest >= 0x80)
        {
            span[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[length++] = (byte)rest;
        buffer.Advance(length);
    }

    private void Time(DateTimeOffset time)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), time.UtcTicks);
        buffer.Advance(sizeof(long));
    }

    private void Span(TimeSpan? span) => Number(span is { } value ? value.Ticks + 1 : 0);

    private void Text(string? text)
    {
        if (text is null)
        {
            Number(0);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Number(length + 1L);
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(length)));
    }
}
