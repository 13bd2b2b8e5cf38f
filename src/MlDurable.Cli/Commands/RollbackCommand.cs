using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Registry;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable rollback</c>.</summary>
internal static class RollbackCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "The model." };
        var to = new Option<int?>("--to") { Description = "The version to return to. Default: the champion before the present one.", HelpName = "VERSION" };
        var reason = new Option<string>("--reason") { Description = "Why, for the history.", HelpName = "TEXT", Required = true };
        var command = new ToolCommand(
            "rollback",
            "Returns the champion alias to a version that held it before.",
            "mldurable rollback bird-strike-damage --reason \"too many alarms\"",
            "mldurable rollback bird-strike-damage --to 1 --reason \"back to the first\"");
        command.Arguments.Add(model);
        command.Options.Add(to);
        command.Options.Add(reason);
        command.Run = async call =>
        {
            var change = await ControlCommands.RollbackAsync(
                call.OpenWorkspace(),
                new RollbackRequest(
                    call.Arguments.GetRequiredValue(model),
                    call.Arguments.GetValue(to),
                    call.Arguments.GetRequiredValue(reason),
                    Identity.Current,
                    $"rollback-{Guid.NewGuid():N}"),
                call.CancellationToken);
            ChampionOutput.Write(call.Terminal, change);
            return ExitCodes.Done;
        };
        return command;
    }
}
