using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>The name of a transform that this program has registered. An editor knows none, and takes any name.</summary>
internal sealed class TransformShape : Shape<string>
{
    public override string Expected => "the name of a transform";

    public override JsonObject Schema() => PipelineShape.Name.Schema();

    public override JsonNode? Json(string value) => value;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out string value)
    {
        if (!PipelineShape.Name.TryBind(scalar, subject, context, out value))
        {
            return false;
        }

        var names = Transforms.All.Select(static transform => transform.Name).ToList();
        if (names.Contains(value))
        {
            return true;
        }

        context.Report(
            scalar.Mark,
            PipelineProblemCodes.TransformNotRegistered,
            $"{subject} is '{value}', a transform that this program has not registered{NearestName.Suggestion(value, names)}");
        return false;
    }
}
