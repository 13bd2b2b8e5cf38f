using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable rewind</c>.</summary>
internal static class RewindCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The failed run, the beginning of its id, or latest." };
        var reason = new Option<string>("--reason") { Description = "Why, for the history.", HelpName = "TEXT", DefaultValueFactory = _ => "rewound by a person" };
        var command = new ToolCommand(
            "rewind",
            "Lets a failed run go on from the step that ended it: what had finished is not done again.",
            "mldurable rewind latest",
            "mldurable rewind 20260102T030405 --reason \"the disk has space again\"");
        command.Arguments.Add(id);
        command.Options.Add(reason);
        command.Run = call => RewindAsync(call, call.Arguments.GetRequiredValue(id), call.Arguments.GetRequiredValue(reason));
        return command;
    }

    private static async Task<int> RewindAsync(CommandCall call, string id, string reason)
    {
        var workspace = call.OpenWorkspace();
        var run = await new RunStore(workspace.Store).GetAsync(id, call.CancellationToken);
        return await AgainProcedure.RunAsync(
            call,
            workspace,
            async token =>
            {
                var open = await ControlCommands.RewindAsync(workspace, new RewindRequest(run.RunId, reason), token);
                return new RunStarted(open.RunId, open.Pipeline, Continued: true);
            },
            async (launcher, token) =>
            {
                var open = await launcher.RewindAsync(run.RunId, reason, token);
                return new RunStarted(open.RunId, open.Pipeline, Continued: true);
            });
    }
}
