using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Text.Json;
using MlDurable.Learning.Tables;

namespace MlDurable.Bench.Learning;

/// <summary>Reading CSV beside pandas (csv_reading.py), and the feature file beside a loop that only copies and checks.</summary>
internal static class CsvBench
{
    private const int Tries = 3;

    /// <summary>The figures of a run, in the order of the printed table.</summary>
    /// <param name="args">CSV_FILE PANDAS_JSON [JSON_FILE].</param>
    public static async Task RunAsync(string[] args)
    {
        var pandas = JsonDocument.Parse(File.ReadAllText(args[1])).RootElement;
        var pandasSpeed = pandas.GetProperty("megabytesPerSecond").GetDouble();
        var megabytes = new FileInfo(args[0]).Length / 1e6;
        var bars = new SortedDictionary<string, object>(StringComparer.Ordinal);
        Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}, {Environment.ProcessorCount} processors, {megabytes:0} MB of CSV");
        Console.WriteLine($"{"reader",-20} {"MB/s",8} {"MB/processor s",15} {"peak MB",8}");
        Console.WriteLine(
            $"{"pandas " + pandas.GetProperty("pandas").GetString(),-20} {pandasSpeed,8:0} {megabytes / pandas.GetProperty("processorSeconds").GetDouble(),15:0} "
            + $"{pandas.GetProperty("peakMegabytes").GetDouble(),8:0}");

        // The first reading is what a program that reads one file sees: its code is still being compiled, and no memory is left over from others.
        var first = await ReadAsync(args[0], threads: 1);
        Console.WriteLine($"{"ours, first",-20} {megabytes / first.Seconds,8:0} {megabytes / first.ProcessorSeconds,15:0} {first.PeakMegabytes,8:0}");
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < 3)
        {
            await ReadAsync(args[0], Environment.ProcessorCount);
        }

        foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            var tries = new List<Reading>();
            for (var i = 0; i < Tries; i++)
            {
                tries.Add(await ReadAsync(args[0], threads));
            }

            var speed = megabytes / tries.Min(reading => reading.Seconds);
            Console.WriteLine($"{$"ours, {threads} threads",-20} {speed,8:0} {megabytes / tries.Min(reading => reading.ProcessorSeconds),15:0}");
            bars[$"csv {threads} threads"] = new { value = speed, unit = "MB/s", bar = 2 * pandasSpeed, holds = speed >= 2 * pandasSpeed };
        }

        MeasureColumnFile(first.Table, bars);
        if (args.Length > 2)
        {
            BarFile.Write(args[2], bars);
        }
    }

    private static async Task<Reading> ReadAsync(string path, int threads)
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var processorStart = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        await using var file = File.OpenRead(path);
        var table = (await CsvTable.ReadAsync(file, new CsvOptions { MaxThreads = threads })).Table;
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        return new Reading(table, seconds, (process.TotalProcessorTime - processorStart).TotalSeconds, process.PeakWorkingSet64 / 1e6);
    }

    private static void MeasureColumnFile(Table table, SortedDictionary<string, object> bars)
    {
        var stream = new MemoryStream();
        ColumnFile.Write(stream, table);
        var bytes = stream.ToArray();
        var old = new byte[bytes.Length];
        var rawWrite = Best(bytes.Length, () => CopyAndCheck(bytes, old));
        var rawRead = Best(bytes.Length, () => CopyAndCheck(bytes, GC.AllocateUninitializedArray<byte>(bytes.Length)));
        var write = Best(bytes.Length, () =>
        {
            stream.Position = 0;
            ColumnFile.Write(stream, table);
        });
        var read = Best(bytes.Length, () =>
        {
            stream.Position = 0;
            ColumnFile.Read(stream);
        });
        Console.WriteLine($"feature file of {bytes.Length / 1e6:0} MB, written to memory: {write:0} MB/s; only copied and checked: {rawWrite:0} MB/s");
        Console.WriteLine($"read from memory into new columns: {read:0} MB/s; only copied into new memory and checked: {rawRead:0} MB/s");
        bars["feature file write"] = new { value = write, unit = "MB/s", bar = rawWrite / 2, holds = write >= rawWrite / 2 };
        bars["feature file read"] = new { value = read, unit = "MB/s", bar = rawRead / 2, holds = read >= rawRead / 2 };
    }

    private static double Best(long bytes, Action action)
    {
        var best = double.MaxValue;
        for (var i = 0; i < 2 * Tries; i++)
        {
            var started = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return bytes / best / 1e6;
    }

    /// <summary>The least that there is to do: a copy, and a CRC-32C of each 256 KiB.</summary>
    private static uint CopyAndCheck(byte[] bytes, byte[] copy)
    {
        var all = 0u;
        for (var at = 0; at < bytes.Length; at += 1 << 18)
        {
            var part = copy.AsSpan(at, Math.Min(1 << 18, bytes.Length - at));
            bytes.AsSpan(at, part.Length).CopyTo(part);
            var checksum = uint.MaxValue;
            for (; part.Length >= sizeof(ulong); part = part[sizeof(ulong)..])
            {
                checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(part));
            }

            all ^= checksum;
        }

        return all;
    }

    private sealed record Reading(Table Table, double Seconds, double ProcessorSeconds, double PeakMegabytes);
}
