using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition.Yaml;
using static MlDurable.Pipelines.Definition.Binding.PipelineShape;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>Finds settings that contradict each other. What was refused on its own takes part in no contradiction.</summary>
internal static class PipelineChecks
{
    public static void Check(Section file, BindContext context)
    {
        var data = file.TryGet(RootKeys.Data, out var found) ? found.Value : null;
        CheckColumns(data, file, context);
        CheckSplit(data, file, context);
        CheckFolds(data, file, context);
        CheckTransforms(file, context);
        CheckInteractions(file, context);
        CheckTexts(file, context);
        CheckNumeric(file, context);
        CheckMetrics(file, context);
        CheckTask(data, file, context);
        if (file.TryGet(RootKeys.Quality, out var rules))
        {
            foreach (var rule in rules.Value.Values)
            {
                CheckRule(rule, context);
            }
        }
    }

    private static void CheckColumns(Section? data, Section file, BindContext context)
    {
        if (data is null)
        {
            return;
        }

        Located<string> time = default;
        var hasTime = data.Has(DataKeys.Time) && data.TryGet(DataKeys.Time, out time);
        if (data.Has(DataKeys.Window) && !data.Has(DataKeys.Time) && data.TryGet(DataKeys.Window, out var window) && window.Value is DataWindow.Days)
        {
            Conflict(window.Mark, "'window' by days needs the column that orders rows; add 'time' to 'data'");
        }

        var hasSlices = file.TryGet(RootKeys.Evaluate, out var evaluate) & (evaluate.Value?.TryGet(EvaluateKeys.Slices, out _) ?? false);
        var slices = hasSlices && evaluate.Value!.TryGet(EvaluateKeys.Slices, out var list) ? list.Value.Items : [];
        if (hasTime)
        {
            Refuse(slices, time.Value, "the time column, whose values are no slices");
        }

        if (!data.TryGet(DataKeys.Label, out var labelSection) || !labelSection.Value.TryGet(LabelKeys.Column, out var label))
        {
            return;
        }

        if (hasTime && time.Value == label.Value)
        {
            Conflict(time.Mark, $"'{time.Value}' is the label's column; 'time' must be another one");
        }

        var encoded = EncodedColumns(file).ToArray();
        var multiplied = Interactions(file).SelectMany(static pair => pair.Value.Items).ToArray();
        Refuse(encoded, label.Value, "the label, which is never a feature; remove it from 'encodings'");
        Refuse(multiplied, label.Value, "the label, which is never a feature; remove it from 'interactions'");
        if (data.Has(DataKeys.Weight) && data.TryGet(DataKeys.Weight, out var weight))
        {
            if (weight.Value == label.Value || (hasTime && weight.Value == time.Value))
            {
                Conflict(weight.Mark, $"'{weight.Value}' is the {(weight.Value == label.Value ? "label's" : "time")} column; 'weight' must be another one");
            }

            Refuse(encoded, weight.Value, "the weight, which is never a feature; remove it from 'encodings'");
            Refuse(multiplied, weight.Value, "the weight, which is never a feature; remove it from 'interactions'");
        }

        if (data.TryGet(DataKeys.Drop, out var drop))
        {
            Refuse(drop.Value.Items, label.Value, "the label, which is never a feature; remove it from 'drop'");
            foreach (var dropped in drop.Value.Values)
            {
                Refuse(encoded, dropped, "dropped; remove it from 'encodings' or from 'drop'");
                Refuse(multiplied, dropped, "dropped; remove it from 'interactions' or from 'drop'");
            }
        }

        Refuse(slices, label.Value, "the label, whose values are no slices");

        void Refuse(IEnumerable<Located<string>> columns, string column, string reason)
        {
            foreach (var listed in columns.Where(listed => listed.Value == column))
            {
                Conflict(listed.Mark, $"'{column}' is {reason}");
            }
        }

        void Conflict(SourceMark mark, string message) => context.Report(mark, PipelineProblemCodes.Conflict, message);
    }

    private static IEnumerable<Located<string>> EncodedColumns(Section file) =>
        !file.TryGet(RootKeys.Features, out var features) || !features.Value.TryGet(FeatureKeys.Encodings, out var encodings)
            ? []
            : encodings.Value.Values.SelectMany(static entry => entry.TryGet(FeatureKeys.EncodedColumns, out var columns) ? columns.Value.Items : []);

    private static IEnumerable<Located<BoundList<string>>> Interactions(Section file) =>
        file.TryGet(RootKeys.Features, out var features) && features.Value.TryGet(FeatureKeys.Interactions, out var pairs) ? pairs.Value.Items : [];

    private static void CheckSplit(Section? data, Section file, BindContext context)
    {
        if (!file.TryGet(RootKeys.Split, out var split))
        {
            return;
        }

        if (data is not null && !data.Has(DataKeys.Time) && split.Value.TryGet(SplitKeys.By, out var by) && by.Value == SplitBy.Time)
        {
            context.Report(
                by.Mark, PipelineProblemCodes.Conflict,
                "a split by time needs the column that orders rows; add 'time' to 'data', or use 'by: hash'");
        }

        if (split.Value.TryGet(SplitKeys.Validation, out var validation)
            && split.Value.TryGet(SplitKeys.Holdout, out var holdout)
            && validation.Value + holdout.Value >= 1)
        {
            var mark = split.Value.Has(SplitKeys.Holdout) ? holdout.Mark : validation.Mark;
            context.Report(
                mark,
                PipelineProblemCodes.Conflict,
                $"'validation' {validation.Value} and 'holdout' {holdout.Value} leave no rows for training; together they must be less than 1");
        }
    }

    private static void CheckFolds(Section? data, Section file, BindContext context)
    {
        if (!file.TryGet(RootKeys.Train, out var train) || !train.Value.TryGet(TrainKeys.CrossValidate, out var found) || data is null)
        {
            return;
        }

        var folds = found.Value;
        var hasLabel = data.TryGet(DataKeys.Label, out var label);
        var isRegression = hasLabel && label.Value.TryGet(LabelKeys.Task, out var task) && task.Value == LearningTask.Regression;
        FoldsBy? by = folds.TryGet(TrainKeys.FoldsBy, out var given) ? given.Value
            : folds.Has(TrainKeys.FoldsBy) ? null
            : IsSplitByTime(data, file) ? FoldsBy.Time
            : isRegression ? FoldsBy.Random
            : FoldsBy.Stratified;
        switch (by)
        {
            case FoldsBy.Time when !data.Has(DataKeys.Time):
                Conflict(
                    folds.MarkOf(TrainKeys.FoldsBy),
                    $"folds by time need the column that orders rows; add 'time' to 'data', or use 'by: {(isRegression ? "random" : "stratified")}'");
                break;
            case FoldsBy.Stratified when isRegression:
                Conflict(given.Mark, "folds 'by: stratified' share classes equally, and the task regression has none; use 'by: random'");
                break;
            case FoldsBy.Group when !folds.Has(TrainKeys.GroupColumn):
                context.Report(given.Mark, PipelineProblemCodes.MissingKey, "'by: group' needs the key 'column', whose values are kept together");
                break;
        }

        if (by is not null and not FoldsBy.Group && folds.Has(TrainKeys.GroupColumn))
        {
            Conflict(folds.MarkOf(TrainKeys.GroupColumn), "'column' is for folds 'by: group'");
        }

        if (by is not null and not FoldsBy.Time && folds.Has(TrainKeys.Gap))
        {
            Conflict(folds.MarkOf(TrainKeys.Gap), "'gap' is for folds 'by: time'");
        }

        if (folds.TryGet(TrainKeys.GroupColumn, out var column)
            && hasLabel
            && label.Value.TryGet(LabelKeys.Column, out var labelColumn)
            && column.Value == labelColumn.Value)
        {
            Conflict(column.Mark, $"'{column.Value}' is the label, whose values are no groups");
        }

        void Conflict(SourceMark mark, string message) => context.Report(mark, PipelineProblemCodes.Conflict, message);
    }

    /// <summary>Whether rows are divided by their time, by the file's own word or by default; not where that word was refused.</summary>
    private static bool IsSplitByTime(Section data, Section file) =>
        !file.TryGet(RootKeys.Split, out var split) || !split.Value.Has(SplitKeys.By)
            ? data.Has(DataKeys.Time)
            : split.Value.TryGet(SplitKeys.By, out var by) && by.Value == SplitBy.Time;

    private static void CheckTransforms(Section file, BindContext context)
    {
        if (file.TryGet(RootKeys.Features, out var features))
        {
            CheckOnce(features.Value, FeatureKeys.Transforms, FeatureKeys.TransformedColumns, "a transform", context);
            CheckOnce(features.Value, FeatureKeys.Encodings, FeatureKeys.EncodedColumns, "an encoding", context);
        }
    }

    private static void CheckOnce(Section features, Key<BoundList<Section>> list, Key<BoundList<string>> columnsOf, string what, BindContext context)
    {
        var lines = new Dictionary<string, int>();
        foreach (var entry in features.TryGet(list, out var entries) ? entries.Value.Items : [])
        {
            foreach (var column in entry.Value.TryGet(columnsOf, out var columns) ? columns.Value.Items : [])
            {
                // Within one list it is reported by the list.
                if (!lines.TryAdd(column.Value, entry.Mark.Line) && lines[column.Value] != entry.Mark.Line)
                {
                    context.Report(column.Mark, PipelineProblemCodes.Conflict, $"'{column.Value}' has {what} already, on line {lines[column.Value]}");
                }
            }
        }
    }

    private static void CheckInteractions(Section file, BindContext context)
    {
        var lines = new Dictionary<(string, string), int>();
        foreach (var pair in Interactions(file))
        {
            string[] names = [.. pair.Value.Values.Order(StringComparer.Ordinal)];
            if (names is [var first, var second] && !lines.TryAdd((first, second), pair.Mark.Line))
            {
                context.Report(
                    pair.Mark, PipelineProblemCodes.Conflict, $"'interactions' has the pair of '{first}' and '{second}' already, on line {lines[(first, second)]}");
            }
        }
    }

    private static void CheckTexts(Section file, BindContext context)
    {
        var encodings = file.TryGet(RootKeys.Features, out var features) && features.Value.TryGet(FeatureKeys.Encodings, out var found) ? found.Value.Items : [];
        var texts = encodings.Where(static entry => entry.Value.Has(FeatureKeys.TextSection)).ToArray();
        foreach (var entry in texts)
        {
            if (entry.Value.TryGet(FeatureKeys.TextSection, out var text))
            {
                CheckSizes(text.Value, context);
            }
        }

        var candidates = file.TryGet(RootKeys.Train, out var train) && train.Value.TryGet(TrainKeys.Candidates, out var grids) ? grids.Value.Items : [];
        foreach (var candidate in candidates.Where(candidate => texts.Length > 0 && !candidate.Value.Trainer.TakesText))
        {
            context.Report(
                candidate.Mark,
                PipelineProblemCodes.Conflict,
                $"the trainer '{candidate.Value.Trainer.Name}' takes no text, and columns are encoded as text on line {texts[0].Mark.Line}");
        }
    }

    private static void CheckSizes(Section text, BindContext context)
    {
        if (text.Has(FeatureKeys.Words) && text.Has(FeatureKeys.Characters))
        {
            context.Report(
                text.MarkOf(FeatureKeys.Characters), PipelineProblemCodes.Conflict, "'words' and 'characters' exclude each other; keep one");
        }

        foreach (var key in new[] { FeatureKeys.Words, FeatureKeys.Characters })
        {
            if (text.TryGet(key, out var sizes) && sizes.Value.Items is [var least, var most] && least.Value > most.Value)
            {
                context.Report(
                    most.Mark, PipelineProblemCodes.Conflict, $"'{key.Name}' needs the lesser size first: {most.Value} is less than {least.Value}");
            }
        }
    }

    private static void CheckNumeric(Section file, BindContext context)
    {
        if (file.TryGet(RootKeys.Features, out var features) && features.Value.TryGet(FeatureKeys.Numeric, out var steps))
        {
            var imputations = steps.Value.Items.Where(static step => step.Value != NumberStep.Standardize).ToArray();
            if (imputations.Length > 1)
            {
                context.Report(
                    imputations[1].Mark, PipelineProblemCodes.Conflict,
                    "'numeric' fills missing numbers twice; keep impute-median or impute-mean");
            }
        }
    }

    private static void CheckMetrics(Section file, BindContext context)
    {
        if (file.TryGet(RootKeys.Evaluate, out var evaluate)
            && evaluate.Value.Has(EvaluateKeys.Also)
            && evaluate.Value.TryGet(EvaluateKeys.Also, out var also)
            && evaluate.Value.TryGet(EvaluateKeys.Primary, out var primary))
        {
            foreach (var repeated in also.Value.Items.Where(metric => metric.Value == primary.Value))
            {
                context.Report(
                    repeated.Mark, PipelineProblemCodes.Conflict, $"'{repeated.Value}' is the primary metric; remove it from 'also'");
            }
        }
    }

    /// <summary>Metrics, trainers and what is made of probabilities must suit what is predicted.</summary>
    private static void CheckTask(Section? data, Section file, BindContext context)
    {
        if (data is null || !data.TryGet(DataKeys.Label, out var label) || !label.Value.TryGet(LabelKeys.Task, out var task))
        {
            return;
        }

        var name = task.Value.ToString().ToLowerInvariant();
        if (task.Value != LearningTask.Binary && label.Value.Has(LabelKeys.Positive))
        {
            Conflict(label.Value.MarkOf(LabelKeys.Positive), $"'positive' is for the task binary, and the task is {name}; remove one of the two");
        }

        if (file.TryGet(RootKeys.Evaluate, out var evaluate))
        {
            RequireMetrics(evaluate.Value.TryGet(EvaluateKeys.Primary, out var primary) ? [primary] : []);
            RequireMetrics(evaluate.Value.TryGet(EvaluateKeys.Also, out var also) ? also.Value.Items : []);
        }

        if (file.TryGet(RootKeys.Promote, out var promote) && promote.Value.TryGet(PromoteKeys.Gates, out var gates))
        {
            RequireMetrics(gates.Value.Items
                .Where(static gate => gate.Value.Metric is not null)
                .Select(static gate => new Located<string>(gate.Value.Metric!.Metric.Name, gate.Mark)));
        }

        if (!file.TryGet(RootKeys.Train, out var train))
        {
            return;
        }

        foreach (var key in new Key[] { TrainKeys.Calibrate, TrainKeys.Threshold }.Where(key => task.Value != LearningTask.Binary && train.Value.Has(key)))
        {
            Conflict(train.Value.MarkOf(key), $"'{key.Name}' is for probabilities of the task binary, and the task is {name}; remove it");
        }

        foreach (var candidate in train.Value.TryGet(TrainKeys.Candidates, out var candidates) ? candidates.Value.Items : [])
        {
            var trainer = candidate.Value.Trainer;
            if (!trainer.Tasks.Contains(task.Value))
            {
                var others = string.Join(", ", TrainerShape.Usable(Trainers.All).Where(other => other.Tasks.Contains(task.Value)).Select(other => other.Name));
                Conflict(candidate.Mark, $"the trainer '{trainer.Name}' does not learn the task {name}; these do: {others}");
            }
            else if (data.Has(DataKeys.Weight) && !trainer.TakesWeights)
            {
                Conflict(candidate.Mark, $"the trainer '{trainer.Name}' takes no weights, and 'data' names a 'weight' column");
            }
        }

        void RequireMetrics(IEnumerable<Located<string>> metrics)
        {
            foreach (var metric in metrics.Where(metric => MetricCatalog.Find(task.Value, metric.Value) is null))
            {
                var others = string.Join(", ", MetricCatalog.Of(task.Value).Select(other => other.Name));
                Conflict(metric.Mark, $"'{metric.Value}' is no metric of the task {name}; its metrics are {others}");
            }
        }

        void Conflict(SourceMark mark, string message) => context.Report(mark, PipelineProblemCodes.Conflict, message);
    }

    private static void CheckRule(Section rule, BindContext context)
    {
        if (rule.TryGet(QualityKeys.RowCount, out var rows)
            && rows.Value.TryGet(QualityKeys.LeastRows, out var least)
            && rows.Value.TryGet(QualityKeys.MostRows, out var most)
            && least.Value > most.Value)
        {
            context.Report(most.Mark, PipelineProblemCodes.Conflict, $"'at-most' {most.Value} is less than 'at-least' {least.Value}");
        }

        if (rule.TryGet(QualityKeys.Between, out var between)
            && between.Value.Items is [var low, var high]
            && low.Value > high.Value)
        {
            context.Report(
                high.Mark, PipelineProblemCodes.Conflict, $"'between' needs the lesser limit first: {high.Value} is less than {low.Value}");
        }

        if (!rule.TryGet(QualityKeys.Type, out var type))
        {
            return;
        }

        if (type.Value != ColumnKind.Number && rule.TryGet(QualityKeys.Between, out between))
        {
            context.Report(
                between.Mark, PipelineProblemCodes.Conflict,
                $"'between' is for numbers, but 'type' is {type.Value.ToString().ToLowerInvariant()}");
        }

        if (type.Value != ColumnKind.Category && rule.TryGet(QualityKeys.Known, out var known))
        {
            context.Report(
                known.Mark, PipelineProblemCodes.Conflict,
                $"'known' is for categories, but 'type' is {type.Value.ToString().ToLowerInvariant()}");
        }
    }
}
