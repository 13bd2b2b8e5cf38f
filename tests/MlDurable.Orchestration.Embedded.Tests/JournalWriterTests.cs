using MlDurable.Orchestration.Embedded.Files;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalWriterTests
{
    private const int MaxReserve = 1 << 20;

    private static readonly JournalLimits s_oneSegment = new(long.MaxValue, long.MaxValue, int.MaxValue);
    private static readonly CommitPolicy s_patient = new() { Linger = TimeSpan.FromHours(1) };
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
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

        Assert.Equal(["a", "0", "a", "1", "a", "2", "a", "3"], Ids());
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
        var writer = Open(s_oneSegment, s_patient);
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

    /// <summary>After a failed flush the system may take for written what is lost, so nothing more is asked of the file but to be closed.</summary>
    [Theory]
    [InlineData("create segment-0000000002", 0, "/simulated/segment-0000000002", "No space left on device")]
    [InlineData("append", 0, "/simulated/segment-0000000002", "No space left on device")]
    [InlineData("append", 1, "/simulated/segment-0000000002", "No space left on device")]
    [InlineData("reserve", 0, "/simulated/segment-0000000002", "No space left on device")]
    [InlineData("flush", 0, "/simulated/segment-0000000002", "Input/output error")]
    [InlineData("flush", 1, "/simulated/segment-0000000002", "Input/output error")]
    [InlineData("sync", 0, "/simulated", "Input/output error")]
    [InlineData("seal", 3, "/simulated/segment-0000000002", "Input/output error")]
    [InlineData("create segment-0000000003", 3, "/simulated/segment-0000000003", "Read-only file system")]
    public async Task Append_AnOperationFails_IsFatalNamesTheFileAndNothingIsTriedAgain(string failing, int framesBefore, string path, string cause)
    {
        var operations = new List<string>();
        var isArmed = framesBefore == 0;
        var frame = Frame(1, Start("a")).Length;
        _disk.FailsOnce = true;
        _disk.Failure = failed => new IOException($"{cause} : '{failed}'");
        var writer = Open(s_oneSegment with { SegmentBytes = SegmentHeader.Length + (3 * frame) }, before: Fail);
        for (var number = 0; number < framesBefore; number++)
        {
            await AppendAsync(writer, Start("a"));
        }

        isArmed = true;
        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => AppendAsync(writer, Start("b")));
        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, refused.Code);
        Assert.Contains($"{cause} : '{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Make room, make the disk writable or repair it, then start it again", refused.Message, StringComparison.Ordinal);
        Assert.Same(refused, await Assert.ThrowsAsync<OrchestrationException>(() => AppendAsync(writer, Start("c"))));
        writer.Dispose();

        string[] after = failing.StartsWith("create", StringComparison.Ordinal) ? [] : ["close"];
        Assert.Equal(after, operations.Skip(operations.LastIndexOf(failing) + 1));
        Assert.Equal(framesBefore, Ids().Count(id => id == "a"));
        await AppendAsync(Open(s_oneSegment), Start("d"));
        Assert.Equal("d", Ids()[^1]);

        void Fail(string operation)
        {
            operations.Add(operation);
            if (isArmed && operation == failing)
            {
                _disk.FailAt = _disk.Operations + 1;
            }
        }
    }

    [Theory]
    [InlineData(1, "/simulated/snapshot-")]
    [InlineData(2, "/simulated/snapshot-")]
    [InlineData(3, "/simulated/snapshot-")]
    [InlineData(4, "/simulated/snapshot-")]
    [InlineData(5, "/simulated/snapshot-")]
    [InlineData(6, "/simulated'")]
    [InlineData(7, "/simulated/manifest.tmp'")]
    [InlineData(8, "/simulated/manifest.tmp'")]
    [InlineData(9, "/simulated/manifest.tmp'")]
    [InlineData(10, "/simulated/manifest.tmp'")]
    [InlineData(11, "/simulated'")]
    [InlineData(12, "/simulated/segment-0000000001'")]
    public async Task Append_AnOperationOfACompactionFails_IsFatalAndNamesTheFile(int operation, string path)
    {
        using var compacting = new SemaphoreSlim(0);
        using var released = new ManualResetEventSlim();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _disk.FailsOnce = true;
        _disk.Failure = name =>
        {
            failed.TrySetResult();
            return new IOException($"No space left on device : '{name}'");
        };
        var confirmed = 0;
        using (var writer = Open(new(60, 1, 1), before: Hold))
        {
            for (; compacting.CurrentCount == 0; confirmed++)
            {
                await AppendAsync(writer, Start($"{confirmed}"));
            }

            _disk.FailAt = _disk.Operations + operation;
            released.Set();
            await failed.Task.WaitAsync(s_patience);
            var refused = await Assert.ThrowsAsync<OrchestrationException>(async () =>
            {
                for (; ; confirmed++)
                {
                    await AppendAsync(writer, Start($"{confirmed}"));
                }
            });
            Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, refused.Code);
            Assert.Contains($"No space left on device : '{path}", refused.Message, StringComparison.Ordinal);
            Assert.Same(refused, _failure);
        }

        JournalRecovery.Recover(_disk.Mount(), _ => { });
        Assert.Equal(Enumerable.Range(0, confirmed).Select(number => $"{number}"), Ids().Take(confirmed));

        void Hold(string asked)
        {
            if (asked == "read manifest" && !released.IsSet)
            {
                compacting.Release();
                released.Wait();
            }
        }
    }

    /// <summary>The real calls: a file on a device that is always full, which only Linux has.</summary>
    [Fact]
    public async Task Append_RealDiskFull_NamesTheFile()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var directory = new TemporaryDirectory();
        var files = new DiskJournalDirectory(directory.Path);
        var extent = JournalRecovery.Recover(files, _ => { });
        var full = Path.Combine(directory.Path, JournalFiles.Segment(2));
        File.CreateSymbolicLink(full, "/dev/full");
        using var writer = new JournalWriter(files, extent, s_oneSegment, new(), new(null), failure => _failure = failure);

        var refused = await Assert.ThrowsAsync<OrchestrationException>(() => AppendAsync(writer, Start("a")));

        Assert.Equal(EmbeddedErrorCodes.JournalWriteFailed, refused.Code);
        Assert.Contains($"No space left on device : '{full}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_ManyFramesInOneSegment_AreReadOnceEach()
    {
        using (var writer = Open(s_oneSegment))
        {
            for (var number = 0; number < 9; number++)
            {
                await AppendAsync(writer, Start($"{number}"));
            }
        }

        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8"], Ids());
    }

    [Fact]
    public async Task Append_WhatIsFollowedBehindAFlush_WaitsForWhatFollows()
    {
        using (var writer = Open(s_oneSegment, s_patient))
        {
            for (var round = 0; round < 3; round++)
            {
                var first = new JournalBatch();
                first.Entries.Add(Start($"first {round}"));
                var durable = first.WaitAsync();
                writer.Append(first, isFollowed: true);
                await AppendAsync(writer, Start($"second {round}"));
                await durable;
            }
        }

        Assert.Equal(4UL, Extent().NextFrame);
    }

    [Fact]
    public async Task Append_SeveralDuringAFlush_AreFlushedAtOnceAfterIt()
    {
        using var flushing = new SemaphoreSlim(0);
        using var released = new ManualResetEventSlim();
        using var writer = Open(s_oneSegment, s_patient, Hold);
        var first = AppendAsync(writer, Start("first"));
        await flushing.WaitAsync();
        var others = Task.WhenAll(AppendAsync(writer, Start("second")), AppendAsync(writer, Start("third")));
        released.Set();
        await first;
        await others.WaitAsync(s_patience);

        void Hold(string operation)
        {
            if (operation == "flush" && !released.IsSet)
            {
                flushing.Release();
                released.Wait();
            }
        }
    }

    [Fact]
    public async Task Append_DuringAFlushThatFails_FailsToo()
    {
        using var flushing = new SemaphoreSlim(0);
        using var released = new ManualResetEventSlim();
        var closed = 0;
        var writer = Open(s_oneSegment, before: Fail);
        var first = AppendAsync(writer, Start("first"));
        await flushing.WaitAsync();
        var second = AppendAsync(writer, Start("second"));
        released.Set();
        Assert.Same(
            await Assert.ThrowsAsync<OrchestrationException>(() => first),
            await Assert.ThrowsAsync<OrchestrationException>(() => second.WaitAsync(s_patience)));

        writer.Dispose();

        Assert.Equal(1, closed);

        void Fail(string operation)
        {
            closed += operation == "close" ? 1 : 0;
            if (operation == "flush")
            {
                flushing.Release();
                released.Wait();
                throw new IOException("The disk is gone.");
            }
        }
    }

    /// <summary>As a turn does that has nothing to say.</summary>
    [Fact]
    public async Task Hurry_NothingWaits_ChangesNothing()
    {
        using var writer = Open(s_oneSegment, s_patient);
        for (var round = 0; round < 200; round++)
        {
            writer.Hurry();
            Thread.Yield();
            await AppendAsync(writer, Start($"{round}"));
        }
    }

    /// <summary>What goes on after the end would change files that the next owner has.</summary>
    [Fact]
    public async Task Dispose_CompactionUnderWay_WaitsForItsEnd()
    {
        using var compacting = new SemaphoreSlim(0);
        using var released = new ManualResetEventSlim();
        var writer = Open(new(60, 1, 1), before: Hold);
        for (var number = 0; compacting.CurrentCount == 0; number++)
        {
            await AppendAsync(writer, Start($"{number}"));
        }

        var disposing = new Thread(writer.Dispose);
        disposing.Start();

        // That something does not end shows only with time.
        Assert.False(disposing.Join(TimeSpan.FromMilliseconds(250)));
        released.Set();
        disposing.Join();
        var operations = _disk.Operations;
        Assert.True(JournalFiles.ReadManifest(_disk.Mount()) > 0);
        Assert.NotEqual(0, Extent().Snapshot);
        Assert.Equal(operations, _disk.Operations);

        void Hold(string operation)
        {
            if (operation == "read manifest")
            {
                compacting.Release();
                released.Wait();
            }
        }
    }

    [Fact]
    public async Task Append_CompactionMeetsDamage_FailsWithItsPlace()
    {
        using var writer = Open(new(60, 1, 1), before: Damage);

        var refused = await Assert.ThrowsAsync<OrchestrationException>(async () =>
        {
            for (var number = 0; ; number++)
            {
                await AppendAsync(writer, Start($"{number}"));
            }
        });

        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, refused.Code);
        Assert.Contains("segment-0000000001", refused.Message, StringComparison.Ordinal);
        Assert.Same(refused, _failure);

        void Damage(string operation)
        {
            if (operation == "read manifest")
            {
                _disk.Overwrite("segment-0000000001", [1]);
            }
        }
    }

    /// <summary>Of the operations of a flush none may be left out, nor come after it is reported.</summary>
    [Fact]
    public async Task Append_FirstFrameOfASegment_IsReportedWhenTheFileItsNameAndTheFrameAreFlushed()
    {
        var operations = new List<string>();
        using (var writer = Open(s_oneSegment with { SegmentBytes = 60 }, before: operations.Add))
        {
            await AppendAsync(writer, Start("a"));
            Assert.Equal(["create segment-0000000002", "append", "flush", "sync", "append", "reserve", "flush"], operations);
            operations.Clear();
            await AppendAsync(writer, Start("b"));
            Assert.Equal(["seal", "flush", "close", "create segment-0000000003", "append", "flush", "sync", "append", "reserve", "flush"], operations);
            operations.Clear();
        }

        Assert.Equal(["seal", "flush", "close"], operations);
        Assert.Null(_failure);
    }

    private byte[] Segment(long number) => _disk.Files[JournalFiles.Segment(number)];

    private List<string> Ids()
    {
        var read = new List<string>();
        new JournalReader(_disk.Mount(), entry => read.Add(entry.InstanceId)).Read();
        return read;
    }

    private JournalExtent Extent() => new JournalReader(_disk.Mount(), _ => { }).Read()!;

    private JournalWriter Open(JournalLimits limits, CommitPolicy? policy = null, Action<string>? before = null)
    {
        var directory = _disk.Mount();
        var extent = JournalRecovery.Recover(directory, _ => { });
        return new(
            before is null ? directory : new ObservedDirectory(directory, before), extent, limits, policy ?? new(), new(null), failure => _failure = failure);
    }

    private static Task AppendAsync(JournalWriter writer, JournalEntry entry)
    {
        var batch = new JournalBatch();
        batch.Entries.Add(entry);
        var durable = batch.WaitAsync();
        writer.Append(batch);
        return durable;
    }
}
