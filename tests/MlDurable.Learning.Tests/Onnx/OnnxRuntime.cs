using System.Diagnostics;
using System.Text.Json;
using MlDurable.Learning.Models;
using MlDurable.Learning.Onnx;
using MlDurable.Learning.Tables;
using MlDurable.Testing.Node;

namespace MlDurable.Learning.Tests.Onnx;

/// <summary>Exports a model and lets ONNX Runtime, in a process of Node.js, score rows with it.</summary>
internal static class OnnxRuntime
{
    /// <summary>The exported model's outputs of numbers by their names.</summary>
    public static async Task<Dictionary<string, double[]>> ScoreAsync(TrainedModel model, Table rows) => (await OutputsAsync(model, rows)).ToDictionary(
        output => output.Key, output => output.Value.EnumerateArray().Select(value => value.GetDouble()).ToArray());

    /// <summary>The exported model's outputs by their names.</summary>
    public static async Task<Dictionary<string, JsonElement>> OutputsAsync(TrainedModel model, Table rows)
    {
        var folder = await NodePackages.EnsureAsync("onnxruntime");
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await using (var stream = File.Create(file))
            {
                OnnxExport.Write(model, stream);
            }

            using var node = Process.Start(new ProcessStartInfo("node", ["predict.js", file])
            {
                WorkingDirectory = folder,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var (output, errors) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
            await JsonSerializer.SerializeAsync(node.StandardInput.BaseStream, Inputs(model, rows).ToDictionary(
                column => column.Name,
                column => column switch
                {
                    NumberColumn numbers => new { type = "float64", values = numbers.Values.ToArray().Select(value => (object?)(double.IsNaN(value) ? null : value)) },
                    CategoryColumn categories => new { type = "string", values = Enumerable.Range(0, rows.RowCount).Select(row => (object?)(categories.TextAt(row) ?? "")) },
                    _ => throw new InvalidOperationException($"'{column.Name}' is neither a number nor a category."),
                }));
            node.StandardInput.Close();
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0, await errors);
            return JsonDocument.Parse(await output).RootElement.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetProperty("values"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static IEnumerable<Column> Inputs(TrainedModel model, Table rows) => model.Signature.Inputs.Columns.Length > 0
        ? model.Signature.Inputs.Columns.Select(column => rows[column.Name])
        : [new NumberColumn(OnnxExport.RowName, new double[rows.RowCount])];
}
