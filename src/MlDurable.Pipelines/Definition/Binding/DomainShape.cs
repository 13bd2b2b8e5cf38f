using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning.Searching;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>What a hyperparameter may be: one value, a list of values, or a range.</summary>
/// <param name="range">The limits of a value.</param>
/// <param name="isWhole">Whether only whole numbers are values.</param>
internal sealed class DomainShape(NumberRange range, bool isWhole) : Shape<HyperparameterDomain>
{
    private static readonly Key<bool> Scale = new Key<bool>(
        "scale",
        new ChoiceShape<bool>("a scale", [("linear", false), ("log", true)]),
        "Whether equal differences are equally wide, or equal ratios: 1 to 10 as 10 to 100.").Or(false);

    private readonly NumberShape number = new(range, isWhole);
    private readonly Key<double> from = new("from", new NumberShape(range, isWhole), "The least value.", isRequired: true);
    private readonly Key<double> to = new("to", new NumberShape(range, isWhole), "The greatest value.", isRequired: true);

    public override string Expected => $"{number.Expected}, a list of such numbers, or a range";

    private ListShape<double> List => new(number, "a value", minItems: 1, isSet: true);

    private SectionShape Range => new(from, to, Scale) { Description = "A range for the strategies that draw values." };

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray(number.Schema(), List.Schema(), Range.Schema()) };

    public override JsonNode? Json(HyperparameterDomain value) => null;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out HyperparameterDomain value)
    {
        value = number.TryBind(scalar, subject, context, out var only) ? new ValueList([only]) : null;
        return value is not null;
    }

    protected override bool TryBindSequence(
        YamlSequence sequence, string subject, BindContext context, [MaybeNullWhen(false)] out HyperparameterDomain value)
    {
        value = List.TryBind(sequence, subject, context, out var list) && list.IsComplete ? new ValueList([.. list.Values]) : null;
        return value is not null;
    }

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out HyperparameterDomain value)
    {
        value = null;
        Range.TryBind(mapping, subject, context, out var section);
        if (!section!.TryGet(from, out var least) | !section.TryGet(to, out var most) | !section.TryGet(Scale, out var isLogarithmic) || !mapping.IsComplete)
        {
            return false;
        }

        if (least.Value >= most.Value)
        {
            context.Report(most.Mark, PipelineProblemCodes.Conflict, $"'to' {most.Value} must be greater than 'from' {least.Value}; for one value, write the value alone");
            return false;
        }

        if (isLogarithmic.Value && least.Value <= 0)
        {
            context.Report(least.Mark, PipelineProblemCodes.Conflict, $"a range with 'scale: log' must begin above 0, not at {least.Value}");
            return false;
        }

        value = new ValueRange(least.Value, most.Value, isLogarithmic.Value, isWhole);
        return true;
    }
}
