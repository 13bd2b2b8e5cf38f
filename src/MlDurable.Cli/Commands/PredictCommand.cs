using System.CommandLine;
using System.Text;
using MlDurable.Cli.Output;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable predict</c>.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "MODEL (its champion), MODEL@ALIAS or MODEL/VERSION." };
        var input = new Option<string>("--input") { Description = "The CSV to score, plain or gzip; - for standard input.", HelpName = "FILE", Required = true };
        var output = new Option<string?>("--output") { Description = "Where the scored CSV goes. Default: standard output.", HelpName = "FILE" };
        var explain = new Option<int>("--explain")
        {
            Description = "Adds a column with the COUNT columns that pushed each prediction most, as JSON. Default: none.",
            HelpName = "COUNT",
        };
        explain.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--explain takes a number from 1.");
            }
        });
        var command = new ToolCommand(
            "predict",
            "Scores a CSV: every row comes back with a probability and a decision.",
            "mldurable predict bird-strike-damage --input new.csv --output scored.csv",
            "mldurable predict bird-strike-damage --input new.csv --explain 3 --output explained.csv",
            "cat new.csv | mldurable predict bird-strike-damage/2 --input - > scored.csv");
        command.Arguments.Add(model);
        command.Options.Add(input);
        command.Options.Add(output);
        command.Options.Add(explain);
        command.Run = call => PredictAsync(
            call,
            call.Arguments.GetRequiredValue(model),
            call.Arguments.GetRequiredValue(input),
            call.Arguments.GetValue(output),
            call.Arguments.GetValue(explain));
        return command;
    }

    private static async Task<int> PredictAsync(CommandCall call, string model, string input, string? output, int reasons)
    {
        if (call.Terminal.IsJson && output is null)
        {
            throw new CliException(CliErrorCodes.Usage, "--json needs --output: standard output cannot hold both the CSV and the JSON");
        }

        var workspace = call.OpenWorkspace();
        var predictor = await Predictor.OpenAsync(
            workspace.Store, new ModelRegistry(workspace.Store, call.Host.TimeProvider), model, call.CancellationToken);
        await using var source = OpenInput(call, input);
        var scoring = new CsvScoring(predictor) { Reasons = reasons };
        var target = output is null ? null : call.Host.FullPath(output);
        var scored = target is null
            ? await scoring.ScoreAsync(source, call.Host.Output, cancellationToken: call.CancellationToken)
            : await ProgressOutput.CountAsync(
                call.Terminal, "row", "scored", progress => OutputFile.WriteAsync(target, async file =>
                {
                    await using var writer = new StreamWriter(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                    return await scoring.ScoreAsync(source, writer, progress, call.CancellationToken);
                }));

        foreach (var errors in scored.TypeErrors)
        {
            call.Terminal.Remark($"warning: '{errors.Column}': {Text.Counted(errors.Count, "value")} not of type {Text.Lower(errors.Expected)} counted as missing; "
                + $"the first is '{errors.FirstText}' in line {errors.FirstLine}");
        }

        call.Terminal.Remark($"{Text.Counted(scored.Rows, "row")} scored by version {predictor.Version.Number} of {model}{(scored.Positives is { } positives ? $", {positives} called positive" : "")}"
            + (target is null ? "" : $", in {target}"));
        call.Terminal.Json(new PredictDocument(model, predictor.Version.Number, target, scored), CliJson.Default.PredictDocument);
        return ExitCodes.Done;
    }

    private static Stream OpenInput(CommandCall call, string input)
    {
        if (input == "-")
        {
            return call.Host.OpenInput();
        }

        try
        {
            return File.OpenRead(call.Host.FullPath(input));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(CliErrorCodes.FileNotFound, $"there is no input file '{input}'", exception);
        }
    }
}
