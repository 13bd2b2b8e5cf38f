using System.Collections.Immutable;
using MlDurable.Pipelines.Definition.Yaml;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Makes one candidate of each combination of the listed hyperparameters.</summary>
internal static class CandidateExpansion
{
    public static ImmutableArray<CandidateDefinition> Expand(Section file, BindContext context)
    {
        if (!file.TryGet(PipelineShape.RootKeys.Train, out var train) || !train.Value.TryGet(PipelineShape.TrainKeys.Candidates, out var grids))
        {
            return [];
        }

        var total = grids.Value.Values.Sum(static grid => grid.Hyperparameters.Aggregate(1.0, static (product, list) => product * list.Values.Count));
        if (total > TrainDefinition.MaxCandidates)
        {
            context.Report(
                grids.Mark,
                PipelineProblemCodes.InvalidValue,
                $"'candidates' makes {total:N0} combinations; at most {TrainDefinition.MaxCandidates:N0} are allowed");
            return [];
        }

        var candidates = ImmutableArray.CreateBuilder<CandidateDefinition>((int)total);
        var lines = new Dictionary<string, int>();
        foreach (var grid in grids.Value.Items)
        {
            var repeated = Combinations(grid.Value).Where(candidate => !lines.TryAdd(Identity(grid.Value, candidate), grid.Mark.Line)).ToArray();
            if (repeated.Length > 0)
            {
                context.Report(
                    grid.Mark,
                    PipelineProblemCodes.Conflict,
                    $"the candidate '{repeated[0].DisplayName}' is already on line {lines[Identity(grid.Value, repeated[0])]}");
            }

            candidates.AddRange(Combinations(grid.Value));
        }

        return candidates.ToImmutable();
    }

    private static IEnumerable<CandidateDefinition> Combinations(CandidateGrid grid)
    {
        IEnumerable<ImmutableSortedDictionary<string, double>> combinations = [ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal)];
        foreach (var (name, values) in grid.Hyperparameters)
        {
            combinations = combinations.SelectMany(combination => values.Select(value => combination.Add(name, value)));
        }

        return combinations.Select(combination => new CandidateDefinition(grid.Trainer.Name, combination));
    }

    /// <summary>What is trained: a hyperparameter that is left out has its default.</summary>
    private static string Identity(CandidateGrid grid, CandidateDefinition candidate) => string.Join(
        ' ',
        grid.Trainer.Hyperparameters
            .Select(spec => $"{spec.Name}={candidate.Hyperparameters.GetValueOrDefault(spec.Name, spec.Default)}")
            .Prepend(grid.Trainer.Name));
}
