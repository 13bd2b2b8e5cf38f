using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable reproduce</c>.</summary>
internal static class ReproduceCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("RUN") { Description = "The run, the beginning of its id, or latest." };
        var command = new ToolCommand(
            "reproduce",
            "Trains the model of a run again from its manifest and the raw data, and says whether the file is the same bit for bit.",
            "mldurable reproduce latest");
        command.Arguments.Add(id);
        command.Run = async call =>
        {
            var reproduction = new Reproduction(call.OpenWorkspace().Store);
            var result = await ProgressOutput.ShareAsync(
                call.Terminal,
                "training the model again",
                progress => reproduction.ReproduceAsync(call.Arguments.GetRequiredValue(id), progress, call.CancellationToken));
            call.Terminal.Json(result, CliJson.Default.ReproductionResult);
            call.Terminal.Line(
                result.Identical ? Tone.Good : Tone.Bad,
                result.Identical ? "identical" : "different",
                $": the model of run {result.RunId}, trained again, is {(result.Identical ? "the same file" : "another file")} "
                + $"({Text.Hash(result.NewModelHash)}{(result.Identical ? "" : $" instead of {Text.Hash(result.ModelHash)}")})");
            if (!result.Identical)
            {
                call.Terminal.Line($"  the largest difference of a probability on the holdout rows is {result.LargestDifference:G3}");
            }

            foreach (var difference in result.Differences)
            {
                call.Terminal.Line($"  {difference}");
            }

            return result.Identical ? ExitCodes.Done : ExitCodes.Failed;
        };
        return command;
    }
}
