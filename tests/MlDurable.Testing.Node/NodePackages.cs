using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace MlDurable.Testing.Node;

/// <summary>What the <c>package.json</c> of a folder under <c>tests</c> names, installed when it is not there.</summary>
public static class NodePackages
{
    private const int NodeMajor = 20;
    private static readonly TimeSpan LongestInstallation = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Installs the packages unless those of the lock file are there already. Any number of processes may call it at once.</summary>
    /// <param name="name">The name of the folder under <c>tests</c>.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="InvalidOperationException">There is no such folder, no Node.js that is new enough, or npm failed.</exception>
    public static async Task<string> EnsureAsync(string name)
    {
        var folder = FindFolder(name);
        await RequireNodeAsync();
        using (await LockAsync(folder))
        {
            // The stamp is written last: an installation that was interrupted has none.
            var stamp = Path.Combine(folder, "node_modules", ".installed");
            var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "package-lock.json"))));
            if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp) != wanted)
            {
                await RunAsync(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"], folder);
                await File.WriteAllTextAsync(stamp, wanted);
            }
        }

        return folder;
    }

    private static string FindFolder(string name)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, "tests", name);
            if (File.Exists(Path.Combine(candidate, "package-lock.json")))
            {
                return candidate;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has tests/{name}/package-lock.json. Run the tests from a checkout.");
    }

    private static async Task<FileStream> LockAsync(string folder)
    {
        // obj/ is ignored by git, and npm deletes node_modules.
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "obj")).FullName, "install.lock");
        for (var waiting = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waiting.Elapsed < LongestInstallation)
            {
                await Task.Delay(Pause);
            }
        }
    }

    private static async Task RequireNodeAsync()
    {
        var version = (await RunAsync("node", ["--version"], AppContext.BaseDirectory)).Trim();
        if (!int.TryParse(version.TrimStart('v').Split('.')[0], out var major) || major < NodeMajor)
        {
            throw new InvalidOperationException($"Node.js {NodeMajor} or later is needed; `node --version` says '{version}'. Install a newer one.");
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException(
                $"These tests need Node.js {NodeMajor} or later with npm: '{program}' cannot be started ({exception.Message}). "
                + "Install Node.js (Debian: apt install nodejs npm) and run the tests again.",
                exception);
        }

        using (process)
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            using var limit = new CancellationTokenSource(LongestInstallation);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new InvalidOperationException(
                    $"`{program} {string.Join(' ', arguments)}` failed in {folder} with exit code {process.ExitCode}:{Environment.NewLine}{await errors}{await output}");
        }
    }
}
