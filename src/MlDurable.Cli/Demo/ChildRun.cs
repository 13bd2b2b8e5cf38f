using System.Diagnostics;
using System.Text.Json;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Demo;

/// <summary>What was seen of a <c>run</c> in a process of its own.</summary>
internal sealed class ChildRun
{
    /// <summary>Candidates whose training began, in the order of their beginning.</summary>
    public List<int> Started { get; } = [];

    /// <summary>Candidates whose training ended, with a result on disk.</summary>
    public List<int> Finished { get; } = [];

    /// <summary>What came of the run; null when the process ended before it.</summary>
    public RunResult? Result { get; private set; }

    public string Errors { get; private set; } = "";

    public IEnumerable<int> InFlight => Started.Except(Finished);

    /// <summary>Runs <c>mldurable run … --json</c> to its end, or kills the process in the middle of the training fan-out.</summary>
    /// <param name="pipeline">The pipeline file.</param>
    /// <param name="store">The workspace.</param>
    /// <param name="files">Data files to bring in.</param>
    /// <param name="kill">Whether to kill the process once a candidate has finished and another has not.</param>
    /// <param name="view">Told of what happens in the process.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    public static async Task<ChildRun> RunAsync(
        string pipeline, string store, IEnumerable<string> files, bool kill, IRunView view, CancellationToken cancellationToken)
    {
        var seen = new ChildRun();
        using var process = Process.Start(StartInfo(pipeline, store, files))!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                // The line that a kill cuts off is no JSON any more; what it told is not counted.
                if (line.EndsWith('}') && JsonSerializer.Deserialize(line, CliJson.Default.ProgressLine) is { } progress)
                {
                    seen.Note(progress);
                    if (progress.Step is { } step)
                    {
                        view.Happened(step);
                    }
                }

                if (kill && seen.Finished.Count > 0 && seen.InFlight.Any() && !process.HasExited)
                {
                    // SIGKILL where there are signals: no handler, no flush, no goodbye.
                    process.Kill();
                }
            }

            seen.Errors = await errors;
            await process.WaitForExitAsync(cancellationToken);
            return seen;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private void Note(ProgressLine progress)
    {
        Result ??= progress.Result;
        if (progress.Step is { Stage: "train", Index: { } index, State: var state })
        {
            var list = state switch { RunStepState.Started => Started, RunStepState.Finished => Finished, _ => null };
            if (list?.Contains(index) == false)
            {
                list.Add(index);
            }
        }
    }

    private static ProcessStartInfo StartInfo(string pipeline, string store, IEnumerable<string> files)
    {
        // Under `dotnet mldurable.dll` the process is the host, and the program is its first argument.
        var host = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(host) == "dotnet";
        var start = new ProcessStartInfo(host) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in isHost ? [typeof(ChildRun).Assembly.Location] : Array.Empty<string>())
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var argument in (string[])["run", pipeline, "--store", store, "--json", .. files.SelectMany(file => new[] { "--data", file })])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
