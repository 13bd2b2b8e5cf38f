using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Deployments;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable undeploy</c>.</summary>
internal static class UndeployCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The pipeline's name." };
        var command = new ToolCommand(
            "undeploy",
            "Takes a pipeline out of service: nothing starts runs of it by itself any more. Its runs and models stay.",
            "mldurable undeploy churn");
        command.Arguments.Add(name);
        command.Run = async call =>
        {
            var workspace = call.OpenWorkspace();
            var pipeline = call.Arguments.GetRequiredValue(name);
            var deployments = new PipelineDeployments(workspace.Store, call.Host.TimeProvider);
            var deployment = await deployments.GetAsync(pipeline, call.CancellationToken);
            await deployments.RemoveAsync(deployment.Name, call.CancellationToken);
            call.Terminal.Line($"the pipeline {pipeline} is not deployed any more");
            call.Terminal.Json(deployment, CliJson.Default.PipelineDeployment);
            return ExitCodes.Done;
        };
        return command;
    }
}
