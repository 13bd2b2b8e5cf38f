using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using MlDurable.Cli.Output;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable validate</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var pipeline = new PipelineArguments();
        var command = new ToolCommand(
            "validate",
            "Checks a pipeline file, all problems at once, and the data that is there, without running anything.",
            "mldurable validate pipeline.yaml",
            "mldurable validate pipeline.yaml --data june.csv   # a file that is not in the workspace yet");
        pipeline.AddTo(command, withData: true);
        command.Run = call => ValidateAsync(call, pipeline);
        return command;
    }

    private static async Task<int> ValidateAsync(CommandCall call, PipelineArguments arguments)
    {
        var file = arguments.FileOf(call);
        PipelineSource source;
        ImmutableArray<PipelineProblem> problems;
        try
        {
            source = PipelineSources.Read(file, arguments.Parameters(call), call.Host, out problems);
        }
        catch (InvalidPipelineException exception)
        {
            call.Terminal.Json(new ValidationDocument(file, Valid: false, exception.Problems, null), CliJson.Default.ValidationDocument);
            WriteProblems(call.Terminal, exception.Problems);
            call.Terminal.Line(Tone.Bad, "invalid", $": {exception.Message}");
            return ExitCodes.Usage;
        }

        WriteProblems(call.Terminal, problems);
        var data = await InspectAsync(call, source, arguments.DataFiles(call, source.Definition.Data));
        call.Terminal.Json(new ValidationDocument(file, Valid: true, problems, data), CliJson.Default.ValidationDocument);
        call.Terminal.Line(Tone.Good, "valid", $": {file}, pipeline '{source.Definition.Name}', {Text.Counted(source.Definition.Train.Most, "candidate")}");
        if (data is null)
        {
            call.Terminal.Line($"data: nothing matches '{source.Definition.Data.Files}' yet; "
                + $"bring files in with `mldurable run {Shell.Quote(file)} --data PATH{call.OpenWorkspace(file).StoreOption(file)}`");
            return ExitCodes.Done;
        }

        WriteData(call.Terminal, data);
        return data.Partitions.All(partition => partition.Passed) ? ExitCodes.Done : ExitCodes.Refused;
    }

    /// <summary>What the data looks like; null when there is none yet, which is no mistake of the pipeline.</summary>
    private static async Task<DataInspectionResult?> InspectAsync(CommandCall call, PipelineSource source, IReadOnlyList<string>? files)
    {
        try
        {
            return await new DataInspection(call.OpenWorkspace(source.File).Store, call.Host.TimeProvider)
                .InspectAsync(source.Definition, files, call.CancellationToken);
        }
        catch (PipelineException exception) when (exception.Code == "no-partitions")
        {
            return null;
        }
    }

    private static void WriteProblems(Terminal terminal, ImmutableArray<PipelineProblem> problems)
    {
        foreach (var problem in problems)
        {
            terminal.Line(problem.ToString());
        }
    }

    private static void WriteData(Terminal terminal, DataInspectionResult data)
    {
        terminal.Line($"data: {Text.Counted(data.Partitions.Length, "partition")}, {Text.Counted(data.Rows, "row")}, "
            + $"{Text.Counted(data.Labelled, "labelled row")}{Labels(data)}");
        foreach (var partition in data.Partitions)
        {
            QualityOutput.Write(terminal, partition);
        }

        if (data.Labelled > 0 && (data.Positives == 0 || data.Positives == data.Labelled))
        {
            terminal.Line(Tone.Warning, "warning", ": the label has one class only, so that there is nothing to learn; check `data.label`");
        }

        if (data.Numbers is { } numbers && numbers.Min == numbers.Max)
        {
            terminal.Line(Tone.Warning, "warning", ": every label is the same number, so that there is nothing to learn; check `data.label`");
        }

        foreach (var leak in data.Leaks)
        {
            terminal.Line(Tone.Warning, "warning", $" possible leak: '{leak.Column}': {leak.Why}");
        }

        var broken = data.Partitions.Count(partition => !partition.Passed);
        terminal.Line(
            broken == 0 ? Tone.Good : Tone.Bad,
            broken == 0 ? "sound" : "broken",
            broken == 0 ? $": {Text.Counted(data.Partitions.Length, "partition")}" : $": {broken} of {Text.Counted(data.Partitions.Length, "partition")} would be quarantined");
    }

    /// <summary>What the labelled rows are, after their number.</summary>
    private static string Labels(DataInspectionResult data) => data switch
    {
        { Positives: { } positives } => $", {Text.Counted(positives, "positive")}",
        { Classes: [var most, .., var rarest] classes } =>
            $", {classes.Length} classes: from '{rarest.Class}' ({Text.Counted(rarest.Rows, "row")}) to '{most.Class}' ({Text.Counted(most.Rows, "row")})",
        { Numbers: { } numbers } => string.Create(
            CultureInfo.InvariantCulture, $", from {numbers.Min:G6} to {numbers.Max:G6} with the median {numbers.Median:G6}"),
        _ => "",
    };
}
