using System.CommandLine;
using MlDurable.Cli.Demo;
using MlDurable.Cli.Output;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var directory = new Option<string>("--dir") { Description = "Where: a new or empty directory, or an earlier demo, which is replaced.", HelpName = "DIR", DefaultValueFactory = _ => "mldurable-demo" };
        var keep = new Option<bool>("--keep") { Description = "Keeps the workspace of the run that was killed, in DIR/killed." };
        var command = new ToolCommand(
            "demo",
            "Runs the whole flow on real data: bird strikes on aircraft, as they arrived year by year.",
            "mldurable demo",
            "mldurable demo --dir /tmp/demo --json   # one summary document");
        command.Options.Add(directory);
        command.Options.Add(keep);
        command.Run = call => TellAsync(call, call.Host.FullPath(call.Arguments.GetRequiredValue(directory)), call.Arguments.GetValue(keep));
        return command;
    }

    private static async Task<int> TellAsync(CommandCall call, string root, bool keep)
    {
        var directory = await DemoDirectory.CreateAsync(root, call.Host, call.CancellationToken);
        call.Terminal.Line($"bird strikes on aircraft, 1990–2002 (FAA): will a strike damage the aircraft? in {root}");
        var document = await new DemoStory(call, directory).TellAsync();
        if (!keep)
        {
            Directory.Delete(directory.KilledStore, recursive: true);
        }

        call.Terminal.Line($"(the demo took {document.Seconds:0.0} s)");
        call.Terminal.Json(document, CliJson.Default.DemoDocument);
        return document.Kill.Holds ? ExitCodes.Done : ExitCodes.Failed;
    }
}
