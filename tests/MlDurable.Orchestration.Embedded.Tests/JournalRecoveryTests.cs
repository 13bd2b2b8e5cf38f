using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalRecoveryTests
{
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void Recover_NothingThere_MakesAJournalThatSurvivesAPowerLoss()
    {
        var extent = Recover();

        Assert.Equal(new JournalExtent(0, 0, 1, SegmentHeader.Length, 1, 0, null, 0), extent);
        _disk.PowerOn();
        Assert.Equal(["manifest", "segment-0000000001"], _disk.Files.Keys.Order());
        Assert.Equal(extent, Recover());
    }

    /// <summary>The manifest says that there is a journal, so what it begins with is on disk before.</summary>
    [Fact]
    public void Recover_NothingThere_MakesTheSegmentDurableBeforeTheManifest()
    {
        var operations = new List<string>();

        JournalRecovery.Recover(new ObservedDirectory(_disk.Mount(), operations.Add), _ => { });

        Assert.Equal(
            [
                "create segment-0000000001", "append", "flush", "close", "sync",
                "create manifest.tmp", "append", "flush", "close", "rename manifest.tmp manifest", "sync", "sync",
            ],
            operations);
    }

    [Fact]
    public void Recover_LeftBehindByACrash_IsRemovedAndNothingElse()
    {
        _disk.PutSnapshot(3, 8, 3, [Start("a"), new SnapshotEnded(1)]);
        _disk.PutSegment(4, 8, 3, [Start("b")]);
        string[] kept = [.. _disk.Files.Keys, "notes", "notes.tmp", "segment-x", "snapshot-x.tmp"];
        string[] leftBehind =
        [
            "manifest.tmp", "snapshot-0000000005.tmp", "segment-0000000005.tmp",
            "segment-0000000001", "segment-0000000003", "snapshot-0000000001", "snapshot-0000000004",
        ];
        foreach (var name in kept.Except(_disk.Files.Keys).Concat(leftBehind).ToList())
        {
            _disk.Overwrite(name, [1]);
        }

        Recover();

        Assert.Equal(kept.Order(), _disk.Files.Keys.Order());
        _disk.PowerOn();
        Assert.Equal(kept.Order(), _disk.Files.Keys.Order());
    }

    [Fact]
    public void Recover_TornEnd_IsCutOffSoThatTheNextSegmentFollows()
    {
        JournalFiles.WriteManifest(_disk.Mount(), 0);
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        var whole = _disk.Files["segment-0000000001"];
        _disk.Overwrite("segment-0000000001", [.. whole, .. Frame(2, Start("b"))[..^1]]);

        Assert.Equal(1, Recover().LastSegment);

        Assert.Equal(whole, _disk.Files["segment-0000000001"]);
    }

    [Fact]
    public void Recover_SegmentThatWasBeingMade_IsRemovedSoThatItCanBeMadeAgain()
    {
        JournalFiles.WriteManifest(_disk.Mount(), 0);
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.Overwrite("segment-0000000002", new byte[10]);

        Assert.Equal(1, Recover().LastSegment);

        Assert.Equal(["manifest", "segment-0000000001"], _disk.Files.Keys.Order());
        Assert.Null(Recover().TornSegment);
    }

    /// <summary>As an owner leaves it that is killed between writing and flushing.</summary>
    [Fact]
    public void Recover_FrameThatWasNeverFlushed_SurvivesAPowerLossOnceItWasRead()
    {
        JournalFiles.WriteManifest(_disk.Mount(), 0);
        using (var file = _disk.Mount().Create("segment-0000000001"))
        {
            file.Append([.. new SegmentHeader(SegmentKind.Journal, 1, 1, 1).ToBytes(), .. Frame(1, Start("a"))]);
        }

        Assert.Equal(2UL, Recover().NextFrame);

        _disk.PowerOn();
        Assert.Equal(2UL, Recover().NextFrame);
    }

    private JournalExtent Recover() => JournalRecovery.Recover(_disk.Mount(), _ => { });
}
