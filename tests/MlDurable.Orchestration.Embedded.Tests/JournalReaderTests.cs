using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalReaderTests
{
    private readonly SimulatedDisk _disk = new();
    private readonly List<string> _read = [];

    [Fact]
    public void Read_SnapshotAndSegments_TellsAllThatIsThere()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a")], [Start("b"), new SnapshotEnded(2)]);
        _disk.PutSegment(3, 8, 3, [Start("c")], [Start("d")]);
        _disk.PutSegment(4, 10, 5, [Start("e")]);

        var extent = Read();

        Assert.Equal(["a", "b", "c", "d", "e"], _read);
        Assert.Equal(
            new JournalExtent(
                2, _disk.Files["snapshot-0000000002"].Length, 4, _disk.Files["segment-0000000003"].Length + _disk.Files["segment-0000000004"].Length,
                11, 5, null, 0),
            extent);
    }

    [Fact]
    public void Read_SegmentBehindTheSnapshotMissing_NamesIt()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a"), new SnapshotEnded(1)]);
        _disk.PutSegment(1, 1, 1, [Start("replaced")]);
        _disk.PutSegment(2, 2, 1, [Start("replaced")]);
        AssertCorrupt("segment-0000000003", 0, "missing");
    }

    [Fact]
    public void Read_SegmentsThatTheSnapshotReplaces_AreNotRead()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a"), new SnapshotEnded(1)]);
        _disk.PutSegment(2, 2, 1, [Start("replaced")]);
        _disk.PutSegment(3, 8, 3, [Start("b")]);
        Read();
        Assert.Equal(["a", "b"], _read);
    }

    [Fact]
    public void Read_ThroughASegment_ReadsNothingBehindItAndAllowsNoTornEnd()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.PutSegment(2, 2, 1, [Start("b")]);
        _disk.PutSegment(3, 3, 1, [Start("c")]);
        Assert.Equal(3UL, new JournalReader(_disk.Mount(), entry => _read.Add(entry.InstanceId)).Read(2)!.NextFrame);
        Assert.Equal(["a", "b"], _read);

        var torn = _disk.Files["segment-0000000002"];
        _disk.Overwrite("segment-0000000002", torn[..^1]);
        var refused = Assert.Throws<OrchestrationException>(() => new JournalReader(_disk.Mount(), _ => { }).Read(2));
        Assert.Contains($"segment-0000000002' is damaged at offset {SegmentHeader.Length}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoManifest_IsNoJournalAsLongAsNothingCanHaveBeenConfirmed()
    {
        Assert.Null(Read());
        _disk.Overwrite("notes", [1]);
        Assert.Null(Read());
        _disk.PutSegment(1, 1, 0);
        Assert.Null(Read());
        _disk.Overwrite("segment-0000000001", _disk.Files["segment-0000000001"][..^1]);
        Assert.Null(Read());
    }

    [Fact]
    public void Read_NoManifestButAFrame_IsDamage()
    {
        _disk.PutSegment(1, 1, 0);
        _disk.Overwrite("segment-0000000001", [.. _disk.Files["segment-0000000001"], 0]);
        AssertCorrupt("manifest", 0, "missing");
    }

    [Theory]
    [InlineData("segment-0000000002")]
    [InlineData("snapshot-0000000001")]
    public void Read_NoManifestButALaterFile_IsDamage(string name)
    {
        _disk.Overwrite(name, []);
        AssertCorrupt("manifest", 0, "missing");
    }

    [Fact]
    public void Read_NoManifestButTwoSegments_IsDamage()
    {
        _disk.PutSegment(1, 1, 0);
        _disk.PutSegment(2, 1, 0);
        AssertCorrupt("manifest", 0, "missing");
    }

    [Fact]
    public void Read_SnapshotMissing_NamesIt()
    {
        JournalFiles.WriteManifest(_disk.Mount(), 2);
        _disk.PutSegment(3, 8, 3, [Start("b")]);
        AssertCorrupt("snapshot-0000000002", 0, "missing");
    }

    [Fact]
    public void Read_SnapshotCutBetweenFrames_EndsTooEarly()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a")]);
        _disk.PutSegment(3, 8, 3, [Start("b")]);
        AssertCorrupt("snapshot-0000000002", _disk.Files["snapshot-0000000002"].Length, "ends too early");
    }

    [Fact]
    public void Read_SnapshotCutInAFrame_IsDamageAndNoTornEnd()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a"), new SnapshotEnded(1)]);
        _disk.Overwrite("snapshot-0000000002", _disk.Files["snapshot-0000000002"][..^1]);
        AssertCorrupt("snapshot-0000000002", SegmentHeader.Length, "frame 1 ");
    }

    [Fact]
    public void Read_SnapshotGoesOnBehindItsEnd_IsDamage()
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a"), new SnapshotEnded(1), Start("b")]);
        AssertCorrupt("snapshot-0000000002", SegmentHeader.Length, "after its end");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Read_SnapshotOfAnotherNumberOfInstances_IsDamage(int count)
    {
        _disk.PutSnapshot(2, 8, 3, [Start("a"), new EventRaised("a", DateTimeOffset.UnixEpoch, 0, "e", ""), new SnapshotEnded(count)]);
        AssertCorrupt("snapshot-0000000002", SegmentHeader.Length, $"1 instances instead of {count}");
    }

    [Fact]
    public void Read_AnotherSegmentUnderTheName_SaysWhatItReallyIs()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.Put("segment-0000000002", new(SegmentKind.Journal, 3, 2, 1), Frame(2, Start("b")));
        AssertCorrupt("segment-0000000002", 0, "Journal 3");

        _disk.Put("segment-0000000002", new(SegmentKind.Snapshot, 2, 2, 1), Frame(2, Start("b")));
        AssertCorrupt("segment-0000000002", 0, "Snapshot 2");
    }

    [Fact]
    public void Read_FramesLostAtTheEndOfAnEarlierSegment_IsDamage()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.PutSegment(2, 3, 1, [Start("c")]);
        AssertCorrupt("segment-0000000002", 0, "frame 3 where 2 should follow");
    }

    [Fact]
    public void Read_SegmentOfAFormerOwnerBehindThatOfALaterOne_IsDamage()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 7, [Start("a")]);
        _disk.PutSegment(2, 2, 6, [Start("b")]);
        AssertCorrupt("segment-0000000002", 0, "generation 6 is older than 7");
    }

    [Fact]
    public void Read_SegmentThatWasBeingMade_IsTornFromItsBeginning()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        foreach (var header in new[] { [], new SegmentHeader(SegmentKind.Journal, 2, 2, 1).ToBytes()[..^1], new byte[SegmentHeader.Length] })
        {
            _disk.Overwrite("segment-0000000002", header);
            Assert.Equal(new JournalExtent(0, 0, 1, _disk.Files["segment-0000000001"].Length, 2, 1, 2, 0), Read());
        }
    }

    [Fact]
    public void Read_BrokenHeaderWithSomethingBehindIt_IsDamage()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.Overwrite("segment-0000000002", new byte[SegmentHeader.Length + 1]);
        AssertCorrupt("segment-0000000002", 0, "header");
    }

    [Fact]
    public void Read_FirstSegmentWithABrokenHeader_IsDamage()
    {
        PutManifest();
        _disk.Overwrite("segment-0000000001", new byte[SegmentHeader.Length]);
        AssertCorrupt("segment-0000000001", 0, "header");
    }

    [Fact]
    public void Read_HeaderOnly_IsAWholeSegmentWithoutFrames()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        _disk.PutSegment(2, 2, 2);
        Assert.Equal(
            new JournalExtent(0, 0, 2, _disk.Files["segment-0000000001"].Length + SegmentHeader.Length, 2, 2, null, 0), Read());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(30)]
    public void Read_LastFrameCut_IsTornWhereItBegins(int left)
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        var whole = _disk.Files["segment-0000000001"];
        _disk.Overwrite("segment-0000000001", [.. whole, .. Frame(2, Start("b"))[..left]]);
        Assert.Equal(new JournalExtent(0, 0, 1, whole.Length, 2, 1, 1, whole.Length), Read());
        Assert.Equal(["a"], _read);
    }

    [Fact]
    public void Read_ReservedSpaceBehindTheLastFrame_IsTornAndNoDamage()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")]);
        var whole = _disk.Files["segment-0000000001"];
        _disk.Overwrite("segment-0000000001", [.. whole, .. new byte[4096]]);
        Assert.Equal(whole.Length, Read()!.TornAt);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 100)]
    [InlineData(1_000_000, 0)]
    public void Read_WholeFrameBehindABrokenOne_IsDamage(ulong number, int behind)
    {
        _disk.PutSnapshot(1, number, 1, [new SnapshotEnded(0)]);
        _disk.Put("segment-0000000002", new(SegmentKind.Journal, 2, number, 1), Broken(number), Frame(number + 1, Start("b")), new byte[behind]);
        AssertCorrupt("segment-0000000002", SegmentHeader.Length, $"frame {number} ");

        _disk.Put("segment-0000000002", new(SegmentKind.Journal, 2, number, 1), Broken(number), Frame(number + 1));
        AssertCorrupt("segment-0000000002", SegmentHeader.Length, $"frame {number} ");
    }

    [Fact]
    public void Read_FrameWithoutEntries_IsWhole()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")], []);
        Assert.Equal((3UL, null), (Read()!.NextFrame, Read()!.TornSegment));
    }

    [Fact]
    public void Read_BeginningOfAFrameBehindABrokenOne_IsNoLaterFrame()
    {
        PutManifest();
        _disk.Put("segment-0000000001", new(SegmentKind.Journal, 1, 1, 1), Broken(1), Frame(2, Start("b"))[..^1]);
        Assert.Equal(SegmentHeader.Length, Read()!.TornAt);
    }

    [Fact]
    public void Read_BytesOfAnEarlierFrameInABrokenOne_AreNoLaterFrame()
    {
        // As a payload may hold the bytes of a journal.
        PutManifest();
        _disk.Put("segment-0000000001", new(SegmentKind.Journal, 1, 1, 1), Frame(1, Start("first")), Broken(2), Frame(2, Start("b")), Frame(1, Start("c")));
        Assert.Equal(2UL, Read()!.NextFrame);
        Assert.Equal(["first"], _read);
    }

    [Fact]
    public void Read_WholeFrameThatCannotBeApplied_NamesItsPlaceAndCause()
    {
        PutManifest();
        _disk.PutSegment(1, 1, 1, [Start("a")], [Start("a")]);
        var table = new InstanceTable();
        var refused = Assert.Throws<OrchestrationException>(() => new JournalReader(_disk.Mount(), table.Apply).Read());
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, refused.Code);
        Assert.Contains($"offset {SegmentHeader.Length + Frame(1, Start("a")).Length}:", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'a' starts twice", refused.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(refused.InnerException);
    }

    private static byte[] Broken(ulong number)
    {
        var frame = Frame(number, Start("broken"));
        frame[^1] ^= 1;
        return frame;
    }

    private void PutManifest() => JournalFiles.WriteManifest(_disk.Mount(), 0);

    private JournalExtent? Read()
    {
        _read.Clear();
        return new JournalReader(_disk.Mount(), entry => _read.Add(entry.InstanceId)).Read();
    }

    private void AssertCorrupt(string name, long offset, string problem)
    {
        var refused = Assert.Throws<OrchestrationException>(Read);
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, refused.Code);
        Assert.Contains($"/{name}' is damaged at offset {offset}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }
}
