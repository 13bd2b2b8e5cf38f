using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Turns the tree of a file into a definition.</summary>
internal static class PipelineBinder
{
    public static PipelineDefinition? Bind(YamlMapping root, IReadOnlyDictionary<string, string> set, ProblemList problems)
    {
        var context = new BindContext(problems);
        var parameters = BindParameters(root, set, context);
        PipelineShape.RootKeys.Shape.TryBind(root, "the file", context, out var bound);
        var file = bound ?? PipelineShape.RootKeys.Shape.Empty();
        var train = TrainBinder.Bind(file, context);
        PipelineChecks.Check(file, context);
        TriggerChecks.Check(file, parameters, context);
        if (problems.HasErrors)
        {
            return null;
        }

        // Said only of a file that is otherwise right: a misspelled use is reported where it is.
        if (file.TryGet(PipelineShape.RootKeys.Parameters, out var declarations))
        {
            foreach (var unused in declarations.Value.Where(declaration => !context.IsUsed(declaration.Name)))
            {
                problems.Add(
                    unused.Mark, PipelineProblemCodes.UnusedParameter, $"the parameter '{unused.Name}' is never used", PipelineProblemSeverity.Warning);
            }
        }

        return PipelineBuilder.Build(file, parameters, train!);
    }

    /// <summary>
    /// The parameters come before everything that they may stand in. Binding them once more with the rest of the file reports the same
    /// problems,
    /// which are kept once.
    /// </summary>
    private static ImmutableSortedDictionary<string, ParameterDefinition> BindParameters(
        YamlMapping root, IReadOnlyDictionary<string, string> set, BindContext context)
    {
        var key = PipelineShape.RootKeys.Parameters;
        var names = PipelineShape.RootKeys.Shape.Keys.Select(static known => known.Name);
        var entry = root.Entries.FirstOrDefault(entry => entry.Key == key.Name)
            ?? root.Entries.FirstOrDefault(entry => NearestName.Of(entry.Key, names) == key.Name);
        var declarations = entry is null ? [] : key.Bind(entry.Value, context) as IReadOnlyList<NamedSection> ?? [];
        return ParameterBinder.Bind(declarations, set, entry?.Mark ?? SourceMark.Start, context);
    }
}
