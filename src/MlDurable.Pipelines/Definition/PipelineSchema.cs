using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlDurable.Pipelines.Definition.Binding;

namespace MlDurable.Pipelines.Definition;

/// <summary>The JSON Schema of pipeline files, with which editors complete and check them.</summary>
/// <remarks>
/// Made from the same table of keys that <see cref="PipelineFile"/> reads files with. What concerns two keys at once, only the loader
/// checks.
/// </remarks>
public static class PipelineSchema
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Makes the schema: JSON Schema draft 2020-12, indented, the same text every time.</summary>
    /// <returns>The schema's text, with a line break at the end.</returns>
    public static string Generate()
    {
        var schema = PipelineShape.RootKeys.Shape.Schema();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "MlDurable pipeline");
        schema["$defs"] = new JsonObject
        {
            ["parameter"] = new JsonObject
            {
                ["description"] = "A parameter in place of the value.",
                ["type"] = "string",
                ["pattern"] = @"^\$\{[a-z][a-z0-9-]*\}$",
            },
        };
        return schema.ToJsonString(Format) + "\n";
    }
}
