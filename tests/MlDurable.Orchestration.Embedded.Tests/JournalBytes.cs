using System.Buffers;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>Files of a journal as they are on disk, sound or not.</summary>
internal static class JournalBytes
{
    public static InstanceRecorded Start(string id) => new(id)
    {
        Name = "n",
        Version = "1",
        FirstInput = "\"" + new string('x', id.Length * 7 % 50) + "\"",
        Input = "\"" + new string('x', id.Length * 7 % 50) + "\"",
        CreatedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        UpdatedAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    public static byte[] Frame(ulong number, params JournalEntry[] entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[JournalFrame.HeaderLength]);
        var writer = new EntryWriter(buffer);
        foreach (var entry in entries)
        {
            writer.Write(entry);
        }

        var frame = buffer.WrittenSpan.ToArray();
        JournalFrame.Seal(frame, number);
        return frame;
    }

    /// <summary>Makes a segment of frames, which have the numbers from the first one on.</summary>
    public static void PutSegment(this SimulatedDisk disk, long number, ulong firstFrame, long generation, params JournalEntry[][] frames) =>
        disk.Put(
            JournalFiles.Segment(number), new(SegmentKind.Journal, number, firstFrame, generation),
            [.. frames.Select((entries, index) => Frame(firstFrame + (ulong)index, entries))]);

    /// <summary>Makes a snapshot of frames, and the manifest that names it.</summary>
    public static void PutSnapshot(this SimulatedDisk disk, long number, ulong nextFrame, long generation, params JournalEntry[][] frames)
    {
        disk.Put(
            JournalFiles.Snapshot(number), new(SegmentKind.Snapshot, number, nextFrame, generation),
            [.. frames.Select((entries, index) => Frame(1 + (ulong)index, entries))]);
        JournalFiles.WriteManifest(disk.Mount(), number);
    }

    public static void Put(this SimulatedDisk disk, string name, SegmentHeader header, params byte[][] frames) =>
        disk.Overwrite(name, [.. header.ToBytes(), .. frames.SelectMany(frame => frame)]);
}
