using System.Collections.Immutable;
using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Deployments;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable deploy</c>.</summary>
internal static class DeployCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("PIPELINE") { Description = "The pipeline file. Each of its parameters needs a default." };
        var command = new ToolCommand(
            "deploy",
            "Makes a pipeline file the version that schedules, arriving data and requests start runs of. Runs that are under way stay on theirs.",
            "mldurable deploy pipeline.yaml");
        command.Arguments.Add(file);
        command.Run = async call =>
        {
            var name = call.Arguments.GetRequiredValue(file);
            var source = PipelineSources.Read(name, ImmutableSortedDictionary<string, string>.Empty, call.Host, out var warnings);
            foreach (var warning in warnings)
            {
                call.Terminal.Remark(warning.ToString());
            }

            var deployments = new PipelineDeployments(call.OpenWorkspace(name).Store, call.Host.TimeProvider);
            var deployment = await deployments.DeployAsync(source, Identity.Current, call.CancellationToken);
            call.Terminal.Line($"the pipeline {deployment.Name} is deployed as version {Text.Hash(deployment.Hash)} since {Text.Instant(deployment.DeployedAt)}");
            call.Terminal.Json(deployment, CliJson.Default.PipelineDeployment);
            return ExitCodes.Done;
        };
        return command;
    }
}
