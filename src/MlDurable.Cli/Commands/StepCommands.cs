using System.CommandLine;
using System.Globalization;
using MlDurable.Cli.Output;
using MlDurable.Cli.Running;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable retry</c> and <c>mldurable skip</c>: what a person decides about a step in quarantine.</summary>
internal static class StepCommands
{
    public static Command CreateRetry()
    {
        var (id, step, reason) = (Run(), Step(), Reason("retried by a person"));
        var command = new ToolCommand(
            "retry",
            "Lets a step out of quarantine, into which it came because the process ended each time that it ran; `resume` goes on with the run.",
            "mldurable retry latest 7 --reason \"more memory\"");
        command.Arguments.Add(id);
        command.Arguments.Add(step);
        command.Options.Add(reason);
        command.Run = call => DecideAsync(
            call, new StepRequest(call.Arguments.GetRequiredValue(id), call.Arguments.GetRequiredValue(step), null, call.Arguments.GetRequiredValue(reason)), "is tried again");
        return command;
    }

    public static Command CreateSkip()
    {
        var (id, step, reason) = (Run(), Step(), Reason("skipped by a person"));
        var output = new Option<string>("--output") { Description = "The result that the step gets, as the activity would give it.", HelpName = "JSON", Required = true };
        var command = new ToolCommand(
            "skip",
            "Ends a step in quarantine with a result that is given by hand; the history keeps who gave it. For steps whose result is all they give, such as notify-approval: what "
            + "a step also stores is not there, and the run fails where it is needed.",
            "mldurable skip latest 31 --output '{\"runId\":\"20260102T030405-1a2b3c\"}' --reason \"the approvers know already\"");
        command.Arguments.Add(id);
        command.Arguments.Add(step);
        command.Options.Add(output);
        command.Options.Add(reason);
        command.Run = call => DecideAsync(
            call,
            new StepRequest(
                call.Arguments.GetRequiredValue(id), call.Arguments.GetRequiredValue(step), call.Arguments.GetRequiredValue(output), call.Arguments.GetRequiredValue(reason)),
            "has the given result");
        return command;
    }

    private static async Task<int> DecideAsync(CommandCall call, StepRequest request, string what)
    {
        var run = await ControlCommands.DecideStepAsync(call.OpenWorkspace(), request with { Reason = $"{request.Reason} ({Identity.Current})" }, call.CancellationToken);
        call.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"step {request.Step} of run {run.RunId} {what}"));
        call.Terminal.Json(run, CliJson.Default.RunRecord);
        return ExitCodes.Done;
    }

    private static Argument<string> Run() => new("RUN") { Description = "The run, the beginning of its id, or latest." };

    private static Argument<int> Step() => new("STEP") { Description = "The number of the step, as the message about it says." };

    private static Option<string> Reason(string standard) => new("--reason") { Description = "Why, for the history.", HelpName = "TEXT", DefaultValueFactory = _ => standard };
}
