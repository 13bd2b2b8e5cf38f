using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace MlDurable.Bench.Server;

/// <summary>What came of a load: the latencies in ascending order, in seconds from the instant at which each request was due, and the failures.</summary>
internal sealed record LoadResult(double[] Latencies, int Failures)
{
    public double Percentile(double share) => Latencies[(int)Math.Min(Latencies.Length - 1, share * Latencies.Length)];
}

/// <summary>
/// Sends the same request at a fixed rate, whether or not earlier ones have been answered, over as many connections as are busy at once.
/// Plain sockets, because an HTTP client would cost as much as what is measured.
/// </summary>
internal sealed partial class OpenLoop(Uri address, string path, byte[] body) : IDisposable
{
    private const int SetTimerSlack = 29;

    private readonly ConcurrentStack<Socket> idle = new();
    private readonly byte[] request =
    [
        .. Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    public async Task<LoadResult> RunAsync(int perSecond, TimeSpan duration)
    {
        var count = (int)(perSecond * duration.TotalSeconds);
        var latencies = new double[count];
        var pending = new Task<bool>[count];
        await Task.Factory.StartNew(
            () =>
            {
                _ = SetProcessControl(SetTimerSlack, 1, 0, 0, 0);
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < count; i++)
                {
                    var due = started + (long)(i / (double)perSecond * Stopwatch.Frequency);
                    while (Stopwatch.GetTimestamp() is var now && now < due)
                    {
                        var wait = new TimeSpec(0, (long)((due - now) * 1e9 / Stopwatch.Frequency));
                        _ = Sleep(ref wait, 0);
                    }

                    pending[i] = SendAsync(due, latencies, i);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var answers = await Task.WhenAll(pending);
        Array.Sort(latencies);
        return new LoadResult(latencies, answers.Count(good => !good));
    }

    public void Dispose()
    {
        foreach (var socket in idle)
        {
            socket.Dispose();
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "A connection that is idle is kept for the next request.")]
    private async Task<bool> SendAsync(long due, double[] latencies, int index)
    {
        var socket = idle.TryPop(out var free) ? free : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var good = false;
        try
        {
            if (!socket.Connected)
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
            }

            await socket.SendAsync(request);
            good = await ReadAsync(socket);
        }
        catch (SocketException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }

        if (good)
        {
            idle.Push(socket);
        }
        else
        {
            socket.Dispose();
        }

        latencies[index] = Stopwatch.GetElapsedTime(due).TotalSeconds;
        return good;
    }

    /// <summary>Reads a whole answer; true when it is a 200.</summary>
    private static async Task<bool> ReadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var read = 0;
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(read));
            if (got == 0)
            {
                return false;
            }

            read += got;
            var text = Encoding.ASCII.GetString(buffer, 0, read);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head < 0)
            {
                continue;
            }

            var length = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            var whole = length >= 0 && length < head
                ? read - head - 4 >= int.Parse(text.AsSpan(length + 16, text.IndexOf("\r\n", length, StringComparison.Ordinal) - length - 16))
                : text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
            if (whole)
            {
                return text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sleep(ref TimeSpec wait, nint remaining);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetProcessControl(int option, nint value, nint unused3, nint unused4, nint unused5);
}
