using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MlDurable.EndToEnd.Tests;

/// <summary>What came of a command.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The lines of a long command with <c>--json</c>.</summary>
    public IReadOnlyList<JsonElement> JsonLines =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The record of the run in the result line of <c>run --json</c>.</summary>
    public JsonElement Run => JsonLines[^1].GetProperty("result").GetProperty("run");

    public ToolResult ShouldExitWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}\n{Output}\n{Error}");
        return this;
    }
}

/// <summary>Runs the built tool as a process, as a user does.</summary>
internal static class Tool
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "mldurable.dll");

    /// <summary>Longer than any command takes on a busy machine; only a hang reaches it.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    public static async Task<ToolResult> RunAsync(string directory, params string[] args) => await RunAsync(directory, null, args);

    public static async Task<ToolResult> RunAsync(string directory, string? input, string[] args)
    {
        using var tool = new RunningTool(Start(directory, args));
        if (input is not null)
        {
            await tool.Process.StandardInput.WriteAsync(input);
        }

        tool.Process.StandardInput.Close();
        return await tool.EndAsync();
    }

    /// <summary>Starts a command that the test watches line by line.</summary>
    public static RunningTool Watch(string directory, params string[] args)
    {
        var tool = new RunningTool(Start(directory, args));
        tool.Process.StandardInput.Close();
        return tool;
    }

    private static Process Start(string directory, string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("MLDURABLE_STORE");
        start.ArgumentList.Add(s_program);
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    internal sealed class RunningTool : IDisposable
    {
        private readonly CancellationTokenSource limit = new(s_limit);
        private readonly List<string> lines = [];
        private readonly Task<string> error;

        public RunningTool(Process process)
        {
            Process = process;
            error = process.StandardError.ReadToEndAsync(limit.Token);
        }

        public Process Process { get; }

        /// <summary>Reads lines of <c>--json</c> until one is what the test waits for.</summary>
        public async Task<JsonElement> WaitForAsync(Predicate<JsonElement> wanted)
        {
            while (await Process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                lines.Add(line);
                var json = JsonDocument.Parse(line).RootElement;
                if (wanted(json))
                {
                    return json;
                }
            }

            throw new InvalidOperationException($"the tool ended before what was waited for: {string.Join('\n', lines)}\n{await error}");
        }

        /// <summary>Reads lines of text until one contains what the test waits for.</summary>
        public async Task<string> LineAsync(string wanted)
        {
            while (await Process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                lines.Add(line);
                if (line.Contains(wanted, StringComparison.Ordinal))
                {
                    return line;
                }
            }

            throw new InvalidOperationException($"the tool ended before what was waited for: {string.Join('\n', lines)}\n{await error}");
        }

        public async Task<ToolResult> EndAsync()
        {
            var rest = await Process.StandardOutput.ReadToEndAsync(limit.Token);
            await Process.WaitForExitAsync(limit.Token);
            return new ToolResult(Process.ExitCode, string.Concat(lines.Select(line => line + "\n")) + rest, await error);
        }

        /// <summary>Sends a signal that asks the process to end.</summary>
        public void Signal(PosixSignal signal)
        {
            using var kill = System.Diagnostics.Process.Start("kill", [signal == PosixSignal.SIGINT ? "-INT" : "-TERM", $"{Process.Id}"]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
            }

            Process.Dispose();
            limit.Dispose();
        }
    }
}
