using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MlDurable.Bench.Durable;

/// <summary>What the disk itself takes: a loop of one append and one fdatasync, on the directory that the engine's journal is on.</summary>
internal static partial class RawDisk
{
    /// <summary>The latencies of appends, in seconds, ascending.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="bytes">How long a record is.</param>
    /// <param name="count">How many.</param>
    /// <param name="isPreallocated">Whether the file has its full length before, filled with zeroes, so that a flush writes no metadata.</param>
    public static double[] Append(string directory, int bytes, int count, bool isPreallocated)
    {
        var path = Path.Combine(directory, "raw");
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var record = new byte[bytes];
        new Random(7).NextBytes(record);
        if (isPreallocated)
        {
            RandomAccess.Write(file, new byte[(long)bytes * count], 0);
            RandomAccess.FlushToDisk(file);
        }

        var latencies = new double[count];
        for (var index = 0; index < count; index++)
        {
            var started = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, record, (long)index * bytes);
            if (Flush(file) != 0)
            {
                throw new Win32Exception();
            }

            latencies[index] = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        File.Delete(path);
        Array.Sort(latencies);
        return latencies;
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flush(SafeFileHandle file);
}
