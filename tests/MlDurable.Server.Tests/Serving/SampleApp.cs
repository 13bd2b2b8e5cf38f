using System.Diagnostics;

namespace MlDurable.Server.Tests.Serving;

/// <summary>The program of a sample as a process of its own, as a user starts it.</summary>
internal sealed class SampleApp : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task rest;

    private SampleApp(Process process, Uri address)
    {
        this.process = process;

        // A program whose log nobody reads stops at a full pipe.
        rest = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    /// <summary>Starts a sample, and waits until it listens.</summary>
    /// <param name="assembly">The sample's assembly, without its ending.</param>
    /// <param name="store">The folder of its workspace.</param>
    /// <param name="arguments">What else it is started with.</param>
    public static async Task<SampleApp> StartAsync(string assembly, string store, params string[] arguments)
    {
        var started = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), "--store", store, "--urls", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        const string mark = "Now listening on: ";
        while (await started.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at)
            {
                return new SampleApp(started, new Uri(line[(at + mark.Length)..]));
            }
        }

        throw new InvalidOperationException("The sample ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        process.Kill();
        await process.WaitForExitAsync();
        await rest;
        process.Dispose();
    }
}
