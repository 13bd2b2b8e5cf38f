using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable cancel</c>.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The run, the beginning of its id, or latest; or a backfill, by its whole id." };
        var reason = new Option<string>("--reason") { Description = "Why, for the record.", HelpName = "TEXT", DefaultValueFactory = _ => "cancelled by a person" };
        var command = new ToolCommand(
            "cancel",
            "Ends a run for good, also one that another terminal is carrying out. The champion stays.",
            "mldurable cancel latest",
            "mldurable cancel 20260102T030405 --reason \"wrong data\"");
        command.Arguments.Add(id);
        command.Options.Add(reason);
        command.Run = async call =>
        {
            if (call.Arguments.GetRequiredValue(id) is { } name && name.StartsWith(Backfill.IdPrefix, StringComparison.Ordinal))
            {
                return await CancelBackfillAsync(call, name, call.Arguments.GetRequiredValue(reason));
            }

            var run = await ControlCommands.CancelAsync(
                call.OpenWorkspace(),
                new CancelRequest(call.Arguments.GetRequiredValue(id), call.Arguments.GetRequiredValue(reason)),
                call.CancellationToken);
            call.Terminal.Line($"run {run.RunId} is cancelled");
            call.Terminal.Json(run, CliJson.Default.RunRecord);
            return ExitCodes.Done;
        };
        return command;
    }

    private static async Task<int> CancelBackfillAsync(CommandCall call, string id, string reason)
    {
        var workspace = call.OpenWorkspace();
        var store = new BackfillStore(workspace.Store);
        var known = await store.RequireAsync(id, call.CancellationToken);
        var cancelled = await ControlCommands.CancelBackfillAsync(workspace, new CancelRequest(known.Id, reason), call.CancellationToken);
        call.Terminal.Line($"{cancelled.Id} is cancelled; the runs that it has made stay");
        call.Terminal.Json(BackfillDocument.Of(await store.ProgressAsync(cancelled, call.CancellationToken), withRuns: true), CliJson.Default.BackfillDocument);
        return ExitCodes.Done;
    }
}
