using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using MlDurable.Orchestration.Embedded.Execution;
using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>
/// Folds sealed segments into a snapshot, beside the writer: it reads what recovery would read, so a snapshot cannot say anything else than
/// the segments that it replaces. They are deleted only after the manifest names the snapshot.
/// </summary>
internal sealed class JournalCompactor(IJournalDirectory directory, JournalExtent extent, JournalLimits limits, EngineWork work) : IDisposable
{
    private const int FrameBytes = 1 << 18;
    private static readonly TimeSpan s_bite = TimeSpan.FromMilliseconds(1);
    private long _snapshot = extent.Snapshot;
    private long _snapshotBytes = extent.SnapshotBytes;
    private long _sealedBytes = extent.SegmentBytes;
    private Task? _running;
    private volatile bool _isBehind;

    /// <summary>Tells of a segment that will not grow any more. Called by the writer, one call at a time.</summary>
    public void SegmentSealed(long segment, long bytes, ulong nextFrame, long generation)
    {
        _sealedBytes += bytes;
        _isBehind = _running is { IsCompleted: false } && _sealedBytes > limits.CompactionBytes;
        if (_running is { IsCompleted: false }
            || (_sealedBytes < Math.Max(limits.CompactionBytes, _snapshotBytes) && segment - _snapshot < limits.CompactionSegments))
        {
            return;
        }

        ThrowIfFailed();
        _sealedBytes = 0;
        var former = _snapshot;
        _snapshot = segment;
        _running = work.RunLong(() => Compact(former, segment, nextFrame, generation));
    }

    /// <summary>Throws what went wrong in the background.</summary>
    public void ThrowIfFailed()
    {
        if (_running is { IsFaulted: true })
        {
            _running.GetAwaiter().GetResult();
        }
    }

    public void Dispose()
    {
        // Of a simulation nothing runs after the engine, whose process ends here.
        if (!work.IsSimulated)
        {
            // A failure here is not lost: the journal is as it was, and the next compaction meets the same cause again.
            _running?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }
    }

    private void Compact(long former, long segment, ulong nextFrame, long generation)
    {
        var fold = new SnapshotFold();
        var worked = Stopwatch.StartNew();
        if (new JournalReader(directory, Apply).Read(segment) is null)
        {
            throw JournalErrors.Corrupt(directory, JournalFiles.Manifest, 0, "the manifest has disappeared");
        }

        Volatile.Write(ref _snapshotBytes, WriteSnapshot(fold, segment, nextFrame, generation));
        JournalFiles.WriteManifest(directory, segment);
        if (former > 0)
        {
            directory.Delete(JournalFiles.Snapshot(former));
        }

        for (var number = former + 1; number <= segment; number++)
        {
            directory.Delete(JournalFiles.Segment(number));
        }

        // Half of one processor at most, unless the journal grows faster than it shrinks: it is in no hurry, and whoever waits for the engine is.
        void Apply(JournalEntry entry)
        {
            fold.Apply(entry);
            if (worked.Elapsed > s_bite && !_isBehind)
            {
#pragma warning disable RS0030 // leaves a processor to others, whatever the engine's clock says
                Thread.Sleep(s_bite);
#pragma warning restore RS0030
                worked.Restart();
            }
        }
    }

    private long WriteSnapshot(SnapshotFold fold, long segment, ulong nextFrame, long generation)
    {
        var name = JournalFiles.Snapshot(segment);
        long length;
        using (var file = directory.Create(name + JournalFiles.Temporary))
        {
            var header = new SegmentHeader(SegmentKind.Snapshot, segment, nextFrame, generation).ToBytes();
            file.Append(header);
            length = header.Length;
            var buffer = new ArrayBufferWriter<byte>(FrameBytes);
            buffer.Advance(JournalFrame.HeaderLength);
            ulong frame = 1;
            fold.Write(buffer, () =>
            {
                if (buffer.WrittenCount >= FrameBytes)
                {
                    Flush();
                }
            });
            new EntryWriter(buffer).Write(new SnapshotEnded(fold.Count));
            Flush();
            file.Flush();

            void Flush()
            {
                var bytes = MemoryMarshal.AsMemory(buffer.WrittenMemory).Span;
                JournalFrame.Seal(bytes, frame++);
                file.Append(bytes);
                length += bytes.Length;
                buffer.ResetWrittenCount();
                buffer.Advance(JournalFrame.HeaderLength);
            }
        }

        directory.Rename(name + JournalFiles.Temporary, name);
        directory.Sync();
        return length;
    }
}
