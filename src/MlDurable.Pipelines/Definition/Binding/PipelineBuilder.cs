using System.Collections.Immutable;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Pipelines.Runs;
using static MlDurable.Pipelines.Definition.Binding.PipelineShape;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Makes the definition of a file without problems.</summary>
internal static class PipelineBuilder
{
    public static PipelineDefinition Build(
        Section file, ImmutableSortedDictionary<string, ParameterDefinition> parameters, TrainDefinition train)
    {
        var name = file.Get(RootKeys.Pipeline);
        var data = BuildData(file.Get(RootKeys.Data));
        var split = BuildSplit(file.Get(RootKeys.Split), data);
        var trainSection = file.Get(RootKeys.Train);
        var promote = BuildPromote(file.Get(RootKeys.Promote), data.Label.Rule.Task, name);
        return new PipelineDefinition
        {
            Name = name,
            Description = file.Get(RootKeys.Description),
            Seed = file.Get(RootKeys.Seed),
            Priority = file.Get(RootKeys.Priority),
            Parameters = parameters,
            Data = data,
            Quality = [.. file.Get(RootKeys.Quality).Values.SelectMany(BuildRules)],
            Features = BuildFeatures(file.Get(RootKeys.Features)),
            Split = split,
            Train = train with
            {
                CrossValidation = trainSection.TryGet(TrainKeys.CrossValidate, out var folds) ? BuildFolds(folds.Value, split, data.Label.Rule.Task) : null,
                Calibrate = trainSection.Get(TrainKeys.Calibrate),
                Threshold = trainSection.Get(TrainKeys.Threshold),
            },
            Evaluate = BuildEvaluate(file.Get(RootKeys.Evaluate), data.Label.Rule.Task, promote.Gates),
            Promote = promote,
            Approve = file.TryGet(RootKeys.Approve, out var approve) ? BuildApprove(approve.Value) : null,
            Score = file.TryGet(RootKeys.Score, out var score) ? BuildScore(score.Value, data) : null,
            Triggers = BuildTriggers(file.Get(RootKeys.Triggers)),
        };
    }

    private static DataDefinition BuildData(Section data)
    {
        var label = data.Get(DataKeys.Label);
        return new DataDefinition
        {
            Files = data.Get(DataKeys.Files),
            Window = data.Get(DataKeys.Window),
            Label = new LabelDefinition(label.Get(LabelKeys.Column), label.Get(LabelKeys.Task) switch
            {
                LearningTask.Multiclass => LabelRule.Class,
                LearningTask.Regression => LabelRule.Number,
                _ => label.Get(LabelKeys.Positive),
            }),
            Weight = data.TryGet(DataKeys.Weight, out var weight) ? weight.Value : null,
            Time = data.TryGet(DataKeys.Time, out var time) ? time.Value : null,
            Drop = [.. data.Get(DataKeys.Drop).Values],
            OnQuarantine = data.Get(DataKeys.OnQuarantine),
        };
    }

    private static IEnumerable<QualityRule> BuildRules(Section rule)
    {
        if (rule.TryGet(QualityKeys.RowCount, out var rows))
        {
            long? least = rows.Value.TryGet(QualityKeys.LeastRows, out var atLeast) ? atLeast.Value : null;
            long? most = rows.Value.TryGet(QualityKeys.MostRows, out var atMost) ? atMost.Value : null;
            return [new RowCountRule(least, most) { Level = rows.Value.Get(QualityKeys.Level), Line = rule.Mark.Line }];
        }

        return rule.TryGet(QualityKeys.Drift, out var drift)
            ? [new DriftRule(drift.Value.Get(QualityKeys.MostDrift)) { Level = drift.Value.Get(QualityKeys.Level), Line = rule.Mark.Line }]
            : BuildColumnRules(rule);
    }

    private static IEnumerable<QualityRule> BuildColumnRules(Section rule)
    {
        var column = rule.Get(QualityKeys.Column);
        var level = rule.Get(QualityKeys.Level);
        if (rule.Get(QualityKeys.Required))
        {
            yield return new RequiredColumnRule { Column = column, Level = level, Line = rule.MarkOf(QualityKeys.Required).Line };
        }

        if (rule.TryGet(QualityKeys.Type, out var type))
        {
            yield return new ColumnTypeRule(type.Value) { Column = column, Level = level, Line = type.Mark.Line };
        }

        if (rule.TryGet(QualityKeys.Between, out var between))
        {
            var limits = between.Value.Items;
            yield return new RangeRule(limits[0].Value, limits[1].Value) { Column = column, Level = level, Line = between.Mark.Line };
        }

        if (rule.TryGet(QualityKeys.Allowed, out var allowed))
        {
            yield return new AllowedValuesRule([.. allowed.Value.Values.Select(static value => value.Text)]) { Column = column, Level = level, Line = allowed.Mark.Line };
        }

        if (rule.TryGet(QualityKeys.Missing, out var missing))
        {
            yield return new MissingShareRule(missing.Value.Get(QualityKeys.MostMissing)) { Column = column, Level = level, Line = missing.Mark.Line };
        }

        if (rule.Get(QualityKeys.Unique))
        {
            yield return new UniqueRule { Column = column, Level = level, Line = rule.MarkOf(QualityKeys.Unique).Line };
        }

        if (rule.TryGet(QualityKeys.Known, out var known))
        {
            yield return new KnownValuesRule(known.Value.Get(QualityKeys.LeastKnown)) { Column = column, Level = level, Line = known.Mark.Line };
        }
    }

    private static FeaturesDefinition BuildFeatures(Section features)
    {
        var steps = features.Get(FeatureKeys.Numeric).Values.ToArray();
        var categorical = features.Get(FeatureKeys.Categorical);
        return new FeaturesDefinition
        {
            Transforms = features.Get(FeatureKeys.Transforms).Values
                .SelectMany(static entry => entry.Get(FeatureKeys.TransformedColumns).Values.Select(column => KeyValuePair.Create(column, entry.Get(FeatureKeys.Transform))))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Imputation = steps.Contains(NumberStep.ImputeMedian) ? NumberImputation.Median
                : steps.Contains(NumberStep.ImputeMean) ? NumberImputation.Mean
                : NumberImputation.None,
            Standardize = steps.Contains(NumberStep.Standardize),
            Encoding = categorical.Get(FeatureKeys.Encode),
            FoldRarerThan = categorical.Get(FeatureKeys.FoldRarerThan),
            Encodings = features.Get(FeatureKeys.Encodings).Values
                .SelectMany(static entry => entry.Get(FeatureKeys.EncodedColumns).Values.Select(column => KeyValuePair.Create(column, BuildEncoding(entry))))
                .ToImmutableSortedDictionary(StringComparer.Ordinal),
            Interactions = [.. features.Get(FeatureKeys.Interactions).Values.Select(static pair => new Interaction(pair.Items[0].Value, pair.Items[1].Value))],
            Dates = [.. features.Get(FeatureKeys.Dates).Values],
        };
    }

    private static ColumnEncoding BuildEncoding(Section entry) =>
        entry.Has(FeatureKeys.Hash) ? new HashEncoding { Buckets = entry.Get(FeatureKeys.Hash).Get(FeatureKeys.Buckets) }
        : entry.Has(FeatureKeys.Target) ? new TargetEncoding { Smooth = entry.Get(FeatureKeys.Target).Get(FeatureKeys.Smooth) }
        : BuildText(entry.Get(FeatureKeys.TextSection));

    private static TextEncoding BuildText(Section text)
    {
        var encoding = new TextEncoding { MostTerms = text.Get(FeatureKeys.MostTerms), InRows = text.Get(FeatureKeys.InRows) };
        return text.TryGet(FeatureKeys.Characters, out var characters) ? Of(TextUnit.Character, characters.Value)
            : text.TryGet(FeatureKeys.Words, out var words) ? Of(TextUnit.Word, words.Value)
            : encoding;

        TextEncoding Of(TextUnit unit, BoundList<int> sizes) => encoding with { Unit = unit, From = sizes.Items[0].Value, To = sizes.Items[1].Value };
    }

    private static SplitDefinition BuildSplit(Section split, DataDefinition data) => new()
    {
        By = split.TryGet(SplitKeys.By, out var by) ? by.Value : data.Time is null ? SplitBy.Hash : SplitBy.Time,
        Validation = split.Get(SplitKeys.Validation),
        Holdout = split.Get(SplitKeys.Holdout),
    };

    private static CrossValidationDefinition BuildFolds(Section folds, SplitDefinition split, LearningTask task) => new()
    {
        Folds = folds.Get(TrainKeys.Folds),
        By = folds.TryGet(TrainKeys.FoldsBy, out var by) ? by.Value
            : split.By == SplitBy.Time ? FoldsBy.Time
            : task == LearningTask.Regression ? FoldsBy.Random
            : FoldsBy.Stratified,
        Column = folds.TryGet(TrainKeys.GroupColumn, out var column) ? column.Value : null,
        Gap = folds.Get(TrainKeys.Gap),
    };

    private static EvaluateDefinition BuildEvaluate(Section evaluate, LearningTask task, ImmutableArray<MetricGate> gates)
    {
        var defaults = EvaluateDefinition.Default(task);
        var primary = evaluate.TryGet(EvaluateKeys.Primary, out var named) ? named.Value : defaults.Primary;
        var also = evaluate.TryGet(EvaluateKeys.Also, out var listed) ? listed.Value.Values : defaults.Also;
        return new EvaluateDefinition
        {
            Primary = primary,
            Also = [.. also.Concat(gates.Select(static gate => gate.Metric.Name)).Where(metric => metric != primary).Distinct()],
            Slices = [.. evaluate.Get(EvaluateKeys.Slices).Values],
            SliceImportance = evaluate.Get(EvaluateKeys.SliceImportance),
        };
    }

    private static PromoteDefinition BuildPromote(Section promote, LearningTask task, string pipeline)
    {
        var champion = promote.Get(PromoteKeys.VersusChampion);
        var gates = promote.Get(PromoteKeys.Gates).Values.ToArray();
        return new PromoteDefinition
        {
            Model = promote.TryGet(PromoteKeys.Model, out var model) ? model.Value : pipeline,
            Gates = [.. gates.Select(static gate => gate.Metric).OfType<MetricGate>().Select(gate => gate with { Metric = MetricCatalog.Find(task, gate.Metric.Name)! })],
            BetterThanBaseline = gates.Any(static gate => gate.Metric is null),
            VersusChampion = new VersusChampionDefinition
            {
                Rule = champion.Get(PromoteKeys.Rule),
                Margin = champion.TryGet(PromoteKeys.Margin, out var margin) ? margin.Value : null,
                Confidence = champion.Get(PromoteKeys.Confidence),
            },
            Slices = promote.Get(PromoteKeys.Slices),
        };
    }

    private static ApproveDefinition BuildApprove(Section approve) => new()
    {
        By = [.. approve.Get(ApproveKeys.By).Values],
        NotAuthor = approve.Get(ApproveKeys.NotAuthor),
        Timeout = approve.Get(ApproveKeys.Timeout),
        Remind = [.. approve.Get(ApproveKeys.Remind).Values],
        Webhook = approve.TryGet(ApproveKeys.Webhook, out var webhook) ? webhook.Value : null,
    };

    private static ScoreDefinition BuildScore(Section score, DataDefinition data) => new()
    {
        Files = score.TryGet(ScoreKeys.Files, out var files) ? files.Value : data.Files,
        Alias = score.Get(ScoreKeys.Alias),
        Parallel = score.Get(ScoreKeys.Parallel),
    };

    private static TriggersDefinition BuildTriggers(BoundList<Section> triggers) => new()
    {
        Schedules = [.. ScheduleNames.Of(triggers).Select(static schedule => BuildSchedule(schedule.Name, schedule.Section))],
        Data = All(triggers, TriggerKeys.Data).Select(BuildDataTrigger).FirstOrDefault(),
        Http = All(triggers, TriggerKeys.Http).Any(),
        After = [.. All(triggers, TriggerKeys.After).Select(static after =>
            new AfterDefinition(after.Get(TriggerKeys.AfterKeys.Pipeline), after.Get(TriggerKeys.AfterKeys.On)) { Stage = StageOf(after, TriggerKeys.AfterKeys.Stage) })],
    };

    private static ScheduleDefinition BuildSchedule(string name, Section schedule) => new()
    {
        Name = name,
        Cron = schedule.TryGet(TriggerKeys.ScheduleKeys.Cron, out var cron) ? cron.Value : null,
        Every = schedule.TryGet(TriggerKeys.ScheduleKeys.Every, out var every) ? every.Value : null,
        Zone = schedule.Get(TriggerKeys.ScheduleKeys.Zone),
        CatchUp = schedule.Get(TriggerKeys.ScheduleKeys.CatchUp),
        CatchUpWindow = schedule.Get(TriggerKeys.ScheduleKeys.Within),
        Overlap = schedule.Get(TriggerKeys.ScheduleKeys.Overlap),
        Jitter = schedule.Get(TriggerKeys.ScheduleKeys.Jitter),
        Start = schedule.TryGet(TriggerKeys.ScheduleKeys.Start, out var start) ? start.Value : null,
        End = schedule.TryGet(TriggerKeys.ScheduleKeys.End, out var end) ? end.Value : null,
        Stage = StageOf(schedule, TriggerKeys.ScheduleKeys.Stage),
        Parameters = schedule.Get(TriggerKeys.ScheduleKeys.Set)
            .ToImmutableSortedDictionary(static setting => setting.Name, static setting => setting.Value.Value.Text, StringComparer.Ordinal),
    };

    private static DataTriggerDefinition BuildDataTrigger(Section trigger)
    {
        int? count = trigger.TryGet(TriggerKeys.DataTriggerKeys.Count, out var blobs) ? blobs.Value : null;
        long? bytes = trigger.TryGet(TriggerKeys.DataTriggerKeys.Bytes, out var size) ? size.Value : null;
        var marker = trigger.TryGet(TriggerKeys.DataTriggerKeys.Marker, out var name) ? name.Value : null;
        var hasOther = count is not null || bytes is not null || marker is not null;
        return new DataTriggerDefinition
        {
            QuietFor = trigger.TryGet(TriggerKeys.DataTriggerKeys.QuietFor, out var quiet) ? quiet.Value : hasOther ? null : new DataTriggerDefinition().QuietFor,
            Count = count,
            Bytes = bytes,
            Marker = marker,
            Stage = StageOf(trigger, TriggerKeys.DataTriggerKeys.Stage),
        };
    }

    private static IEnumerable<Section> All(BoundList<Section> triggers, Key<Section> kind) =>
        triggers.Values.Select(entry => entry.TryGet(kind, out var trigger) ? trigger.Value : null).OfType<Section>();

    private static RunStage StageOf(Section trigger, Key<RunStage> key) => trigger.TryGet(key, out var stage) ? stage.Value : RunStage.All;
}
