using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class JournalTests
{
    private static readonly JournalLimits s_neverCompact = new(600, long.MaxValue, int.MaxValue);
    private static readonly DateTimeOffset s_time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Entries_OfEveryKind_AreReadAsWritten()
    {
        var failure = new TaskFailureDetails("T", "méssage", null, "code", new("U", "inner", "at x", null, null));
        var record = new InstanceRecorded("i")
        {
            Name = "n",
            Version = "v",
            FirstInput = "1",
            CreatedAt = s_time,
            UpdatedAt = s_time.AddDays(1),
            StartAt = s_time.AddDays(2),
            Parent = new("p", 3, 4),
            Generation = 5,
            Input = "2",
            Clock = s_time.AddTicks(7),
            NextEvent = 1L << 40,
            Suspended = true,
            CustomStatus = "{}",
            Ended = OrchestrationRuntimeStatus.Failed,
            Output = "o",
            Failure = failure,
        };
        JournalEntry[] entries =
        [
            record, record with { Priority = OrchestrationPriority.High }, record with { Priority = OrchestrationPriority.Low, Root = "r" },
            new ActivityStarted("i", 1), new ActivityInterrupted("i", 2), new ActivityRunsRecorded("i", 3, 4, 5, true),
            new StepSucceeded("i", s_time, 1, 2, "out"), new StepFailed("i", s_time, 1, 2, failure), new TimerFired("i", s_time, 1, 2),
            new EventRaised("i", s_time, 9, "e", ""), new InstanceSuspended("i", s_time, "r"), new InstanceResumed("i", s_time, "r"),
            new InstanceTerminated("i", s_time, "r"), new InstancePurged("i"), new SnapshotEnded(3),
            new StepReleased("i", s_time, 1, "r"), new StepSkipped("i", s_time, 1, 2, "out", "r"), new InstanceRewound("i", s_time, 3, 4, "r"),
        ];
        Decision[] decisions =
        [
            new ActivityScheduled(1, "a", "in", TimeSpan.Zero, null, "gpu"), new ChildScheduled(2, "c", "1", "in", "id"),
            new ActivityScheduled(1, "a", "in", null, null, "gpu", 3), new ActivityScheduled(1, "a", "in", null, null, null, 1, TimeSpan.FromDays(9)),
             new ChildScheduled(2, "c", "1", "in", "id", ParentClosePolicy.Abandon),
            new StepRetried(3, s_time, null), new StepRetried(3, s_time, "id#2"), new TimerCreated(4, DateTimeOffset.MaxValue.ToUniversalTime()),
            new TimerCancelled(5), new EventWaited(6, "e"), new EventTaken(7, 8), new CustomStatusSet("s"), new InstanceCompleted("o"),
            new InstanceFailed(failure), new ContinuedAsNew("in", true),
        ];
        Assert.Equal(entries.Select(Comparable), Reread(entries).Select(Comparable));
        var turn = Assert.IsType<TurnCompleted>(Assert.Single(Reread([new TurnCompleted("i", s_time, 6, decisions)])));
        Assert.Equal(decisions, turn.Decisions);
        Assert.Equal(6, turn.Consumed);

        // Dictionaries are compared by reference.
        static JournalEntry Comparable(JournalEntry entry) =>
            entry is InstanceRecorded { Tags.Count: 0 } instance ? instance with { Tags = s_noTags } : entry;
    }

    /// <summary>Cut anywhere in the last file: the frames before the cut, exactly.</summary>
    [Fact]
    public void Read_CutAnywhereInTheLastSegment_GivesTheWholeFramesBeforeIt()
    {
        var (disk, written) = Written(20);
        var last = disk.Files.Keys.Where(name => name.StartsWith("segment", StringComparison.Ordinal)).Max()!;
        var whole = disk.Files[last];
        var all = Ids(disk);
        Assert.Equal(written, all);
        for (var length = SegmentHeader.Length; length < whole.Length; length++)
        {
            disk.Overwrite(last, whole[..length]);
            var read = Ids(disk);
            Assert.Equal(written.Take(read.Count), read);
            Assert.True(read.Count < written.Count);
        }
    }

    /// <summary>A torn write is the last one: what has a whole frame behind it was whole once, and is damage at exactly that place.</summary>
    [Fact]
    public void Read_AnyBitFlippedInTheLastSegmentBeforeAWholeFrame_IsDamageOfExactlyThatFrame()
    {
        var (disk, _) = Written(23);
        var last = disk.Files.Keys.Where(name => name.StartsWith("segment", StringComparison.Ordinal)).Max()!;
        var sound = disk.Files[last];
        var begins = new List<int>();
        for (var at = SegmentHeader.Length; at < sound.Length; at += JournalFrame.HeaderLength + (int)JournalFrame.PayloadLength(sound.AsSpan(at)))
        {
            begins.Add(at);
        }

        Assert.True(begins.Count > 2, $"{begins.Count} frames are no test.");
        for (var bit = 8 * SegmentHeader.Length; bit < 8 * begins[^1]; bit++)
        {
            var bytes = sound.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            disk.Overwrite(last, bytes);
            var refused = Assert.Throws<OrchestrationException>(() => Ids(disk));
            Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, refused.Code);
            Assert.Contains($"/{last}' is damaged at offset {begins.Last(begin => begin <= bit / 8)}:", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_BitFlipBeforeTheLastFrame_NamesFileAndOffset()
    {
        var (disk, _) = Written(20);
        const string first = "segment-0000000002";
        var bytes = disk.Files[first];
        bytes[SegmentHeader.Length + 20] ^= 1;
        disk.Overwrite(first, bytes);
        var exception = Assert.Throws<OrchestrationException>(() => Ids(disk));
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, exception.Code);
        Assert.Contains($"/simulated/{first}' is damaged at offset {SegmentHeader.Length}", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("segment-0000000001")]
    [InlineData("segment-0000000002")]
    [InlineData("manifest")]
    public void Read_FileMissing_NamesIt(string name)
    {
        var (disk, _) = Written(20);
        disk.Remove(name);
        var exception = Assert.Throws<OrchestrationException>(() => Ids(disk));
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_ByAFormerOwner_IsNoticed()
    {
        var (disk, _) = Written(3);
        var (former, _) = Written(4);
        using (Open(disk, out _))
        {
        }

        var writer = Open(disk, out _);
        AppendAndWait(writer, Start("new owner"));
        writer.Dispose();

        // The former owner woke up late and appended to the segment that it had open.
        disk.Overwrite("segment-0000000002", former.Files["segment-0000000002"]);
        Assert.Equal(EmbeddedErrorCodes.JournalCorrupt, Assert.Throws<OrchestrationException>(() => Ids(disk)).Code);
    }

    [Fact]
    public async Task Append_WhatIsFollowed_WaitsForItWithinTheLingerOfThePolicy()
    {
        var disk = new SimulatedDisk();
        using (var writer = Open(disk, out _, new() { Linger = TimeSpan.FromHours(1) }))
        {
            var first = Batch("first");
            var second = Batch("second");
            var durable = Task.WhenAll(first.WaitAsync(), second.WaitAsync());
            writer.Append(first, isFollowed: true);
            writer.Append(second);
            await durable;

            var third = Batch("third");
            durable = third.WaitAsync();
            writer.Append(third, isFollowed: true);
            writer.Hurry();
            await durable;
        }

        Assert.Equal(3UL, new JournalReader(disk.Mount(), _ => { }).Read()!.NextFrame);
    }

    [Fact]
    public async Task Append_WhatIsFollowedUnderAnImmediatePolicy_DoesNotWait()
    {
        var disk = new SimulatedDisk();
        using (var writer = Open(disk, out _, CommitPolicy.Immediate))
        {
            for (var number = 1; number <= 5; number++)
            {
                var batch = Batch($"instance {number}");
                var durable = batch.WaitAsync();
                writer.Append(batch, isFollowed: true);
                await durable;
            }
        }

        Assert.Equal(6UL, new JournalReader(disk.Mount(), _ => { }).Read()!.NextFrame);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task Open_PolicyOutOfRange_IsRefused(int milliseconds) =>
        Assert.Contains("Linger", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => EmbeddedEngine.OpenAsync(
            new(), new() { Directory = "/simulated", Files = new SimulatedDisk().Mount(), Commit = new() { Linger = TimeSpan.FromMilliseconds(milliseconds) } }))).Message, StringComparison.Ordinal);

    /// <summary>
    /// Power losses at every operation while every few frames are compacted: what was confirmed is there, and nothing that was not written.
    /// </summary>
    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bug19_PowerLossAtEveryOperationOfACompaction_LosesNothingConfirmed(int seed)
    {
        var limits = new JournalLimits(300, 300, 2);
        var compacted = 0;
        for (var failAt = 1; failAt <= 200; failAt++)
        {
            var disk = new SimulatedDisk { FailAt = failAt };
            var confirmed = 0;
            try
            {
                var directory = disk.Mount();
                using var writer = new JournalWriter(directory, JournalRecovery.Recover(directory, _ => { }), limits, new(), new(null), _ => { });
                for (; confirmed < 40; confirmed++)
                {
                    AppendAndWait(writer, Start($"instance {confirmed}"));
                }
            }
            catch (Exception exception) when (exception is IOException or OrchestrationException { Code: EmbeddedErrorCodes.JournalWriteFailed })
            {
                // The power loss that was asked for.
            }

            disk.PowerOn(seed == 0 ? null : new Random((seed * 1000) + failAt));
            var table = new InstanceTable();
            JournalRecovery.Recover(disk.Mount(), table.Apply);
            Assert.InRange(table.Instances.Count, confirmed, confirmed + 1);
            Assert.All(Enumerable.Range(0, table.Instances.Count), number => Assert.NotNull(table.Find($"instance {number}")));
            compacted += disk.Files.Keys.Any(name => name.StartsWith("snapshot-", StringComparison.Ordinal)) ? 1 : 0;
            Assert.DoesNotContain(disk.Files.Keys, name => name.EndsWith(".tmp", StringComparison.Ordinal));
        }

        Assert.True(compacted > 50, $"{compacted} compactions are no test.");
    }

    /// <summary>
    /// An operation fails, the next owner of the journal goes on from what it finds, and then the power fails: what an owner has read and built on must be
    /// as durable as what it wrote.
    /// </summary>
    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Append_AnyOperationFailsOnceAndThePowerLater_LosesNothingConfirmed(int seed)
    {
        var failures = 0;
        for (var failAt = 1; failAt <= 120; failAt++)
        {
            var chance = new Random((seed * 1000) + failAt);
            var limits = chance.Next(2) == 0 ? s_neverCompact : new(300, 300, 2);
            var disk = new SimulatedDisk { FailAt = failAt, FailsOnce = true };
            var confirmed = 0;
            for (var owner = 0; owner < 3; owner++)
            {
                try
                {
                    var directory = disk.Mount();
                    using var writer = new JournalWriter(directory, JournalRecovery.Recover(directory, _ => { }), limits, new(), new(null), _ => { });
                    for (var count = chance.Next(1, 20); count > 0; count--, confirmed++)
                    {
                        AppendAndWait(writer, Start($"owner {owner} instance {count}"));
                    }
                }
                catch (Exception exception) when (exception is IOException or OrchestrationException { Code: EmbeddedErrorCodes.JournalWriteFailed })
                {
                    failures++;
                }
            }

            disk.PowerOff();
            disk.PowerOn(seed == 0 ? null : chance);
            var table = new InstanceTable();
            JournalRecovery.Recover(disk.Mount(), table.Apply);
            Assert.InRange(table.Instances.Count, confirmed, confirmed + 1);
        }

        Assert.True(failures > 50, $"{failures} failures are no test.");
    }

    [Fact]
    public void Snapshot_OfAnUnfinishedInstance_GivesTheSameStateAgain()
    {
        var original = new InstanceTable();
        JournalEntry[] entries =
        [
            Start("i"),
            new EventRaised("i", s_time, 0, "e", "1"),
            new EventRaised("i", s_time, 1, "e", "2"),
            new TurnCompleted("i", s_time, 2, [new EventWaited(1, "e"), new EventTaken(1, 0), new ContinuedAsNew("next", true)]),
            new TurnCompleted("i", s_time.AddHours(1), 1,
            [
                new ActivityScheduled(1, "a", "x", null, null, null, 1, TimeSpan.FromDays(2)), new ActivityScheduled(2, "b", "x", null, null, null),
                new TimerCreated(3, s_time.AddDays(1)), new ChildScheduled(4, "c", "1", "x", "i:1.4"), new CustomStatusSet("s"),
            ]),
            new ActivityStarted("i", 1), new ActivityStarted("i", 2),
            new StepFailed("i", s_time, 1, 1, new("T", "m", null, null, null)),
            new TurnCompleted("i", s_time.AddHours(2), 1, [new StepRetried(1, s_time.AddHours(3), null)]),
            new ActivityStarted("i", 1), new ActivityInterrupted("i", 1), new ActivityStarted("i", 1),
            new StepSucceeded("i", s_time, 1, 2, "r"),
            new EventRaised("i", s_time, 2, "other", "3"),
            new InstanceSuspended("i", s_time.AddHours(4), "wait"),
        ];
        foreach (var entry in entries)
        {
            original.Apply(entry);
        }

        var copy = new InstanceTable();
        foreach (var entry in Reread(original.Find("i")!.ToEntries()))
        {
            copy.Apply(entry);
        }

        Assert.Equal(Describe(original.Find("i")!), Describe(copy.Find("i")!));
        var step = copy.Find("i")!.Steps[1];
        Assert.Equal((StepPhase.Running, 3, 1), (step.Phase, step.Starts, step.Crashes));
        Assert.Equal([1, 3, 4], copy.Find("i")!.Steps.Keys.Order());

        // What the last generation left is taken first, then what came later.
        copy.Apply(new TurnCompleted("i", s_time.AddHours(5), 2, [new ContinuedAsNew("third", true)]));
        Assert.Equal(["2", "3"], copy.Find("i")!.Pending.OfType<EventRaised>().Select(raised => raised.Payload));
    }

    [Fact]
    public void Snapshot_OfAFailedInstance_CanBeRewoundAsTheOriginal()
    {
        var failure = new TaskFailureDetails("T", "m", null, null, null);
        JournalEntry[] history =
        [
            Start("i"),
            new TurnCompleted("i", s_time, 0, [new ActivityScheduled(1, "a", "x", null, null, null), new ActivityScheduled(2, "b", "x", null, null, null)]),
            new EventRaised("i", s_time, 0, "e", "taken"),
            new StepFailed("i", s_time, 0, 1, failure),
            new EventRaised("i", s_time, 1, "e", "waits"),
            new TurnCompleted("i", s_time.AddHours(1), 2, [new ActivityScheduled(3, "cleanup", "x", null, null, null)]),
            new StepSucceeded("i", s_time, 0, 2, "r"),
            new StepSucceeded("i", s_time, 0, 3, "r"),
            new TurnCompleted("i", s_time.AddHours(2), 1, []),
            new TurnCompleted("i", s_time.AddHours(3), 2, [new InstanceFailed(failure)]),
        ];
        var original = Folded(history);
        var copy = Folded(Reread(original.ToEntries()));
        Assert.Equal(Describe(original), Describe(copy));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, copy.Ended);
        Assert.Equal(failure, copy.Failure);

        foreach (var instance in new[] { original, copy })
        {
            var plan = RewindPlan.Of(instance);
            Assert.Equal(new RewindPlan(1, 4), plan);
            instance.Apply(new InstanceRewound("i", s_time.AddHours(4), plan.Turns, plan.NextSequence, "again"));
            Assert.Equal(["taken", "waits"], instance.Pending.OfType<EventRaised>().Select(raised => raised.Payload));
            Assert.Equal([2], instance.Pending.OfType<StepSucceeded>().Select(succeeded => succeeded.Sequence));
            Assert.Equal([1], instance.Steps.Keys);
            Assert.Null(instance.Failure);
        }

        Assert.Equal(Describe(original), Describe(copy));
        var again = Folded(Reread(copy.ToEntries()));
        Assert.Equal(Describe(copy), Describe(again));
        Assert.Single(again.Rewound);
    }

    private static readonly Dictionary<string, string> s_noTags = [];

    private static Instance Folded(IEnumerable<JournalEntry> entries)
    {
        var table = new InstanceTable();
        foreach (var entry in entries)
        {
            table.Apply(entry);
        }

        return Assert.Single(table.Instances);
    }

    private static string Describe(Instance instance) => string.Join("\n",
    [
        $"{instance.Generation} {instance.Input} {instance.Clock:O} {instance.NextEvent} {instance.UpdatedAt:O} {instance.CustomStatus} {instance.Status}",
        $"{instance.HistoryLength} {instance.IsSuspended}",
        .. instance.Turns.Select(turn => $"{turn.At:O} {string.Join(';', turn.Inputs)} {string.Join(';', turn.Decisions)}"),
        .. instance.Pending.Select(input => $"{input}"),
        .. instance.Steps.OrderBy(step => step.Key).Select(
            step => $"{step.Key} {step.Value.Decision} {step.Value.Phase} {step.Value.Due:O} {step.Value.Deadline:O} {step.Value.Starts} {step.Value.Crashes} {step.Value.ChildId}"),
    ]);

    private static (SimulatedDisk Disk, List<string> Ids) Written(int count)
    {
        var disk = new SimulatedDisk();
        using var writer = Open(disk, out _);
        var ids = Enumerable.Range(0, count).Select(number => $"instance {number}").ToList();
        foreach (var id in ids)
        {
            AppendAndWait(writer, Start(id));
        }

        return (disk, ids);
    }

    private static JournalWriter Open(SimulatedDisk disk, out InstanceTable table, CommitPolicy? policy = null)
    {
        table = new();
        var directory = disk.Mount();
        return new(directory, JournalRecovery.Recover(directory, table.Apply), s_neverCompact, policy ?? new(), new(null), _ => { });
    }

    private static JournalBatch Batch(string id)
    {
        var batch = new JournalBatch();
        batch.Entries.Add(Start(id));
        return batch;
    }

    private static void AppendAndWait(JournalWriter writer, JournalEntry entry)
    {
        var batch = new JournalBatch();
        batch.Entries.Add(entry);
        var durable = batch.WaitAsync();
        writer.Append(batch);
        durable.GetAwaiter().GetResult();
    }

    private static List<string> Ids(SimulatedDisk disk)
    {
        var ids = new List<string>();
        new JournalReader(disk.Mount(), entry => ids.Add(entry.InstanceId)).Read();
        return ids;
    }

    private static List<JournalEntry> Reread(IEnumerable<JournalEntry> entries)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new EntryWriter(buffer);
        foreach (var entry in entries)
        {
            writer.Write(entry);
        }

        var read = new List<JournalEntry>();
        var reader = new EntryReader(buffer.WrittenSpan);
        while (!reader.AtEnd)
        {
            read.Add(reader.Read());
        }

        return read;
    }
}
