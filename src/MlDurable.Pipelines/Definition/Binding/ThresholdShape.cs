using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>How the decision threshold is found: <c>f1</c>, a number, or what mistakes cost.</summary>
internal sealed class ThresholdShape : Shape<ThresholdRule>
{
    private const string F1 = "f1";

    private static readonly NumberShape Probability = new(new NumberRange(0, 1));
    private static readonly NumberShape Amount = new(new NumberRange(0, 1e9, ExcludesMinimum: true));

    private static readonly Key<double> FalsePositive = new("false-positive", Amount, "What a negative row costs that is called positive.", isRequired: true);
    private static readonly Key<double> FalseNegative = new("false-negative", Amount, "What a positive row costs that is called negative.", isRequired: true);
    private static readonly Key<Section> Cost = new(
        "cost", new SectionShape(FalsePositive, FalseNegative), "What mistakes cost, in any unit; the threshold is chosen for the least cost.", isRequired: true);

    private static readonly SectionShape ByCost = new(Cost);

    public override string Expected => $"'{F1}', {Probability.Expected}, or a mapping with '{Cost.Name}'";

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray(F1) }, Probability.Schema(), ByCost.Schema()),
    };

    public override JsonNode? Json(ThresholdRule value) => value.Kind switch
    {
        ThresholdRuleKind.GreatestF1 => F1,
        ThresholdRuleKind.Fixed => value.Value,
        _ => new JsonObject
        {
            [Cost.Name] = new JsonObject { [FalsePositive.Name] = value.FalsePositive, [FalseNegative.Name] = value.FalseNegative },
        },
    };

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out ThresholdRule value)
    {
        value = null;
        if (context.Resolve(scalar) is not { } resolved)
        {
            return false;
        }

        value = resolved.Value switch
        {
            { Kind: ScalarKind.Text, Text: F1 } => ThresholdRule.GreatestF1,
            { Kind: ScalarKind.Number, Number: >= 0 and <= 1 } number => ThresholdRule.Fixed(number.Number),
            _ => null,
        };
        if (value is null)
        {
            RefuseValue(scalar.Mark, subject, resolved.Found + NumberHint.Of(resolved), context);
        }

        return value is not null;
    }

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out ThresholdRule value)
    {
        value = ByCost.TryBind(mapping, subject, context, out var section)
            && section.TryGet(Cost, out var cost)
            && cost.Value.TryGet(FalsePositive, out var falsePositive)
            && cost.Value.TryGet(FalseNegative, out var falseNegative)
                ? ThresholdRule.LeastCost(falsePositive.Value, falseNegative.Value)
                : null;
        return value is not null;
    }
}
