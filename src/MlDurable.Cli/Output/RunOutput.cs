using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Output;

/// <summary>What <c>run</c> and <c>resume</c> write.</summary>
internal static class RunOutput
{
    public static void Started(Terminal terminal, RunStarted run)
    {
        terminal.Line(
            Tone.Heading,
            $"run {run.RunId}",
            run.Continued ? $" of {run.Pipeline} continues: what had finished is not done again" : $" of {run.Pipeline}");
        if (run.Server is true)
        {
            terminal.Line("  the server that owns the workspace carries it out; its report is written when it ends");
        }

        foreach (var file in run.Waiting ?? [])
        {
            terminal.Line(Tone.Warning, "  waits", $" for the next run: {file}; this run keeps to the data that it began with");
        }

        terminal.Json(new ProgressLine("run") { Run = run }, CliJson.Default.ProgressLine);
    }

    /// <summary>Watches a run with the view that fits the output.</summary>
    public static Task<RunRecord> WatchAsync(CommandCall call, Workspace workspace, RunSession session, RunStarted run)
    {
        Task<RunRecord> Watch(IRunView view) => session.WatchAsync(run.RunId, run.Continued, view, call.CancellationToken);

        return call.Terminal switch
        {
            { IsJson: true } => Watch(new JsonRunView(call.Terminal)),
            { IsInteractive: true } => LiveRunView.ShowAsync(call.Terminal, workspace.StoreOption(), Watch),
            _ => Watch(new PlainRunView(call.Terminal, workspace.StoreOption())),
        };
    }

    /// <summary>Writes what came of a run.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> EndAsync(CommandCall call, Workspace workspace, RunRecord run)
    {
        var exitCode = ExitCodes.OfRun(run);
        var runs = new RunStore(workspace.Store);
        var evaluation = await runs.EvaluationAsync(run.RunId, call.CancellationToken);
        var report = RunFiles.ReportOf(workspace, run);
        if (run.Status == RunStatus.Completed)
        {
            RunReport.Write(call.Terminal, run, evaluation, report);
            await QualityOutput.WriteBrokenAsync(call.Terminal, runs, run, call.CancellationToken);
            if (run is { Outcome: RunOutcome.Kept or RunOutcome.Inconclusive or RunOutcome.Blocked or RunOutcome.Rejected, Version: { } version })
            {
                call.Terminal.Line(
                    $"the candidate is version {version}; to promote it all the same: "
                    + $"mldurable promote {run.Model} {version} --reason \"…\"{workspace.StoreOption()}");
            }
        }
        else
        {
            call.Terminal.Error(run.Failure?.Code ?? "failed", $"run {run.RunId} {Text.Lower(run.Status)}: {run.Summary}");
        }

        call.Terminal.Json(new ProgressLine("result") { Result = new RunResult(exitCode, run, report, evaluation) }, CliJson.Default.ProgressLine);
        return exitCode;
    }

    /// <summary>Says that a run was interrupted and how it goes on.</summary>
    /// <param name="call">The command.</param>
    /// <param name="runId">The run.</param>
    /// <param name="carriedOutByServer">Whether it goes on elsewhere.</param>
    /// <param name="wayOn">The command that goes on with it, or watches it again.</param>
    /// <returns>The exit code.</returns>
    public static int Interrupted(CommandCall call, string runId, bool carriedOutByServer = false, string wayOn = "the same command")
    {
        if (carriedOutByServer)
        {
            call.Terminal.Error("interrupted", $"run {runId} is no longer watched; the server goes on with it, and {wayOn} watches it again");
            return ExitCodes.Interrupted;
        }

        call.Terminal.Error("interrupted", $"run {runId} was interrupted; nothing that had finished is lost, and {wayOn} continues");
        return ExitCodes.Interrupted;
    }
}
