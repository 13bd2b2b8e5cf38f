using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable init</c>.</summary>
internal static class InitCommand
{
    private const string PipelineName = "pipeline.yaml";

    public static Command Create()
    {
        var from = new Option<string?>("--from") { Description = "A CSV file: the pipeline is written from what is in it, and the file becomes its first data.", HelpName = "FILE" };
        var name = new Option<string?>("--name") { Description = "The pipeline's name. Default: from the file's name.", HelpName = "NAME" };
        var force = new Option<bool>("--force") { Description = "Overwrites a pipeline.yaml that is there." };
        var command = new ToolCommand(
            "init",
            "Writes a commented pipeline.yaml.",
            "mldurable init --from customers.csv              # from what is in a file",
            "mldurable init --name churn                      # an example to change");
        command.Options.Add(from);
        command.Options.Add(name);
        command.Options.Add(force);
        command.Run = call => InitAsync(call, call.Arguments.GetValue(from), call.Arguments.GetValue(name), call.Arguments.GetValue(force));
        return command;
    }

    private static async Task<int> InitAsync(CommandCall call, string? from, string? name, bool force)
    {
        var target = call.Host.FullPath(PipelineName);
        if (File.Exists(target) && !force)
        {
            throw new CliException(CliErrorCodes.FileExists, $"{PipelineName} is there already; --force overwrites it");
        }

        var pipelineName = PipelineTemplate.NameFrom(name ?? (from is null ? "my-pipeline" : Path.GetFileName(from)));
        var yaml = from is null ? PipelineTemplate.Example(pipelineName) : PipelineTemplate.From(pipelineName, await ReadAsync(call, from));
        await File.WriteAllTextAsync(target, yaml, call.CancellationToken);
        var workspace = call.OpenWorkspace(PipelineName);
        call.Terminal.Line(
            $"wrote {PipelineName}: look at the lines marked CHECK, then `mldurable validate {PipelineName}{workspace.StoreOption(PipelineName)}`");

        string? data = null;
        if (from is not null)
        {
            var source = PipelineSources.Read(PipelineName, System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, call.Host, out _);
            var uploaded = await new DataUpload(workspace.Store).UploadAsync(
                source.Definition.Data, [call.Host.FullPath(from)], cancellationToken: call.CancellationToken);
            data = uploaded[0].Name;
            call.Terminal.Line($"data: {data} ({uploaded[0].Result}) in {workspace.Store.Description}");
        }

        call.Terminal.Json(new InitDocument(target, data), CliJson.Default.InitDocument);
        return ExitCodes.Done;
    }

    private static async Task<Table> ReadAsync(CommandCall call, string from)
    {
        try
        {
            await using var stream = File.OpenRead(call.Host.FullPath(from));
            return (await CsvTable.ReadAsync(stream, new CsvOptions(), call.CancellationToken)).Table;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(CliErrorCodes.FileNotFound, $"there is no file '{from}'", exception);
        }
    }
}
