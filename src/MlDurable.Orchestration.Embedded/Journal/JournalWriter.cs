using System.Buffers;
using MlDurable.Orchestration.Embedded.Execution;
using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>
/// Group commit: everything appended while the last flush was under way becomes one frame, one write and one flush. What is soon followed by
/// more may wait for it for a moment, so that both take one flush. One thread writes, in a simulation that of all its work; <see cref="Append"/> may be
/// called from any one thread at a time.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>For how many moments of the policy's linger after its last flush the thread looks by itself, before it sleeps until it is woken.</summary>
    private const int AwakeMoments = 16;

    /// <summary>How much at most is reserved behind what is written.</summary>
    private const int MaxReserve = 1 << 20;

    private readonly IJournalDirectory _directory;
    private readonly JournalLimits _limits;
    private readonly CommitPolicy _policy;
    private readonly EngineWork _work;
    private readonly Action<Exception> _failed;
    private readonly JournalCompactor _compactor;
    private readonly Thread? _thread;
    private readonly Action _end;
    private readonly object _gate = new();
    private readonly long _generation;

    private ArrayBufferWriter<byte> _filling = NewBuffer();
    private ArrayBufferWriter<byte> _writing = NewBuffer();
    private EntryWriter _encoder;
    private List<JournalBatch> _waiting = [];
    private List<JournalBatch> _committing = [];
    private bool _isUrgent;
    private bool _isAsleep;
    private bool _closing;
    private Exception? _failure;

    private IJournalFile? _file;
    private long _fileBytes;
    private long _reservedBytes;
    private long _segment;
    private ulong _nextFrame;

    public JournalWriter(
        IJournalDirectory directory, JournalExtent extent, JournalLimits limits, CommitPolicy policy, EngineWork work, Action<Exception> failed)
    {
        _directory = directory;
        _limits = limits;
        _policy = policy;
        _work = work;
        _failed = failed;
        _compactor = new(directory, extent, limits, work);
        _segment = extent.LastSegment;
        _nextFrame = extent.NextFrame;
        _generation = extent.Generation + 1;
        _encoder = new(_filling);
        if (!work.IsSimulated)
        {
            _thread = new(Run) { IsBackground = true, Name = "mldurable journal" };
            _thread.Start();
        }

        _end = _thread is null ? Run : _thread.Join;
    }

    /// <summary>Queues a batch; its callbacks run when it is on disk, on the writer's thread, or when it never will be.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="isFollowed">Whether more is about to be appended, or <see cref="Hurry"/> to be called; then the flush may wait for it.</param>
    public void Append(JournalBatch batch, bool isFollowed = false)
    {
        Exception? failure;
        lock (_gate)
        {
            failure = _failure;
            if (failure is null)
            {
                foreach (var entry in batch.Entries)
                {
                    _encoder.Write(entry);
                }

                _waiting.Add(batch);
                _isUrgent |= !isFollowed;
                if (_thread is null && _waiting.Count == 1)
                {
                    _work.Queue(static writer => writer.WriteNext(), this);
                }
                else if (_isUrgent || _isAsleep)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }

        if (failure is not null)
        {
            batch.Fail(failure);
        }
    }

    /// <summary>Nothing follows what was appended: it is flushed at once.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            _isUrgent = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Writes what is queued and ends. Later batches fail.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }

        _end();
        _compactor.Dispose();
        _file?.Dispose();
    }

    private static ArrayBufferWriter<byte> NewBuffer()
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        buffer.Advance(JournalFrame.HeaderLength);
        return buffer;
    }

    private void Run()
    {
        while (WriteNext())
        {
        }
    }

    /// <summary>Writes what is waiting, as one frame.</summary>
    /// <returns>Whether there may be more.</returns>
    private bool WriteNext()
    {
        bool isLast;
        List<JournalBatch> batches;
        lock (_gate)
        {
            if (_thread is not null)
            {
                WaitForWork();
            }
            else if (_failure is not null)
            {
                return false;
            }

            isLast = _waiting.Count == 0;
            if (isLast)
            {
                _failure = new OrchestrationException(EmbeddedErrorCodes.EngineClosed, "The engine is closed.");
            }

            _isUrgent = false;
            (_waiting, _committing) = (_committing, _waiting);
            batches = _committing;
            (_filling, _writing) = (_writing, _filling);
            _encoder = new(_filling);
        }

        try
        {
            _compactor.ThrowIfFailed();
            if (isLast)
            {
                Seal();
                return false;
            }

            Write();
        }
        catch (Exception exception)
        {
            Fail(exception as OrchestrationException ?? JournalErrors.WriteFailed(_directory, exception), batches);
            return false;
        }

        foreach (var batch in batches)
        {
            batch.Commit();
        }

        batches.Clear();
        return true;
    }

    private void WaitForWork()
    {
        var moments = 0;
        while (!_closing && !(_isUrgent && _waiting.Count > 0))
        {
            if (_waiting.Count == 0 && moments == AwakeMoments)
            {
                _isAsleep = true;
                Monitor.Wait(_gate);
                _isAsleep = false;
                moments = 0;
            }
            else if (!Monitor.Wait(_gate, _policy.Linger))
            {
                if (_waiting.Count > 0)
                {
                    return;
                }

                moments++;
            }
        }
    }

    private void Write()
    {
        if (_writing.WrittenCount == JournalFrame.HeaderLength)
        {
            return;
        }

        if (_file is null || _fileBytes >= _limits.SegmentBytes)
        {
            Roll();
        }

        // The buffer hands out its content read-only, but it is ours: the header's place was left free.
        var frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_writing.WrittenMemory).Span;
        JournalFrame.Seal(frame, _nextFrame);
        _file!.Append(frame);
        _fileBytes += frame.Length;
        if (_fileBytes > _reservedBytes)
        {
            // As much again as there is, so that a short journal stays a short file.
            var reserve = (int)Math.Min(_fileBytes, MaxReserve);
            _file.Reserve(reserve);
            _reservedBytes = _fileBytes + reserve;
        }

        _file.Flush();
        _nextFrame++;
        if (_writing.Capacity > _limits.SegmentBytes)
        {
            // A rare giant must not be paid for in memory for ever.
            _writing = NewBuffer();
        }
        else
        {
            _writing.ResetWrittenCount();
            _writing.Advance(JournalFrame.HeaderLength);
        }
    }

    private void Roll()
    {
        var sealedBytes = _fileBytes;
        Seal();
        _file = _directory.Create(JournalFiles.Segment(_segment + 1));
        var header = new SegmentHeader(SegmentKind.Journal, _segment + 1, _nextFrame, _generation).ToBytes();
        _file.Append(header);
        _file.Flush();
        _directory.Sync();
        _compactor.SegmentSealed(_segment, sealedBytes, _nextFrame, _generation);
        _segment++;
        _fileBytes = header.Length;
        _reservedBytes = header.Length;
    }

    // Only the last segment may end in what was reserved, so this is on disk before there is another one.
    private void Seal()
    {
        _file?.Seal();
        _file?.Flush();
        _file?.Dispose();
        _file = null;
    }

    private void Fail(OrchestrationException failure, List<JournalBatch> batches)
    {
        lock (_gate)
        {
            _failure = failure;
            batches.AddRange(_waiting);
        }

        // First the engine stops, so that whoever sees its batch fail finds it stopped.
        _failed(failure);
        foreach (var batch in batches)
        {
            batch.Fail(failure);
        }
    }
}
