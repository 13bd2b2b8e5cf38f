using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable schedules</c>.</summary>
internal static class SchedulesCommand
{
    public static Command Create()
    {
        var pipeline = new Argument<string?>("PIPELINE")
        {
            Description = "The name of a deployed pipeline. Default: all of them.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var next = new Option<int>("--next") { Description = "How many next instants, 1 to 1,000.", HelpName = "N", DefaultValueFactory = _ => 3 };
        next.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is < 1 or > 1_000)
            {
                result.AddError("--next takes a number from 1 to 1,000.");
            }
        });
        var command = new ToolCommand(
            "schedules",
            "Lists the schedules of deployed pipelines with their next instants.",
            "mldurable schedules",
            "mldurable schedules churn --next 10   # also what a night with a change of the clock does");
        command.Arguments.Add(pipeline);
        command.Options.Add(next);
        command.Run = async call =>
        {
            var workspace = call.OpenWorkspace();
            var board = new ScheduleBoard(workspace.Store, call.Host.TimeProvider);
            var overview = await board.ListAsync(call.Arguments.GetValue(pipeline), call.Arguments.GetValue(next), call.CancellationToken);
            call.Terminal.Json(overview, CliJson.Default.ScheduleOverview);
            if (overview.Schedules.IsEmpty)
            {
                call.Terminal.Line($"no schedules in {workspace.Place}; `mldurable deploy PIPELINE` deploys those of a pipeline file");
            }
            else
            {
                ScheduleOutput.Write(call.Terminal, overview.Schedules);
            }

            foreach (var problem in overview.Problems)
            {
                call.Terminal.Remark($"{problem.Pipeline}: {problem.Message}");
            }

            return ExitCodes.Done;
        };
        return command;
    }
}
