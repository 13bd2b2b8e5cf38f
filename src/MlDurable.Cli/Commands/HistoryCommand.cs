using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Orchestration.Embedded;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable history</c>.</summary>
internal static class HistoryCommand
{
    private const int ShownPayload = 100;

    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The run, the beginning of its id, or latest; or a backfill, by its whole id." };
        var full = new Option<bool>("--full") { Description = "Shows inputs and results whole." };
        var command = new ToolCommand(
            "history",
            "Shows what the engine's journal has of a run: each turn, what it took and decided. Changes nothing, also beside the process that owns the workspace.",
            "mldurable history latest",
            "mldurable history 20260102T030405 --full");
        command.Arguments.Add(id);
        command.Options.Add(full);
        command.Run = call => ShowAsync(call, call.Arguments.GetRequiredValue(id), call.Arguments.GetValue(full));
        return command;
    }

    private static async Task<int> ShowAsync(CommandCall call, string id, bool isFull)
    {
        var workspace = call.OpenWorkspace();
        var instance = await InstanceOfAsync(workspace, id, call.CancellationToken);
        var history = (workspace.HasJournal ? JournalInspection.ReadInstance(workspace.JournalDirectory, instance) : null)
            ?? throw new PipelineException(
                "instance-not-found", $"the journal in {workspace.JournalDirectory} has nothing of '{instance}': it was purged, or another engine has carried it out");
        call.Terminal.Json(history, CliJson.Default.InstanceHistory);
        call.Terminal.Line(Tone.Heading, instance, $" is {Text.Lower(history.State.RuntimeStatus)}");
        foreach (var line in history.Lines)
        {
            call.Terminal.Line($"{(line.At is { } at ? Text.Instant(at) : ""),20}  {line.Text}{Shown(line.Payload, isFull)}");
        }

        foreach (var step in history.State.QuarantinedSteps)
        {
            call.Terminal.Line(Tone.Warning, "quarantine", $": step {step.Sequence} '{step.Activity}' began {step.Starts} times without an end");
        }

        return ExitCodes.Done;
    }

    private static async Task<string> InstanceOfAsync(Workspace workspace, string id, CancellationToken cancellationToken)
    {
        if (RunIds.IsValid(id))
        {
            // Also where the records of runs are damaged.
            return id;
        }

        try
        {
            return (await new RunStore(workspace.Store).GetAsync(id, cancellationToken)).RunId;
        }
        catch (PipelineException exception) when (exception.Code == "run-not-found" && id != "latest"
            && workspace.HasJournal && JournalInspection.ReadInstance(workspace.JournalDirectory, id) is not null)
        {
            // What is no run, such as a backfill.
            return id;
        }
    }

    private static string Shown(string? payload, bool isFull) =>
        payload is null ? "" : $": {(isFull || payload.Length <= ShownPayload ? payload : string.Concat(payload.AsSpan(0, ShownPayload), "…"))}";
}
