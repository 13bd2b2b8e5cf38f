using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>
/// What may stand at a place of a pipeline file. The same description binds the file and makes the JSON Schema, so that an editor and
/// <c>mldurable validate</c> say the same.
/// </summary>
/// <typeparam name="T">What a value of this shape is bound to.</typeparam>
internal abstract class Shape<T>
{
    /// <summary>What is expected, as messages name it: <c>a number from 0 to 1</c>.</summary>
    public abstract string Expected { get; }

    /// <summary>The JSON Schema of the shape.</summary>
    public abstract JsonObject Schema();

    /// <summary>A value in the form that the file would have it, for the defaults in the JSON Schema.</summary>
    public abstract JsonNode? Json(T value);

    /// <summary>Binds a node; false when the reason was reported.</summary>
    /// <param name="node">The node.</param>
    /// <param name="subject">What the node is, as messages name it: <c>'validation'</c>.</param>
    /// <param name="context">Where problems go.</param>
    /// <param name="value">The value.</param>
    public bool TryBind(YamlNode node, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        switch (node)
        {
            case YamlScalar scalar:
                return TryBindScalar(scalar, subject, context, out value);
            case YamlSequence sequence:
                return TryBindSequence(sequence, subject, context, out value);
            case YamlMapping mapping:
                return TryBindMapping(mapping, subject, context, out value);
            default:
                value = default;
                return false;
        }
    }

    protected virtual bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        if (context.Resolve(scalar) is { } resolved)
        {
            RefuseType(scalar.Mark, subject, resolved.Found, context);
        }

        value = default;
        return false;
    }

    protected virtual bool TryBindSequence(YamlSequence sequence, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        RefuseType(sequence.Mark, subject, "a list", context);
        value = default;
        return false;
    }

    protected virtual bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        RefuseType(mapping.Mark, subject, "a mapping", context);
        value = default;
        return false;
    }

    protected void RefuseType(SourceMark mark, string subject, string found, BindContext context) =>
        context.Report(mark, PipelineProblemCodes.WrongType, $"{subject} must be {Expected}, not {found}");

    protected void RefuseValue(SourceMark mark, string subject, string found, BindContext context) =>
        context.Report(mark, PipelineProblemCodes.InvalidValue, $"{subject} must be {Expected}, not {found}");

    /// <summary>A schema that also takes a parameter in place of the value.</summary>
    protected static JsonObject OrParameter(JsonObject schema) => new()
    {
        ["anyOf"] = new JsonArray(schema, new JsonObject { ["$ref"] = "#/$defs/parameter" }),
    };
}

/// <summary>A value and its place.</summary>
/// <param name="Value">The value.</param>
/// <param name="Mark">Where it is written; for a default, where the section is.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Located<T>(T Value, SourceMark Mark);
