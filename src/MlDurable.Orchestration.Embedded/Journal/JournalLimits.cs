namespace MlDurable.Orchestration.Embedded.Journal;

/// <summary>When files are sealed and rewritten.</summary>
/// <param name="SegmentBytes">A segment is sealed when it has grown to this.</param>
/// <param name="CompactionBytes">
/// Sealed segments are folded into a new snapshot when they are together larger than this and than the last snapshot: so the disk holds
/// at most about twice what is alive, and each byte is rewritten a constant number of times.
/// </param>
/// <param name="CompactionSegments">… or when there are this many of them: every opening seals one.</param>
internal sealed record JournalLimits(long SegmentBytes, long CompactionBytes, int CompactionSegments);
