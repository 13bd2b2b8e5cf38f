using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalWriterTests
{
    private const int MaxReserve = 1 << 20;

    private static readonly JournalLimits s_oneSegment = new(long.MaxValue, long.MaxValue, int.MaxValue);
    private readonly SimulatedDisk _disk = new();
    private Exception? _failure;

    [Fact]
    public async Task Append_Barrier_EndsWithoutAFrame()
    {
        using (var writer = Open(s_oneSegment))
        {
            var barrier = new JournalBatch();
            var durable = barrier.WaitAsync();
            writer.Append(barrier);
            await durable;
        }

        Assert.Equal(1UL, Extent().NextFrame);
    }

    [Fact]
    public async Task Append_SegmentAsLongAsTheLimit_IsSealedBeforeTheNextFrame()
    {
        var frame = Frame(1, Start("a")).Length;
        using (var writer = Open(s_oneSegment with { SegmentBytes = SegmentHeader.Length + (2 * frame) }))
        {
            foreach (var id in new[] { "a", "b", "c", "d", "e" })
            {
                await AppendAsync(writer, Start(id));
            }
        }

        Assert.Equal(
            [SegmentHeader.Length, SegmentHeader.Length + (2 * frame), SegmentHeader.Length + (2 * frame), SegmentHeader.Length + frame],
            _disk.Files.Where(file => JournalFiles.SegmentNumber(file.Key) is not null).OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value.Length));
        Assert.Equal(6UL, Extent().NextFrame);
    }

    [Fact]
    public async Task Append_EachOpening_WritesASegmentOfALaterGeneration()
    {
        for (var opening = 1; opening <= 3; opening++)
        {
            using (var writer = Open(s_oneSegment))
            {
                await AppendAsync(writer, Start($"{opening}"));
            }

            Assert.Equal((opening + 1L, (long)opening), (Extent().LastSegment, Extent().Generation));
        }
    }

    [Fact]
    public async Task Append_ShortSegment_IsReservedAsMuchAgainAndSealedWithoutIt()
    {
        using (var writer = Open(s_oneSegment))
        {
            await AppendAsync(writer, Start("a"));
            var written = SegmentHeader.Length + Frame(1, Start("a")).Length;
            Assert.Equal(2 * written, Segment(2).Length);

            // It fits into what was reserved.
            await AppendAsync(writer, Start("b"));
            Assert.Equal(2 * written, Segment(2).Length);
        }

        Assert.Null(Extent().TornSegment);
        Assert.Equal(SegmentHeader.Length + Frame(1, Start("a")).Length + Frame(1, Start("b")).Length, Segment(2).Length);
    }

    [Fact]
    public async Task Append_LongSegment_ReservesALimitedPart()
    {
        var large = Start("a") with { Output = new('x', 2 * MaxReserve) };
        using var writer = Open(s_oneSegment);
        await AppendAsync(writer, large);
        Assert.Equal(SegmentHeader.Length + Frame(1, large).Length + MaxReserve, Segment(2).Length);
    }

    /// <summary>A frame larger than a segment costs its memory once, and no more.</summary>
    [Fact]
    public async Task Append_BehindAGiant_IsWhole()
    {
        var giant = Start("a") with { Output = new('x', 300_000) };
        using (var writer = Open(s_oneSegment with { SegmentBytes = 1000 }))
        {
            for (var number = 0; number < 4; number++)
            {
                await AppendAsync(writer, giant with { FirstInput = $"{number}" });
                await AppendAsync(writer, Start($"{number}"));
            }
        }

        var read = new List<string>();
        new JournalReader(_disk.Mount(), entry => read.Add(entry.InstanceId)).Read();
        Assert.Equal(["a", "0", "a", "1", "a", "2", "a", "3"], read);
    }

    [Fact]
    public async Task Append_AfterTheEnd_FailsAsClosed()
    {
        var writer = Open(s_oneSegment);
        writer.Dispose();

        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => AppendAsync(writer, Start("late")));

        Assert.Equal(EmbeddedErrorCodes.EngineClosed, refused.Code);
        Assert.Null(_failure);
        Assert.Equal(1UL, Extent().NextFrame);
    }

    [Fact]
    public async Task Dispose_WhatWaitsForMore_IsWrittenAtOnce()
    {
        var writer = Open(s_oneSegment, new() { Linger = TimeSpan.FromHours(1) });
        var batch = new JournalBatch();
        batch.Entries.Add(Start("a"));
        var durable = batch.WaitAsync();
        writer.Append(batch, isFollowed: true);

        writer.Dispose();

        await durable;
        Assert.Equal(2UL, Extent().NextFrame);
    }

    [Fact]
    public async Task Append_DiskFull_StopsTheOwnerFirstAndFailsThatBatchAndAllLaterOnes()
    {
        var wasStopped = false;
        using var writer = Open(s_oneSegment);
        await AppendAsync(writer, Start("a"));
        _disk.FailAt = _disk.Operations + 1;
        var batch = new JournalBatch();
        batch.Entries.Add(Start("b"));
        batch.OnCommit(() => Assert.Fail("It is not on disk."));
        batch.OnFail(() => wasStopped = _failure is not null);
        var durable = batch.WaitAsync();
        writer.Append(batch);

        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => durable);
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, refused.Code);
        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        Assert.True(wasStopped);
        Assert.Same(refused, _failure);
        Assert.Same(refused, await Assert.ThrowsAsync<OrchestrationException>(() => AppendAsync(writer, Start("c"))));
    }

    /// <summary>Of the operations of a flush none may be left out, nor come after it is reported.</summary>
    [Fact]
    public async Task Append_FirstFrameOfASegment_IsReportedWhenTheFileItsNameAndTheFrameAreFlushed()
    {
        var directory = new RecordingDirectory();
        var operations = directory.Operations;
        var extent = new JournalExtent(0, 0, 1, SegmentHeader.Length, 1, 0, null, 0);
        using (var writer = new JournalWriter(directory, extent, s_oneSegment with { SegmentBytes = 60 }, new(), new(null), failure => _failure = failure))
        {
            await AppendAsync(writer, Start("a"));
            Assert.Equal(["segment-0000000002", "append", "flush", "sync", "append", "reserve", "flush"], operations);
            operations.Clear();
            await AppendAsync(writer, Start("b"));
            Assert.Equal(["seal", "flush", "close", "segment-0000000003", "append", "flush", "sync", "append", "reserve", "flush"], operations);
            operations.Clear();
        }

        Assert.Equal(["seal", "flush", "close"], operations);
        Assert.Null(_failure);
    }

    private byte[] Segment(long number) => _disk.Files[JournalFiles.Segment(number)];

    private JournalExtent Extent() => new JournalReader(_disk.Mount(), _ => { }).Read()!;

    private JournalWriter Open(JournalLimits limits, CommitPolicy? policy = null)
    {
        var directory = _disk.Mount();
        return new(directory, JournalRecovery.Recover(directory, _ => { }), limits, policy ?? new(), new(null), failure => _failure = failure);
    }

    private static Task AppendAsync(JournalWriter writer, JournalEntry entry)
    {
        var batch = new JournalBatch();
        batch.Entries.Add(entry);
        var durable = batch.WaitAsync();
        writer.Append(batch);
        return durable;
    }

    /// <summary>Notes what is asked of it, and does nothing.</summary>
    private sealed class RecordingDirectory : IJournalDirectory, IJournalFile
    {
        public List<string> Operations { get; } = [];

        public string Path => "/recorded";

        public IReadOnlyList<string> List() => throw new NotSupportedException();

        public Stream OpenRead(string name) => throw new NotSupportedException();

        public IJournalFile Create(string name)
        {
            Operations.Add(name);
            return this;
        }

        public void Truncate(string name, long length) => throw new NotSupportedException();

        public void Rename(string name, string newName) => throw new NotSupportedException();

        public void Delete(string name) => throw new NotSupportedException();

        public void Sync() => Operations.Add("sync");

        public void Append(ReadOnlySpan<byte> bytes) => Operations.Add("append");

        public void Reserve(int bytes) => Operations.Add("reserve");

        public void Seal() => Operations.Add("seal");

        public void Flush() => Operations.Add("flush");

        public void Dispose() => Operations.Add("close");
    }
}
