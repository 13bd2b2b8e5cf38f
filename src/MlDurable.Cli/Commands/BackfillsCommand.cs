using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable backfills</c>.</summary>
internal static class BackfillsCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("BACKFILL") { Description = "The backfill whose runs are shown. Default: a list of all backfills.", Arity = ArgumentArity.ZeroOrOne };
        var command = new ToolCommand(
            "backfills",
            "Lists the backfills of a workspace and how far each is, or the runs of one.",
            "mldurable backfills",
            "mldurable backfills backfill-0123456789abcdef --json");
        command.Arguments.Add(id);
        command.Run = call => call.Arguments.GetValue(id) is { } backfill ? ShowAsync(call, backfill) : ListAsync(call);
        return command;
    }

    private static async Task<int> ShowAsync(CommandCall call, string id)
    {
        var backfills = new BackfillStore(call.OpenWorkspace().Store);
        var progress = await backfills.ProgressAsync(await backfills.RequireAsync(id, call.CancellationToken), call.CancellationToken);
        call.Terminal.Json(BackfillDocument.Of(progress, withRuns: true), CliJson.Default.BackfillDocument);
        BackfillOutput.Write(call.Terminal, progress);
        return ExitCodes.Done;
    }

    private static async Task<int> ListAsync(CommandCall call)
    {
        var workspace = call.OpenWorkspace();
        var all = await new BackfillStore(workspace.Store).ListAsync(call.CancellationToken).ToListAsync(call.CancellationToken);
        call.Terminal.Json(
            new BackfillsDocument([.. all.Select(progress => BackfillDocument.Of(progress, withRuns: false))]), CliJson.Default.BackfillsDocument);
        if (all.Count == 0)
        {
            call.Terminal.Line($"no backfills yet in {workspace.Place}; `mldurable backfill PIPELINE` makes the first");
            return ExitCodes.Done;
        }

        var table = new TextTable("backfill", "pipeline", "stage", "range", "asked for", "state", "runs", "completed", "failed");
        foreach (var progress in all)
        {
            var backfill = progress.Backfill;
            table.Add(
                backfill.Id,
                backfill.Pipeline,
                Text.Lower(backfill.Stage),
                backfill.Range,
                Text.Instant(backfill.RequestedAt),
                BackfillOutput.State(backfill),
                $"{backfill.Items.Length}",
                $"{progress.Completed}",
                $"{progress.Failed}");
        }

        table.WriteTo(call.Terminal);
        return ExitCodes.Done;
    }
}
