using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace MlDurable.Server.Tests;

/// <summary><c>mldurable serve</c> as a process.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("mldurable-serve-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Serve_KilledAndStartedAgain_OwnsItsWorkspaceAndStopsCleanly()
    {
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "pipeline.yaml"), BirdStrikes.Pipeline("empty"));
        using (var victim = Start("serve", "pipeline.yaml", "--listen", "http://127.0.0.1:0", "--json"))
        {
            var serving = await ServingAsync(victim);
            Assert.Equal("empty", serving.GetProperty("pipelines")[0].GetString());
            using var client = new HttpClient();
            Assert.True((await client.GetFromJsonAsync<JsonElement>(new Uri(serving.GetProperty("url").GetString() + "/health/ready"))).GetProperty("ready").GetBoolean());

            var second = await EndAsync(Start("serve", "--listen", "http://127.0.0.1:0"));
            Assert.Equal(5, second.ExitCode);
            Assert.Contains($"{victim.Id}", second.Error, StringComparison.Ordinal);

            // A run of a second terminal is the server's; without data it fails, and the command says so.
            var run = await EndAsync(Start("run", "pipeline.yaml", "--json"));
            Assert.Contains("\"server\":true", run.Output, StringComparison.Ordinal);
            Assert.Equal(4, run.ExitCode);
            victim.Kill();
            await victim.WaitForExitAsync();
        }

        using var again = Start("serve", "--listen", "http://127.0.0.1:0", "--json");
        Assert.Equal("empty", (await ServingAsync(again)).GetProperty("pipelines")[0].GetString());
        if (OperatingSystem.IsWindows())
        {
            again.Kill();
            return;
        }

        using var signal = Process.Start("kill", ["-TERM", $"{again.Id}"]);
        Assert.Equal(0, (await EndAsync(again)).ExitCode);
    }

    [Fact]
    public async Task Serve_ReachableFromOtherMachinesWithoutAKey_SaysHowToMakeOne()
    {
        var refused = await EndAsync(Start("serve", "--listen", "http://0.0.0.0:0"));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("mldurable keys create", refused.Error, StringComparison.Ordinal);
        var made = await EndAsync(Start("keys", "create", "ada", "--role", "admin", "--json"));
        Assert.StartsWith("mld_", JsonDocument.Parse(made.Output).RootElement.GetProperty("key").GetString(), StringComparison.Ordinal);
        Assert.Contains("ada", (await EndAsync(Start("keys", "list"))).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await EndAsync(Start("keys", "revoke", "ada"))).ExitCode);
    }

    private Process Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("MLDURABLE_STORE");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "mldurable.dll"));
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    private static async Task<JsonElement> ServingAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (JsonDocument.Parse(line).RootElement is var said && said.TryGetProperty("url", out _))
            {
                return said;
            }
        }

        throw new InvalidOperationException(await server.StandardError.ReadToEndAsync());
    }

    private static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
