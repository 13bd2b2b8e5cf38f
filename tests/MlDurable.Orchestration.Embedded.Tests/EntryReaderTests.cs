using System.Buffers;
using MlDurable.Orchestration.Embedded.History;
using static MlDurable.Orchestration.Embedded.Tests.JournalBytes;

namespace MlDurable.Orchestration.Embedded.Tests;

public sealed class EntryReaderTests
{
    private const string Id = "0269";
    private const string Time = "0000000000000000";

    /// <summary>The kind, the id "i", then what the kind has.</summary>
    [Theory]
    [InlineData("63" + Id, "unknown entry kind 99")]
    [InlineData("12" + Id, "unknown entry kind 18")]
    [InlineData("0D", "the entry ends too early")]
    [InlineData("0D00", "a text is missing")]
    [InlineData("0D0369", "a text of 2 bytes where 1 are left")]
    [InlineData("0D02FF", "not UTF-8")]
    [InlineData("02" + Id, "the entry ends too early")]
    [InlineData("02" + Id + "8080808008", "2147483648 is too large here")]
    [InlineData("08" + Id + Time + "808080808080808080", "a number of more than 63 bits")]
    [InlineData("04" + Id + "01010102", "2 where a flag should be")]
    [InlineData("07" + Id + "00000000000000", "the entry ends too early")]
    [InlineData("07" + Id + "FFFFFFFFFFFFFFFF" + "0000", "-1 ticks are no time")]
    [InlineData("07" + Id + "004037F47528CA2B" + "0000", "ticks are no time")]
    [InlineData("09" + Id + Time + "0002" + "4501", "the entry ends too early")]
    [InlineData("09" + Id + Time + "0003" + "4501", "3 decisions in 2 bytes")]
    [InlineData("09" + Id + Time + "0001" + "FA", "unknown decision kind 250")]
    [InlineData("09" + Id + Time + "0001" + "50" + "01" + "01010101" + "09", "9 is no ParentClosePolicy")]
    public void Read_WhatNoWriterWrites_IsRefusedWithItsCause(string bytes, string problem)
    {
        var refused = Assert.Throws<InvalidDataException>(() => new EntryReader(Convert.FromHexString(bytes)).Read());
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(127, 127)]
    [InlineData(128, int.MaxValue)]
    [InlineData(16_384, long.MaxValue)]
    public void Read_NumbersOfAnyLength_AreThoseThatWereWritten(int sequence, long number)
    {
        Assert.Equal(new ActivityStarted("i", sequence), Reread(new ActivityStarted("i", sequence)));
        var raised = new EventRaised("i", DateTimeOffset.MaxValue.ToUniversalTime(), number, new string('e', 200), "");
        Assert.Equal(raised, Reread(raised));
    }

    [Fact]
    public void Read_TagsAndStates_AreThoseThatWereWritten()
    {
        var tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "" };
        foreach (var ended in Enum.GetValues<OrchestrationRuntimeStatus>().Select(status => (OrchestrationRuntimeStatus?)status).Append(null))
        {
            var record = Start("i") with { Tags = tags, Ended = ended, Root = "r", Parent = null };
            var read = Assert.IsType<InstanceRecorded>(Reread(record));
            Assert.Equal(tags, read.Tags);
            Assert.Equal(record, read with { Tags = tags });
        }
    }

    [Fact]
    public void Read_SeveralEntries_EachEndsWhereTheNextBegins()
    {
        JournalEntry[] entries =
        [
            new StepSucceeded("i", DateTimeOffset.UnixEpoch, 1, 2, "out"), new InstancePurged("j"),
            new StepFailed("i", DateTimeOffset.UnixEpoch, 1, 2, new("T", "m", null, null, null)), new InstancePurged("k"),
        ];
        var reader = new EntryReader(Bytes(entries));
        foreach (var entry in entries)
        {
            Assert.False(reader.AtEnd);
            Assert.Equal(entry, reader.Read());
        }

        Assert.True(reader.AtEnd);
    }

    [Fact]
    public void Write_NegativeNumber_IsRefused() => Assert.Throws<OverflowException>(() => Bytes(new ActivityStarted("i", -1)));

    [Fact]
    public void Write_InputThatIsStillTheFirst_TakesNoSpaceAgain() =>
        Assert.Equal(100, Bytes(Start("i") with { FirstInput = new('a', 100), Input = new('b', 100) }).Length
            - Bytes(Start("i") with { FirstInput = new('a', 100), Input = new('a', 100) }).Length);

    [Theory]
    [InlineData(33, true)]
    [InlineData(34, false)]
    public void Read_FailureWithCauses_IsLimitedInDepth(int failures, bool isRead)
    {
        TaskFailureDetails? failure = null;
        for (var number = 0; number < failures; number++)
        {
            failure = new("T", $"{number}", null, null, failure);
        }

        var bytes = Bytes(new StepFailed("i", DateTimeOffset.UnixEpoch, 0, 1, failure!));
        if (isRead)
        {
            Assert.Equal(failure, Assert.IsType<StepFailed>(new EntryReader(bytes).Read()).Failure);
        }
        else
        {
            Assert.Throws<InvalidDataException>(() => new EntryReader(bytes).Read());
        }
    }

    private static JournalEntry Reread(JournalEntry entry) => new EntryReader(Bytes(entry)).Read();

    private static byte[] Bytes(params JournalEntry[] entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new EntryWriter(buffer);
        foreach (var entry in entries)
        {
            writer.Write(entry);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
