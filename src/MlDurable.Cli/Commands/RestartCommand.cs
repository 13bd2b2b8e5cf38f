using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable restart</c>.</summary>
internal static class RestartCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The ended run, the beginning of its id, or latest." };
        var settings = new PipelineArguments().Set;
        var command = new ToolCommand(
            "restart",
            "Starts a run like one that has ended: the same version of the pipeline, the same parameters unless --set gives others.",
            "mldurable restart latest",
            "mldurable restart 20260102T030405 --set margin=0.01");
        command.Arguments.Add(id);
        command.Options.Add(settings);
        command.Run = call => RestartAsync(call, call.Arguments.GetRequiredValue(id), settings);
        return command;
    }

    private static async Task<int> RestartAsync(CommandCall call, string id, Option<string[]> settings)
    {
        var workspace = call.OpenWorkspace();
        var run = await new RunStore(workspace.Store).GetAsync(id, call.CancellationToken);
        var request = new RestartRequest(run.RunId, PipelineArguments.Parameters(call, settings), Identity.Current);
        return await AgainProcedure.RunAsync(
            call,
            workspace,
            token => ControlCommands.RestartAsync(workspace, request, token),
            (launcher, token) => RunProcedure.RestartAsync(workspace, launcher, request, token));
    }
}
