using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable runs</c>.</summary>
internal static class RunsCommand
{
    public static Command Create()
    {
        var limit = new Option<int>("--limit") { Description = "How many runs at most, newest first.", HelpName = "N", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit takes a number from 1.");
            }
        });
        var command = new ToolCommand(
            "runs",
            "Lists the runs of a workspace, newest first.",
            "mldurable runs",
            "mldurable runs --limit 100 --json",
            "mldurable runs --pipeline churn --status failed");
        var pipeline = new Option<string?>("--pipeline") { Description = "Only runs of this pipeline.", HelpName = "NAME" };
        var status = new Option<RunStatus?>("--status") { Description = "Only runs that stand so: running, completed, failed or cancelled.", HelpName = "STATUS" };
        command.Options.Add(limit);
        command.Options.Add(pipeline);
        command.Options.Add(status);
        command.Run = call => ListAsync(call, call.Arguments.GetValue(limit), call.Arguments.GetValue(pipeline), call.Arguments.GetValue(status));
        return command;
    }

    private static async Task<int> ListAsync(CommandCall call, int limit, string? pipeline, RunStatus? status)
    {
        var workspace = call.OpenWorkspace();
        var runs = new List<RunRecord>();
        await foreach (var run in new RunStore(workspace.Store).ListAsync(call.CancellationToken))
        {
            if ((pipeline is not null && run.Pipeline != pipeline) || (status is not null && run.Status != status))
            {
                continue;
            }

            runs.Add(run);
            if (runs.Count == limit)
            {
                break;
            }
        }

        call.Terminal.Json(new RunsDocument([.. runs]), CliJson.Default.RunsDocument);
        if (runs.Count == 0)
        {
            call.Terminal.Line(pipeline is null && status is null
                ? $"no runs yet in {workspace.Place}; `mldurable run PIPELINE` makes the first"
                : $"no such runs in {workspace.Place}; `mldurable runs` lists all");
            return ExitCodes.Done;
        }

        var table = new TextTable("run", "pipeline", "started", "took", "outcome", "version", "summary");
        foreach (var run in runs)
        {
            table.Add(
                run.RunId,
                run.Pipeline,
                Text.Instant(run.StartedAt),
                Text.Seconds(run.FinishedAt - run.StartedAt),
                run.Outcome is { } outcome ? Text.Lower(outcome) : run.Waiting is not null ? "waits" : run.Status == RunStatus.Running ? "unfinished" : Text.Lower(run.Status),
                run.Version?.ToString() ?? Text.None,
                run.Summary ?? "");
        }

        table.WriteTo(call.Terminal);
        return ExitCodes.Done;
    }
}
