using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Training;
using static MlDurable.Pipelines.Definition.Binding.PipelineShape;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Makes what is trained of the file's search and candidates: each combination of listed values, or the space that a search draws from.</summary>
internal static class TrainBinder
{
    /// <summary>The definition; null when something was refused.</summary>
    public static TrainDefinition? Bind(Section file, BindContext context)
    {
        if (!file.TryGet(RootKeys.Train, out var train)
            || !train.Value.TryGet(TrainKeys.Candidates, out var candidates)
            || !train.Value.TryGet(TrainKeys.Search, out var search)
            || !search.Value.TryGet(TrainKeys.Strategy, out var strategy))
        {
            return null;
        }

        return strategy.Value == SearchStrategy.Grid
            ? BindGrid(candidates, search.Value, context)
            : BindSpace(candidates, search.Value, strategy.Value, context);
    }

    private static TrainDefinition? BindGrid(Located<BoundList<CandidateEntry>> candidates, Section search, BindContext context)
    {
        foreach (var key in TrainKeys.OfSearches.Where(search.Has))
        {
            context.Report(
                search.MarkOf(key), PipelineProblemCodes.Conflict,
                $"'{key.Name}' is for a search that draws candidates; 'strategy: grid' trains every combination");
        }

        var ranges = candidates.Value.Values.SelectMany(entry => entry.Hyperparameters).Where(given => given.Domain.Value is ValueRange).ToList();
        foreach (var (name, domain) in ranges)
        {
            context.Report(
                domain.Mark, PipelineProblemCodes.Conflict,
                $"'{name}' is a range, of which 'strategy: grid' has no combinations; list values, or draw them with 'strategy: random' or 'tpe'");
        }

        return ranges.Count == 0 && TryExpand(candidates, context, out var combinations) && search.TryGet(TrainKeys.Parallel, out var parallel)
            ? new TrainDefinition { Search = new SearchDefinition { Parallel = parallel.Value }, Candidates = combinations }
            : null;
    }

    private static bool TryExpand(Located<BoundList<CandidateEntry>> entries, BindContext context, out ImmutableArray<CandidateDefinition> candidates)
    {
        candidates = [];
        var total = entries.Value.Values.Sum(static entry => entry.Space.Count);
        if (total > TrainDefinition.MaxCandidates)
        {
            context.Report(
                entries.Mark,
                PipelineProblemCodes.InvalidValue,
                $"'candidates' makes {total:N0} combinations; at most {TrainDefinition.MaxCandidates:N0} are allowed");
            return false;
        }

        var expanded = ImmutableArray.CreateBuilder<CandidateDefinition>((int)total);
        var lines = new Dictionary<string, int>();
        foreach (var entry in entries.Value.Items)
        {
            var repeated = Combinations(entry.Value).Where(candidate => !lines.TryAdd(Identity(entry.Value, candidate), entry.Mark.Line)).ToArray();
            if (repeated.Length > 0)
            {
                context.Report(
                    entry.Mark,
                    PipelineProblemCodes.Conflict,
                    $"the candidate '{repeated[0].DisplayName}' is already on line {lines[Identity(entry.Value, repeated[0])]}");
            }

            expanded.AddRange(Combinations(entry.Value));
        }

        candidates = expanded.ToImmutable();
        return true;
    }

    private static IEnumerable<CandidateDefinition> Combinations(CandidateEntry entry)
    {
        IEnumerable<ImmutableSortedDictionary<string, double>> combinations = [ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal)];
        foreach (var (name, domain) in entry.Hyperparameters)
        {
            combinations = combinations.SelectMany(combination => ((ValueList)domain.Value).Values.Select(value => combination.Add(name, value)));
        }

        return combinations.Select(combination => new CandidateDefinition(entry.Trainer.Name, combination));
    }

    /// <summary>What is trained: a hyperparameter that is left out has its default.</summary>
    private static string Identity(CandidateEntry entry, CandidateDefinition candidate) => string.Join(
        ' ',
        entry.Trainer.Hyperparameters
            .Select(spec => $"{spec.Name}={candidate.Hyperparameters.GetValueOrDefault(spec.Name, spec.Default)}")
            .Prepend(entry.Trainer.Name));

    private static TrainDefinition? BindSpace(Located<BoundList<CandidateEntry>> candidates, Section search, SearchStrategy strategy, BindContext context)
    {
        var lines = new Dictionary<ITrainer, int>();
        foreach (var entry in candidates.Value.Items.Where(entry => !lines.TryAdd(entry.Value.Trainer, entry.Mark.Line)))
        {
            var name = entry.Value.Trainer.Name;
            context.Report(
                entry.Mark, PipelineProblemCodes.Conflict,
                $"'{name}' is already on line {lines[entry.Value.Trainer]}; a search has one space for each trainer, so make one entry of both");
        }

        if (!search.Has(TrainKeys.Trials))
        {
            context.Report(
                search.MarkOf(TrainKeys.Strategy), PipelineProblemCodes.MissingKey,
                $"'strategy: {strategy.ToString().ToLowerInvariant()}' needs the key 'trials', the number of candidates to draw");
        }

        foreach (var key in TrainKeys.OfHalving.Where(key => strategy != SearchStrategy.Asha && search.Has(key)))
        {
            context.Report(search.MarkOf(key), PipelineProblemCodes.Conflict, $"'{key.Name}' is for 'strategy: asha', which stops most candidates early");
        }

        if (!search.TryGet(TrainKeys.Trials, out var trials)
            || !search.TryGet(TrainKeys.Parallel, out var parallel)
            || !search.TryGet(TrainKeys.WarmStart, out var warmStart)
            || (!search.TryGet(TrainKeys.Time, out var time) && search.Has(TrainKeys.Time))
            || !candidates.Value.IsComplete)
        {
            return null;
        }

        var space = new SearchSpace([.. candidates.Value.Values.Select(static entry => entry.Space)]);
        if (trials.Value > space.Count)
        {
            context.Report(
                trials.Mark, PipelineProblemCodes.Conflict,
                $"'trials' is {trials.Value}, but 'candidates' has only {space.Count} different ones; ask for fewer, or widen their values");
            return null;
        }

        SuccessiveHalving? halving = null;
        if (strategy == SearchStrategy.Asha && !TryBindHalving(search, trials, context, out halving))
        {
            return null;
        }

        return new TrainDefinition
        {
            Search = new SearchDefinition
            {
                Strategy = strategy,
                Halving = halving,
                Parallel = parallel.Value,
                Trials = trials.Value,
                Time = search.Has(TrainKeys.Time) ? time.Value : null,
                WarmStart = warmStart.Value,
            },
            Space = space,
        };
    }

    private static bool TryBindHalving(Section search, Located<int> trials, BindContext context, [NotNullWhen(true)] out SuccessiveHalving? halving)
    {
        halving = null;
        if (!search.TryGet(TrainKeys.Reduction, out var reduction) || (!search.TryGet(TrainKeys.Rungs, out var rungs) && search.Has(TrainKeys.Rungs)))
        {
            return false;
        }

        var most = SuccessiveHalving.MostRungs(trials.Value, reduction.Value);
        if (most < 2)
        {
            context.Report(
                trials.Mark, PipelineProblemCodes.Conflict,
                $"'trials' is {trials.Value}, of which 'reduction: {reduction.Value}' lets none go on; ask for {reduction.Value} at least");
            return false;
        }

        if (search.Has(TrainKeys.Rungs) && rungs.Value > most)
        {
            context.Report(
                rungs.Mark, PipelineProblemCodes.Conflict,
                $"'rungs' is {rungs.Value}, but of {trials.Value} trials with 'reduction: {reduction.Value}' none comes to more than {most}; "
                + "ask for more trials or fewer rungs");
            return false;
        }

        halving = new SuccessiveHalving(
            trials.Value, search.Has(TrainKeys.Rungs) ? rungs.Value : Math.Min(most, SearchDefinition.MostDefaultRungs), reduction.Value);
        return true;
    }
}
