using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;
using MlDurable.Pipelines.Registry;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable promote</c>.</summary>
internal static class PromoteCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "The model." };
        var version = new Argument<int>("VERSION") { Description = "The version that becomes the champion." };
        var reason = new Option<string>("--reason") { Description = "Why, for the history.", HelpName = "TEXT", Required = true };
        var expect = new Option<int?>("--expect")
        {
            Description = "Only if this version is the champion now (0 for none); otherwise nothing changes and the exit code is 5.",
            HelpName = "VERSION",
        };
        var command = new ToolCommand(
            "promote",
            "Makes a version the champion, by a person's decision instead of the pipeline's rule.",
            "mldurable promote bird-strike-damage 3 --reason \"approved in review\"",
            "mldurable promote bird-strike-damage 3 --reason \"approved\" --expect 2   # not if another decision came first");
        command.Arguments.Add(model);
        command.Arguments.Add(version);
        command.Options.Add(reason);
        command.Options.Add(expect);
        command.Run = async call =>
        {
            var change = await ControlCommands.PromoteAsync(
                call.OpenWorkspace(),
                new PromoteRequest(
                    call.Arguments.GetRequiredValue(model),
                    call.Arguments.GetRequiredValue(version),
                    call.Arguments.GetValue(expect),
                    call.Arguments.GetRequiredValue(reason),
                    Identity.Current,
                    $"promote-{Guid.NewGuid():N}"),
                call.CancellationToken);
            ChampionOutput.Write(call.Terminal, change);
            return ExitCodes.Done;
        };
        return command;
    }
}
