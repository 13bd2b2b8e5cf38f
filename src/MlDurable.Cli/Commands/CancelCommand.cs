using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable cancel</c>.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The run, the beginning of its id, or latest." };
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
}
