using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using static MlDurable.Pipelines.Definition.Binding.PipelineShape;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Makes the definition of a file without problems.</summary>
internal static class PipelineBuilder
{
    public static PipelineDefinition Build(
        Section file, ImmutableSortedDictionary<string, ParameterDefinition> parameters, ImmutableArray<CandidateDefinition> candidates)
    {
        var name = file.Get(Root.Pipeline);
        var data = BuildData(file.Get(Root.Data));
        var promote = BuildPromote(file.Get(Root.Promote), name);
        return new PipelineDefinition
        {
            Name = name,
            Description = file.Get(Root.Description),
            Seed = file.Get(Root.Seed),
            Parameters = parameters,
            Data = data,
            Quality = [.. file.Get(Root.Quality).Values.SelectMany(BuildRules)],
            Features = BuildFeatures(file.Get(Root.Features)),
            Split = BuildSplit(file.Get(Root.Split), data),
            Train = new TrainDefinition { Search = BuildSearch(file.Get(Root.Train).Get(Train.Search)), Candidates = candidates },
            Evaluate = BuildEvaluate(file.Get(Root.Evaluate), promote.Gates),
            Promote = promote,
        };
    }

    private static DataDefinition BuildData(Section data)
    {
        var label = data.Get(DataKeys.Label);
        return new DataDefinition
        {
            Files = data.Get(DataKeys.Files),
            Window = data.Get(DataKeys.Window),
            Label = new LabelDefinition(label.Get(Label.Column), label.Get(Label.Positive)),
            Time = data.TryGet(DataKeys.Time, out var time) ? time.Value : null,
            Drop = [.. data.Get(DataKeys.Drop).Values],
            OnQuarantine = data.Get(DataKeys.OnQuarantine),
        };
    }

    private static IEnumerable<QualityRule> BuildRules(Section rule)
    {
        if (rule.TryGet(Quality.RowCount, out var rows))
        {
            long? least = rows.Value.TryGet(Quality.LeastRows, out var atLeast) ? atLeast.Value : null;
            long? most = rows.Value.TryGet(Quality.MostRows, out var atMost) ? atMost.Value : null;
            return [new RowCountRule(least, most) { Level = rows.Value.Get(Quality.Level), Line = rule.Mark.Line }];
        }

        return rule.TryGet(Quality.Drift, out var drift)
            ? [new DriftRule(drift.Value.Get(Quality.MostDrift)) { Level = drift.Value.Get(Quality.Level), Line = rule.Mark.Line }]
            : BuildColumnRules(rule);
    }

    private static IEnumerable<QualityRule> BuildColumnRules(Section rule)
    {
        var column = rule.Get(Quality.Column);
        var level = rule.Get(Quality.Level);
        if (rule.Get(Quality.Required))
        {
            yield return new RequiredColumnRule { Column = column, Level = level, Line = rule.MarkOf(Quality.Required).Line };
        }

        if (rule.TryGet(Quality.Type, out var type))
        {
            yield return new ColumnTypeRule(type.Value) { Column = column, Level = level, Line = type.Mark.Line };
        }

        if (rule.TryGet(Quality.Between, out var between))
        {
            var limits = between.Value.Items;
            yield return new RangeRule(limits[0].Value, limits[1].Value) { Column = column, Level = level, Line = between.Mark.Line };
        }

        if (rule.TryGet(Quality.Allowed, out var allowed))
        {
            yield return new AllowedValuesRule([.. allowed.Value.Values.Select(static value => value.Text)]) { Column = column, Level = level, Line = allowed.Mark.Line };
        }

        if (rule.TryGet(Quality.Missing, out var missing))
        {
            yield return new MissingShareRule(missing.Value.Get(Quality.MostMissing)) { Column = column, Level = level, Line = missing.Mark.Line };
        }

        if (rule.Get(Quality.Unique))
        {
            yield return new UniqueRule { Column = column, Level = level, Line = rule.MarkOf(Quality.Unique).Line };
        }

        if (rule.TryGet(Quality.Known, out var known))
        {
            yield return new KnownValuesRule(known.Value.Get(Quality.LeastKnown)) { Column = column, Level = level, Line = known.Mark.Line };
        }
    }

    private static FeaturesDefinition BuildFeatures(Section features)
    {
        var steps = features.Get(FeaturesKeys.Numeric).Values.ToArray();
        var categorical = features.Get(FeaturesKeys.Categorical);
        return new FeaturesDefinition
        {
            Imputation = steps.Contains(NumberStep.ImputeMedian) ? NumberImputation.Median
                : steps.Contains(NumberStep.ImputeMean) ? NumberImputation.Mean
                : NumberImputation.None,
            Standardize = steps.Contains(NumberStep.Standardize),
            Encoding = categorical.Get(FeaturesKeys.Encode),
            FoldRarerThan = categorical.Get(FeaturesKeys.FoldRarerThan),
            Dates = [.. features.Get(FeaturesKeys.Dates).Values],
        };
    }

    private static SplitDefinition BuildSplit(Section split, DataDefinition data) => new()
    {
        By = split.TryGet(Split.By, out var by) ? by.Value : data.Time is null ? SplitBy.Hash : SplitBy.Time,
        Validation = split.Get(Split.Validation),
        Holdout = split.Get(Split.Holdout),
    };

    private static SearchDefinition BuildSearch(Section search) => new() { Strategy = search.Get(Train.Strategy), Parallel = search.Get(Train.Parallel) };

    private static EvaluateDefinition BuildEvaluate(Section evaluate, ImmutableArray<MetricGate> gates)
    {
        var primary = evaluate.Get(Evaluate.Primary);
        return new EvaluateDefinition
        {
            Primary = primary,
            Also = [.. evaluate.Get(Evaluate.Also).Values.Concat(gates.Select(static gate => gate.Metric.Name)).Where(metric => metric != primary).Distinct()],
            Slices = [.. evaluate.Get(Evaluate.Slices).Values],
        };
    }

    private static PromoteDefinition BuildPromote(Section promote, string pipeline)
    {
        var champion = promote.Get(Promote.VersusChampion);
        var gates = promote.Get(Promote.Gates).Values.ToArray();
        return new PromoteDefinition
        {
            Model = promote.TryGet(Promote.Model, out var model) ? model.Value : pipeline,
            Gates = [.. gates.Select(static gate => gate.Metric).OfType<MetricGate>()],
            BetterThanBaseline = gates.Any(static gate => gate.Metric is null),
            VersusChampion = new VersusChampionDefinition
            {
                Rule = champion.Get(Promote.Rule),
                Margin = champion.TryGet(Promote.Margin, out var margin) ? margin.Value : null,
                Confidence = champion.Get(Promote.Confidence),
            },
            Slices = promote.Get(Promote.Slices),
        };
    }
}
