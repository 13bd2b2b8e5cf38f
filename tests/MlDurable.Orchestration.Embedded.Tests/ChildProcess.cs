using System.Diagnostics;
using MlDurable.Orchestration.Conformance;

namespace MlDurable.Orchestration.Embedded.Tests;

/// <summary>This assembly as a process of its own that owns a workspace, and the orchestration that it runs.</summary>
internal sealed class ChildProcess : IDisposable
{
    public static readonly OrchestratorDefinition<string, string> Main = Definitions.Orchestrator("main");
    private static readonly ActivityDefinition<string, string> s_effect = Definitions.Activity("effect");
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Three effects, the second of which says "blocked" and never ends the first time.</summary>
    public static OrchestrationCatalog Catalog(string directory) => new OrchestrationCatalog()
        .Add(Main, async (context, _) =>
        {
            var results = "";
            for (var step = 1; step <= 3; step++)
            {
                results += await context.CallActivityAsync(s_effect, $"{step}");
            }

            return results;
        })
        .Add(s_effect, async (context, input) =>
        {
            await File.AppendAllTextAsync(Path.Combine(directory, "effects"), $"{context.IdempotencyKey} {context.Attempt}\n");
            if (input == "2" && context.Attempt == 1)
            {
                Console.WriteLine("blocked");
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            return input;
        });

    /// <summary>Lets the process run until it ends by itself or says "idle": an instance whose activity fells it, and one that only works.</summary>
    /// <returns>Whether it is still there.</returns>
    public static async Task<ChildProcess?> StartDoomedAsync(string directory)
    {
        var child = Start(directory, "doomed");
        if (await child._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) == "idle")
        {
            return child;
        }

        await child._process.WaitForExitAsync();
        child.Dispose();
        return null;
    }

    /// <summary>How many instances the process that is killed again and again works on, and how many effects each has.</summary>
    public const int Loaded = 200;
    public const int EffectsOfEach = 5;

    /// <summary>Lets the process work on many instances at once, kills it after some effects, and so on until it says that all have ended.</summary>
    /// <returns>How often it was killed.</returns>
    public static async Task<int> WorkUnderKillsAsync(string directory, Random chance)
    {
        for (var kills = 0; ; kills++)
        {
            // A line is the leave for one effect, so that it never gets further than that; the end of the input is the leave for all.
            using var child = Start(directory, "loaded");
            var lines = kills < 8 ? chance.Next(1, 200) : int.MaxValue;
            if (kills < 8)
            {
                await child._process.StandardInput.WriteAsync(new string('\n', lines));
                await child._process.StandardInput.FlushAsync();
            }
            else
            {
                child._process.StandardInput.Close();
            }

            for (; lines > 0; lines--)
            {
                if (await child._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) == "ended")
                {
                    return kills;
                }
            }

            await child.KillAsync();
        }
    }

    /// <summary>Instances whose activities each write a line of their own into a log, and say so.</summary>
    public static OrchestrationCatalog LoadedCatalog(string directory)
    {
        var log = new StreamWriter(new FileStream(Path.Combine(directory, "effects"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var writing = new Lock();
        return new OrchestrationCatalog()
            .Add(Main, async (context, _) =>
            {
                var first = await context.CallActivityAsync(s_effect, "1");
                var middle = await Task.WhenAll(Enumerable.Range(2, EffectsOfEach - 2).Select(step => context.CallActivityAsync(s_effect, $"{step}")));
                return first + string.Concat(middle) + await context.CallActivityAsync(s_effect, $"{EffectsOfEach}");
            })
            .Add(s_effect, (context, input) =>
            {
                Console.ReadLine();
                lock (writing)
                {
                    log.WriteLine(context.IdempotencyKey);
                    Console.WriteLine("effect");
                }

                return Task.FromResult(input);
            });
    }

    /// <summary>An activity that ends the process, and one that does not.</summary>
    public static OrchestrationCatalog DoomedCatalog(string directory) => new OrchestrationCatalog()
        .Add(Main, (context, input) => context.CallActivityAsync(s_effect, input))
        .Add(s_effect, async (_, input) =>
        {
            await File.AppendAllTextAsync(Path.Combine(directory, "effects"), $"{input}\n");
            if (input == "doomed")
            {
                Environment.FailFast("The test asks for it.");
            }

            return input;
        });

    public static async Task<ChildProcess> StartUntilBlockedAsync(string directory)
    {
        var child = Start(directory, "blocked");
        Assert.Equal("blocked", await child._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        return child;
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    private static ChildProcess Start(string directory, string part) => new(Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ChildProcess).Assembly.Location, directory, part])
    { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = part == "doomed", UseShellExecute = false })!);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
