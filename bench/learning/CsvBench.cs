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

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

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

        Table? table = null;
        double? peak = null;
        foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            var best = (Seconds: double.MaxValue, Processor: double.MaxValue);
            for (var i = 0; i < Tries; i++)
            {
                table = null;
                GC.Collect();
                using var process = Process.GetCurrentProcess();
                var processorStart = process.TotalProcessorTime;
                var started = Stopwatch.GetTimestamp();
                await using var file = File.OpenRead(args[0]);
                table = (await CsvTable.ReadAsync(file, new CsvOptions { MaxThreads = threads })).Table;
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                process.Refresh();
                best = (Math.Min(best.Seconds, seconds), Math.Min(best.Processor, (process.TotalProcessorTime - processorStart).TotalSeconds));
                peak ??= process.PeakWorkingSet64 / 1e6;
            }

            // Later readings find the memory of the earlier ones, which says nothing.
            Console.WriteLine($"{$"ours, {threads} threads",-20} {megabytes / best.Seconds,8:0} {megabytes / best.Processor,15:0} {(threads == 1 ? $"{peak:0}" : ""),8}");
            bars[$"csv {threads} threads"] = new
            {
                value = megabytes / best.Seconds,
                unit = "MB/s",
                bar = 2 * pandasSpeed,
                holds = megabytes / best.Seconds >= 2 * pandasSpeed,
            };
        }

        MeasureColumnFile(table!, bars);
        if (args.Length > 2)
        {
            File.WriteAllText(args[2], JsonSerializer.Serialize(bars, Indented));
        }
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
}
