using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition.Yaml;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>The name of a trainer that this program has: of the product, or registered.</summary>
internal sealed class TrainerShape : Shape<ITrainer>
{
    public override string Expected => Choice().Expected;

    /// <summary>The trainers that a candidate may name: the baseline is always there.</summary>
    public static IEnumerable<ITrainer> Usable(IEnumerable<ITrainer> trainers) => trainers.Where(static trainer => trainer.Name != RunPlanner.Baseline);

    public override JsonObject Schema() => Choice().Schema();

    public override JsonNode? Json(ITrainer value) => value.Name;

    protected override bool TryBindScalar(YamlScalar scalar, string subject, BindContext context, [MaybeNullWhen(false)] out ITrainer value)
    {
        if (context.Resolve(scalar) is { Value: { Kind: ScalarKind.Text, Text: var name } } resolved && IsForeign(name))
        {
            context.Report(
                scalar.Mark,
                PipelineProblemCodes.TrainerNotRegistered,
                $"{subject} must be {Expected}, not {resolved.Found}; if that is a trainer of one's own, this program has not registered it");
            value = null;
            return false;
        }

        return Choice().TryBind(scalar, subject, context, out value);
    }

    private static ChoiceShape<ITrainer> Choice() => new("a trainer", [.. Usable(Trainers.All).Select(static trainer => (trainer.Name, trainer))]);

    /// <summary>Whether a name may be that of a trainer elsewhere, rather than a slip.</summary>
    private static bool IsForeign(string name)
    {
        var names = Trainers.All.Select(static trainer => trainer.Name).ToList();
        return PipelineShape.Name.IsMatch(name) && NearestName.Of(name, names) is null;
    }
}
