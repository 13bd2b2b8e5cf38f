using System.Collections.Immutable;
using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable pause</c> and <c>mldurable unpause</c>.</summary>
internal static class PauseCommand
{
    public static Command CreatePause()
    {
        var reason = new Option<string>("--reason") { Description = "Why, for those who look.", HelpName = "TEXT", Required = true };
        var command = Create(
            "pause",
            "Keeps schedules from starting runs until they are unpaused, on every host.",
            (board, pipeline, schedule, call) =>
                board.PauseAsync(pipeline, schedule, Identity.Current, call.Arguments.GetRequiredValue(reason), call.CancellationToken),
            "mldurable pause churn --reason \"the source is down\"            # every schedule of the pipeline",
            "mldurable pause churn nightly --reason \"the source is down\"    # one");
        command.Options.Add(reason);
        return command;
    }

    public static Command CreateUnpause() => Create(
        "unpause",
        "Lets paused schedules go on. What they missed is caught up as the pipeline file says.",
        static (board, pipeline, schedule, call) => board.UnpauseAsync(pipeline, schedule, call.CancellationToken),
        "mldurable unpause churn",
        "mldurable unpause churn nightly");

    private static ToolCommand Create(
        string name,
        string description,
        Func<ScheduleBoard, string, string?, CommandCall, Task<ImmutableArray<ScheduleStatus>>> change,
        params string[] examples)
    {
        var pipeline = new Argument<string>("PIPELINE") { Description = "The name of a deployed pipeline." };
        var schedule = new Argument<string?>("SCHEDULE") { Description = "One schedule. Default: every one of the pipeline.", Arity = ArgumentArity.ZeroOrOne };
        var command = new ToolCommand(name, description, examples);
        command.Arguments.Add(pipeline);
        command.Arguments.Add(schedule);
        command.Run = async call =>
        {
            var changed = await change(
                new ScheduleBoard(call.OpenWorkspace().Store, call.Host.TimeProvider),
                call.Arguments.GetRequiredValue(pipeline),
                call.Arguments.GetValue(schedule),
                call);
            call.Terminal.Json(new ScheduleOverview(changed, []), CliJson.Default.ScheduleOverview);
            ScheduleOutput.Write(call.Terminal, changed);
            return ExitCodes.Done;
        };
        return command;
    }
}
