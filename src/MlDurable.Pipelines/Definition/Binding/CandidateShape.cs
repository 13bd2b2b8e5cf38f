using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using MlDurable.Learning;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>A trainer, and what each of its hyperparameters may be.</summary>
internal sealed class CandidateShape : Shape<CandidateEntry>
{
    private readonly Key<ITrainer> trainerKey = new("trainer", new TrainerShape(), "What learns the model.", isRequired: true);

    public override string Expected => "a mapping with a trainer and its hyperparameters";

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
        [
            .. TrainerShape.Usable(Trainers.BuiltIn).Select(trainer => SectionOf(trainer, TrainerKeyOf(trainer), HyperparameterKeys(trainer)).Schema()),
            CustomSchema(),
        ]),
    };

    public override JsonNode? Json(CandidateEntry value) => null;

    protected override bool TryBindMapping(YamlMapping mapping, string subject, BindContext context, [MaybeNullWhen(false)] out CandidateEntry value)
    {
        value = null;
        var named = mapping.Entries.FirstOrDefault(entry => entry.Key == trainerKey.Name)
            ?? mapping.Entries.FirstOrDefault(entry => NearestName.Of(entry.Key, [trainerKey.Name]) is not null);
        if (named is null)
        {
            if (mapping.IsComplete)
            {
                context.Report(mapping.Owner, PipelineProblemCodes.MissingKey, $"{subject} needs the key '{trainerKey.Name}'");
            }

            return false;
        }

        // Bound with its section once more below: a problem that is reported twice is kept once.
        if (trainerKey.Bind(named.Value, context) is not ITrainer trainer)
        {
            return false;
        }

        var keys = HyperparameterKeys(trainer);
        SectionOf(trainer, trainerKey, keys).TryBind(mapping, subject, context, out var section);
        var isComplete = mapping.IsComplete;
        var hyperparameters = new List<(string Name, Located<HyperparameterDomain> Domain)>();
        foreach (var key in keys.Where(section!.Has).OrderBy(key => section.MarkOf(key).Line).ThenBy(key => section.MarkOf(key).Column))
        {
            if (section.TryGet(key, out var domain))
            {
                hyperparameters.Add((key.Name, domain));
            }
            else
            {
                isComplete = false;
            }
        }

        value = isComplete ? new CandidateEntry(trainer, hyperparameters) : null;
        return isComplete;
    }

    private static SectionShape SectionOf(ITrainer trainer, Key<ITrainer> trainerKey, IEnumerable<Key> hyperparameters) =>
        new([trainerKey, .. hyperparameters]) { Description = trainer.Description };

    private static Key<ITrainer> TrainerKeyOf(ITrainer trainer) =>
        new("trainer", new ChoiceShape<ITrainer>("a trainer", [(trainer.Name, trainer)]), trainer.Description, isRequired: true);

    private static List<Key<HyperparameterDomain>> HyperparameterKeys(ITrainer trainer) =>
    [
        .. trainer.Hyperparameters.Select(static spec => new Key<HyperparameterDomain>(
            spec.Name, Domain(spec), $"{spec.Description} One value, a list of values to try, or a range to draw from. Default {spec.Default}.")),
    ];

    /// <summary>An editor knows no trainer that some program registers.</summary>
    private static JsonObject CustomSchema()
    {
        var name = PipelineShape.Name.Schema();
        name["not"] = new JsonObject { ["enum"] = new JsonArray([.. Trainers.BuiltIn.Select(static trainer => (JsonNode)trainer.Name)]) };
        return new JsonObject
        {
            ["description"] = "A trainer of one's own. Which hyperparameters it has, the program that registers it checks.",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["trainer"] = name,
            },
            ["required"] = new JsonArray("trainer"),
            ["additionalProperties"] = new DomainShape(new NumberRange(), isWhole: false).Schema(),
        };
    }

    private static DomainShape Domain(HyperparameterSpec spec) => new(
        new NumberRange(
            double.IsFinite(spec.Minimum) ? spec.Minimum : null,
            double.IsFinite(spec.Maximum) ? spec.Maximum : null),
        spec.IsInteger);
}

/// <summary>One entry of the file's candidates.</summary>
/// <param name="Trainer">The trainer.</param>
/// <param name="Hyperparameters">What each hyperparameter may be that is set, in the order of the file.</param>
internal sealed record CandidateEntry(ITrainer Trainer, IReadOnlyList<(string Name, Located<HyperparameterDomain> Domain)> Hyperparameters)
{
    /// <summary>The entry without its places.</summary>
    public CandidateSpace Space => new(
        Trainer.Name, Hyperparameters.ToImmutableSortedDictionary(given => given.Name, given => given.Domain.Value, StringComparer.Ordinal));
}
