using System.Buffers;
using BenchmarkDotNet.Attributes;
using MlDurable.Orchestration.Embedded.History;
using MlDurable.Orchestration.Embedded.Journal;

namespace MlDurable.Bench.Micro;

/// <summary>What a step costs the processor on its way to the disk and back: the entries of one step of a chain.</summary>
[MemoryDiagnoser]
public class JournalBenchmarks
{
    private readonly ArrayBufferWriter<byte> buffer = new(1 << 16);
    private readonly byte[] frame = new byte[4096];
    private JournalEntry[] entries = [];
    private byte[] encoded = [];

    [GlobalSetup]
    public void SetUp()
    {
        const string Id = "0123456789abcdef0123456789abcdef";
        var payload = "\"" + new string('x', 103) + "\"";
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        entries =
        [
            new TurnCompleted(Id, at, 1, [new ActivityScheduled(2, "step", payload, null, null, null)]),
            new ActivityStarted(Id, 2),
            new StepSucceeded(Id, at, 0, 2, payload),
        ];
        EncodeStep();
        encoded = buffer.WrittenSpan.ToArray();
    }

    [Benchmark]
    public int EncodeStep()
    {
        buffer.ResetWrittenCount();
        var writer = new EntryWriter(buffer);
        foreach (var entry in entries)
        {
            writer.Write(entry);
        }

        return buffer.WrittenCount;
    }

    [Benchmark]
    public int DecodeStep()
    {
        var reader = new EntryReader(encoded);
        var read = 0;
        while (!reader.AtEnd)
        {
            reader.Read();
            read++;
        }

        return read;
    }

    [Benchmark]
    public ulong SealFrameOf4KiB()
    {
        JournalFrame.Seal(frame, 7);
        return JournalFrame.Number(frame);
    }
}
