using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>What is on disk, beside the entries themselves.</summary>
/// <param name="Snapshot">The snapshot with which the journal begins; 0 is none.</param>
/// <param name="SnapshotBytes">Its length.</param>
/// <param name="LastSegment">The number of the last whole segment.</param>
/// <param name="SegmentBytes">The length of all segments.</param>
/// <param name="NextFrame">The number that the next frame gets.</param>
/// <param name="Generation">The highest generation found.</param>
/// <param name="TornSegment">The last segment, if a frame at its end was not written whole.</param>
/// <param name="TornAt">Where that frame begins.</param>
internal sealed record JournalExtent(
    long Snapshot, long SnapshotBytes, long LastSegment, long SegmentBytes, ulong NextFrame, long Generation,
    long? TornSegment, long TornAt);

/// <summary>Reads the journal from its beginning and changes nothing. Damage is reported with its place, never read over.</summary>
internal sealed class JournalReader(IJournalDirectory directory, Action<JournalEntry> apply)
{
    private ulong _nextFrame = 1;
    private long _generation;
    private bool _snapshotEnded;
    private int _snapshotInstances;

    /// <summary>Reads up to a segment, or all of it.</summary>
    /// <returns>What is there, or <see langword="null"/> when there is no journal yet.</returns>
    public JournalExtent? Read(long? throughSegment = null)
    {
        var names = directory.List();
        var segments = names.Select(JournalFiles.SegmentNumber).OfType<long>().Order().ToList();
        if (!names.Contains(JournalFiles.Manifest))
        {
            return IsUntouched(names, segments)
                ? null
                : throw JournalErrors.Corrupt(directory, JournalFiles.Manifest, 0, "the manifest is missing, but there are journal files");
        }

        var snapshot = JournalFiles.ReadManifest(directory);
        var snapshotBytes = snapshot > 0 ? ReadSnapshot(snapshot, names) : 0;
        segments.RemoveAll(number => number <= snapshot);
        var last = throughSegment ?? segments.LastOrDefault(snapshot + 1);
        long bytes = 0;
        for (var number = snapshot + 1; number <= last; number++)
        {
            var name = JournalFiles.Segment(number);
            if (segments.BinarySearch(number) < 0)
            {
                throw JournalErrors.Corrupt(directory, name, 0, "the segment is missing");
            }

            var isLast = throughSegment is null && number == last;
            using var stream = directory.OpenRead(name);
            if (isLast && number > snapshot + 1 && IsUnbegun(stream))
            {
                // The segment was being made when the power went: its header was not yet flushed, so nothing was ever written after it.
                return new(snapshot, snapshotBytes, number - 1, bytes, _nextFrame, _generation, number, 0);
            }

            var whole = ReadFile(stream, name, SegmentKind.Journal, number, mayBeTorn: isLast);
            if (whole < stream.Length)
            {
                return new(snapshot, snapshotBytes, number, bytes + whole, _nextFrame, _generation, number, whole);
            }

            bytes += whole;
        }

        return new(snapshot, snapshotBytes, last, bytes, _nextFrame, _generation, null, 0);
    }

    // The first segment's header is flushed before the manifest is made, so a power loss before that leaves no more than the header.
    private bool IsUntouched(IReadOnlyList<string> names, List<long> segments)
    {
        if (names.Any(name => JournalFiles.SnapshotNumber(name) is not null))
        {
            return false;
        }

        if (segments is [])
        {
            return true;
        }

        if (segments is not [1])
        {
            return false;
        }

        using var stream = directory.OpenRead(JournalFiles.Segment(1));
        return stream.Length <= SegmentHeader.Length;
    }

    private static bool IsUnbegun(Stream stream)
    {
        if (stream.Length > SegmentHeader.Length)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[SegmentHeader.Length];
        header = header[..stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        return SegmentHeader.Read(header, out _) is null;
    }

    private long ReadSnapshot(long snapshot, IReadOnlyList<string> names)
    {
        var name = JournalFiles.Snapshot(snapshot);
        if (!names.Contains(name))
        {
            throw JournalErrors.Corrupt(directory, name, 0, "the snapshot that the manifest names is missing");
        }

        using var stream = directory.OpenRead(name);
        var length = ReadFile(stream, name, SegmentKind.Snapshot, snapshot, mayBeTorn: false);
        return _snapshotEnded
            ? length
            : throw JournalErrors.Corrupt(directory, name, length, "the snapshot ends too early");
    }

    // Returns the length of the whole part, which is all of the file unless it may be torn.
    private long ReadFile(Stream stream, string name, SegmentKind kind, long number, bool mayBeTorn)
    {
        var header = new byte[SegmentHeader.Length];
        var length = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        var read = SegmentHeader.Read(header.AsSpan(0, length), out var problem)
            ?? throw JournalErrors.Corrupt(directory, name, 0, problem);
        if (read.Kind != kind || read.Number != number)
        {
            throw JournalErrors.Corrupt(directory, name, 0, $"the file is really {read.Kind} {read.Number}");
        }

        if (kind == SegmentKind.Journal && read.FirstFrame != _nextFrame)
        {
            throw JournalErrors.Corrupt(
                directory, name, 0,
                $"it begins with frame {read.FirstFrame} where {_nextFrame} should follow; the file before it was cut or written to by another owner");
        }

        if (read.Generation < _generation)
        {
            throw JournalErrors.Corrupt(directory, name, 0, $"its generation {read.Generation} is older than {_generation} before it");
        }

        _generation = read.Generation;

        // The snapshot is read first, so that its own frames count from 1 too.
        var frame = _nextFrame;
        long offset = SegmentHeader.Length;
        while (offset < stream.Length)
        {
            if (!TryReadFrame(stream, offset, frame, out var payload))
            {
                if (mayBeTorn && !HasFrameAfter(stream, offset, frame))
                {
                    break;
                }

                throw JournalErrors.Corrupt(directory, name, offset, $"frame {frame} is not what was written");
            }

            Apply(payload, name, offset, kind);
            offset += JournalFrame.HeaderLength + payload.Length;
            frame++;
        }

        _nextFrame = kind == SegmentKind.Snapshot ? read.FirstFrame : frame;
        return offset;
    }

    private static bool TryReadFrame(Stream stream, long offset, ulong number, out byte[] payload)
    {
        payload = [];
        var header = new byte[JournalFrame.HeaderLength];
        if (stream.Length - offset < header.Length)
        {
            return false;
        }

        stream.Position = offset;
        stream.ReadExactly(header);
        var length = JournalFrame.PayloadLength(header);
        if (JournalFrame.Number(header) != number || length > stream.Length - offset - header.Length || length > Array.MaxLength)
        {
            return false;
        }

        payload = new byte[length];
        stream.ReadExactly(payload);
        return JournalFrame.IsWhole(header, payload);
    }

    // A frame is written only after the one before it was flushed. So a whole later frame proves that a broken one was once whole: that is
    // damage, not a torn write.
    private static bool HasFrameAfter(Stream stream, long offset, ulong number)
    {
        stream.Position = offset;
        var rest = new byte[stream.Length - offset];
        stream.ReadExactly(rest);
        for (var start = 1; start <= rest.Length - JournalFrame.HeaderLength; start++)
        {
            var header = rest.AsSpan(start, JournalFrame.HeaderLength);
            var found = JournalFrame.Number(header);
            var length = JournalFrame.PayloadLength(header);
            if (found > number && found - number <= (ulong)rest.Length && length <= rest.Length - start - JournalFrame.HeaderLength
                && JournalFrame.IsWhole(header, rest.AsSpan(start + JournalFrame.HeaderLength, (int)length)))
            {
                return true;
            }
        }

        return false;
    }

    private void Apply(byte[] payload, string name, long offset, SegmentKind kind)
    {
        try
        {
            var reader = new EntryReader(payload);
            while (!reader.AtEnd)
            {
                var entry = reader.Read();
                if (kind == SegmentKind.Journal)
                {
                    apply(entry);
                    continue;
                }

                if (_snapshotEnded)
                {
                    throw new InvalidDataException("the snapshot goes on after its end");
                }

                if (entry is SnapshotEnded end)
                {
                    _snapshotEnded = end.Instances == _snapshotInstances
                        ? true
                        : throw new InvalidDataException($"the snapshot has {_snapshotInstances} instances instead of {end.Instances}");
                    continue;
                }

                _snapshotInstances += entry is InstanceRecorded ? 1 : 0;
                apply(entry);
            }
        }
        catch (InvalidDataException exception)
        {
            throw JournalErrors.Corrupt(directory, name, offset, $"the frame is whole but cannot be read: {exception.Message}", exception);
        }
    }
}
