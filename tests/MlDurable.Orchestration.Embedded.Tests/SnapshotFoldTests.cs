using System.Buffers;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class SnapshotFoldTests
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Write_OpenAndEndedInstances_GivesTheTableThatTheEntriesGive()
    {
        JournalEntry[] entries =
        [
            Start("done"), Completed("done", "1"), Start("open"), new EventRaised("open", s_time, 0, "e", "x"), Start("purged"), Completed("purged", "2"),
            Start("purged later"), Completed("purged later", "3"), new InstancePurged("purged"), Start("last"), new InstancePurged("purged later"),
            Completed("last", "4"),
        ];
        AssertFolds(entries, 3);
    }

    [Fact]
    public void Write_FailedInstanceThatWasRewoundLater_GoesOn()
    {
        var failure = new TaskFailureDetails("T", "m", null, null, null);
        AssertFolds(
            [
                Start("failed"), new TurnCompleted("failed", s_time, 0, [new InstanceFailed(failure)]), Start("other"),
                new InstanceRewound("failed", s_time, 0, 1, "again"), Start("third"),
            ],
            3);
    }

    [Fact]
    public void Write_SnapshotOfAFailedInstanceFolded_KeepsWhatFollowsIt()
    {
        var failure = new TaskFailureDetails("T", "m", null, null, null);
        var table = new InstanceTable();
        JournalEntry[] entries =
        [
            Start("failed"),
            new TurnCompleted("failed", s_time, 0, [new ActivityScheduled(1, "a", "x", null, null, null)]),
            new StepFailed("failed", s_time, 0, 1, failure),
            new TurnCompleted("failed", s_time, 1, [new InstanceFailed(failure)]),
        ];
        foreach (var entry in entries)
        {
            table.Apply(entry);
        }

        AssertFolds([.. table.Find("failed")!.ToEntries(), Start("next")], 2);
    }

    /// <summary>More than the blocks hold in which ended instances are kept.</summary>
    [Fact]
    public void Write_ManyLargeInstances_LosesNone()
    {
        var entries = Enumerable.Range(0, 12).SelectMany(number => new JournalEntry[]
        {
            Start($"{number}"), Completed($"{number}", new string((char)('a' + number), 200_000 + (number * 1000))),
        });
        AssertFolds([.. entries, Start("open")], 13);
    }

    [Fact]
    public void Write_PieceByPiece_TellsAfterEachInstanceThatHasEndedAndEachEntryOfOthers()
    {
        var failure = new TaskFailureDetails("T", "m", null, null, null);
        var fold = Fold(
            [
                Start("failed"), new EventRaised("failed", s_time, 0, "e", ""), new TurnCompleted("failed", s_time, 1, [new InstanceFailed(failure)]),
                Start("open"), new InstanceSuspended("open", s_time, ""), new EventRaised("open", s_time, 0, "e", ""),
            ]);
        var buffer = new ArrayBufferWriter<byte>();
        var lengths = new List<int>();
        fold.Write(buffer, () => lengths.Add(buffer.WrittenCount));
        Assert.Equal(3, lengths.Count);
        Assert.Equal(lengths.Distinct().Order(), lengths);
        Assert.Equal(buffer.WrittenCount, lengths[^1]);
    }

    private static TurnCompleted Completed(string id, string output) => new(id, s_time, 0, [new InstanceCompleted(output)]);

    private static SnapshotFold Fold(IEnumerable<JournalEntry> entries)
    {
        var fold = new SnapshotFold();
        foreach (var entry in entries)
        {
            fold.Apply(entry);
        }

        return fold;
    }

    private static void AssertFolds(IReadOnlyList<JournalEntry> entries, int count)
    {
        var expected = new InstanceTable();
        foreach (var entry in entries)
        {
            expected.Apply(entry);
        }

        var fold = Fold(entries);
        Assert.Equal(count, fold.Count);
        var buffer = new ArrayBufferWriter<byte>();
        fold.Write(buffer, () => { });
        var folded = new InstanceTable();
        var reader = new EntryReader(buffer.WrittenSpan);
        while (!reader.AtEnd)
        {
            folded.Apply(reader.Read());
        }

        Assert.Equal(Shown(expected), Shown(folded));
    }

    private static IEnumerable<string> Shown(InstanceTable table) => table.Instances.OrderBy(instance => instance.Id, StringComparer.Ordinal)
        .SelectMany(instance => instance.ToEntries())
        .Select(entry => entry is InstanceRecorded record ? $"{record with { Tags = s_noTags }}"
            : entry is TurnCompleted turn ? $"{turn.InstanceId} {turn.At:O} {turn.Consumed} {string.Join(';', turn.Decisions)}" : $"{entry}");

    private static readonly Dictionary<string, string> s_noTags = [];
}
