using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;

namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>Reads the journal as its new owner: makes it when there is none, cuts a torn end, removes what a crash left behind.</summary>
internal static class JournalRecovery
{
    public static JournalExtent Recover(IJournalDirectory directory, Action<JournalEntry> apply)
    {
        var extent = new JournalReader(directory, apply).Read();
        if (extent is null)
        {
            // The segment's header is on disk before the manifest says that there is a journal.
            using (var file = directory.Create(JournalFiles.Segment(1)))
            {
                file.Append(new SegmentHeader(SegmentKind.Journal, 1, 1, 0).ToBytes());
                file.Flush();
            }

            directory.Sync();
            JournalFiles.WriteManifest(directory, 0);
            extent = new(0, 0, 1, SegmentHeader.Length, 1, 0, null, 0);
        }
        else
        {
            CutTornEnd(directory, extent);

            // An owner that was killed, or whose flush failed, leaves what it wrote in the memory of the system, where it was read now. What is built on it
            // must not survive a power loss without it.
            directory.Flush(JournalFiles.Segment(extent.LastSegment));
        }

        foreach (var name in directory.List().Where(name => IsLeftBehind(name, extent)))
        {
            directory.Delete(name);
        }

        directory.Sync();
        return extent;
    }

    private static void CutTornEnd(IJournalDirectory directory, JournalExtent extent)
    {
        if (extent.TornSegment is { } torn && extent.TornAt == 0)
        {
            directory.Delete(JournalFiles.Segment(torn));
        }
        else if (extent.TornSegment is not null)
        {
            directory.Truncate(JournalFiles.Segment(extent.LastSegment), extent.TornAt);
        }
    }

    private static bool IsLeftBehind(string name, JournalExtent extent) =>
        (name.EndsWith(JournalFiles.Temporary, StringComparison.Ordinal) && IsOurs(name[..^JournalFiles.Temporary.Length]))
        || JournalFiles.SegmentNumber(name) <= extent.Snapshot
        || (JournalFiles.SnapshotNumber(name) is { } snapshot && snapshot != extent.Snapshot);

    private static bool IsOurs(string name) =>
        name == JournalFiles.Manifest || JournalFiles.SnapshotNumber(name) is not null || JournalFiles.SegmentNumber(name) is not null;
}
