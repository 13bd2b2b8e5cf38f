using System.CommandLine;
using MlDurable.Cli.Output;
using MlDurable.Learning.Onnx;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Cli.Commands;

/// <summary><c>mldurable export</c>.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "MODEL (its champion), MODEL@ALIAS or MODEL/VERSION." };
        var output = new Option<string>("--output") { Description = "Where the ONNX file goes.", HelpName = "FILE", Required = true };
        var command = new ToolCommand(
            "export",
            "Writes a model as ONNX, for runtimes in other languages.",
            "mldurable export bird-strike-damage --output bird-strike-damage.onnx",
            "mldurable export bird-strike-damage/2 --output v2.onnx --json");
        command.Arguments.Add(model);
        command.Options.Add(output);
        command.Run = call => ExportAsync(call, call.Arguments.GetRequiredValue(model), call.Arguments.GetRequiredValue(output));
        return command;
    }

    private static async Task<int> ExportAsync(CommandCall call, string model, string output)
    {
        var workspace = call.OpenWorkspace();
        var predictor = await Predictor.OpenAsync(
            workspace.Store, new ModelRegistry(workspace.Store, call.Host.TimeProvider), model, call.CancellationToken);
        var target = call.Host.FullPath(output);
        var bytes = await OutputFile.WriteAsync(target, file =>
        {
            OnnxExport.Write(predictor.Rows.Model, file);
            return Task.FromResult(file.Length);
        });
        call.Terminal.Remark($"version {predictor.Version.Number} of {model} as ONNX, {Text.Counted(bytes, "byte")}, in {target}");
        call.Terminal.Json(new ExportDocument(model, predictor.Version.Number, target, bytes), CliJson.Default.ExportDocument);
        return ExitCodes.Done;
    }
}
