using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition.Yaml;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Definition.Binding;

/// <summary>
/// Every key of a pipeline file: its type, range, default and meaning. Both the loader and the JSON Schema are made from this table.
/// </summary>
internal static class PipelineShape
{
    private const int MostPartitions = 1_000_000;
    private const int MostDays = 36_525;
    private const long MostRows = 1L << 53;
    private const string FolderPattern = @"(\.{0,2}[^./\\\x00-\x1f][^/\\\x00-\x1f]*|\.{3,}[^/\\\x00-\x1f]*)";

    public static readonly PatternShape Name = new(
        "a name of at most 64 lower-case letters, digits and single hyphens that starts with a letter", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", maxLength: 64, takesParameters: false);
    private static readonly TextShape Text = new();
    private static readonly AnyScalarShape AnyScalar = new();
    private static readonly NumberShape AnyNumber = new(new NumberRange());
    private static readonly NumberShape Share = new(new NumberRange(0, 1));
    private static readonly NumberShape OpenShare = new(new NumberRange(0, 1, ExcludesMinimum: true, ExcludesMaximum: true));
    private static readonly IntegerShape<long> Rows = new(0, MostRows);
    private static readonly ListShape<ScalarValue> Values = new(AnyScalar, "a value", minItems: 1, isSet: true);
    private static readonly ListShape<string> Columns = new(Text, "a column", isSet: true);
    private static readonly ChoiceShape<string> Metric = new(
        "a metric", [.. MetricCatalog.Names.Select(static name => (name, name))]);

    private static readonly PatternShape Files = new(
        "a relative path with forward slashes, without '.' and '..' as folders",
        $"^{FolderPattern}(/{FolderPattern})*$",
        maxLength: 1024,
        takesParameters: true);

    private static readonly FeaturesDefinition FeatureDefaults = new();
    private static readonly SplitDefinition SplitDefaults = new() { By = SplitBy.Time };
    private static readonly SearchDefinition SearchDefaults = new();
    private static readonly TrainDefinition TrainDefaults = new() { Candidates = [] };
    private static readonly CrossValidationDefinition FoldsDefaults = new() { By = FoldsBy.Stratified };
    private static readonly EvaluateDefinition EvaluateDefaults = new();
    private static readonly VersusChampionDefinition ChampionDefaults = new();

    public static class ParameterKeys
    {
        public static readonly Key<ParameterType> Type = new(
            "type",
            new ChoiceShape<ParameterType>("a type", [
                ("number", ParameterType.Number), ("integer", ParameterType.Integer), ("string", ParameterType.String), ("boolean", ParameterType.Boolean)]),
            "The type of every value of the parameter.",
            isRequired: true);

        public static readonly Key<ScalarValue> Default = new(
            "default", AnyScalar, "The value when none is set. Without it the parameter must be set.");
        public static readonly Key<double> Minimum = new("minimum", AnyNumber, "The least allowed number, inclusive.");
        public static readonly Key<double> Maximum = new("maximum", AnyNumber, "The greatest allowed number, inclusive.");
        public static readonly Key<BoundList<ScalarValue>> Allowed = new("allowed", Values, "The only allowed values.");
        public static readonly Key<string> Description = new Key<string>(
            "description", new TextShape(minLength: 0), "What the parameter means.").Or("");

        public static readonly SectionShape Shape = new(Type, Default, Minimum, Maximum, Allowed, Description);
    }

    public static class WindowKeys
    {
        public static readonly Key<int> Last = new(
            "last", new IntegerShape<int>(1, MostPartitions), "Only the last partitions in the order of their names.");
        public static readonly Key<int> Days = new(
            "days", new IntegerShape<int>(1, MostDays), "Only the rows of the last days before the newest row; needs 'time'.");

        public static readonly SectionShape Shape = new(Last, Days) { Group = new(GroupRule.ExactlyOne, Last, Days) };

        public static readonly Shape<DataWindow> Either = new EitherShape<DataWindow>(
            new ChoiceShape<DataWindow>("a window", [("all", new DataWindow.All())]),
            new ConvertedShape<Section, DataWindow>(Shape, static section =>
                section.TryGet(Last, out var last) ? new DataWindow.Last(last.Value)
                : section.TryGet(Days, out var days) ? new DataWindow.Days(days.Value)
                : null));
    }

    public static class LabelKeys
    {
        private static readonly Key<ScalarValue> EqualTo = new("equals", AnyScalar, "Only this value is positive.");
        private static readonly Key<ScalarValue> Not = new("not", AnyScalar, "Every present value but this one is positive.");
        private static readonly Key<double> Above = new("above", AnyNumber, "Numbers greater than this are positive.");
        private static readonly SectionShape Rule = new(EqualTo, Not, Above) { Group = new(GroupRule.ExactlyOne, EqualTo, Not, Above) };

        public static readonly Key<string> Column = new("column", Text, "The column that holds the outcome.", isRequired: true);

        public static readonly Key<LearningTask> Task = new Key<LearningTask>(
            "task",
            new ChoiceShape<LearningTask>(
                "a task", [("binary", LearningTask.Binary), ("multiclass", LearningTask.Multiclass), ("regression", LearningTask.Regression)]),
            "What is predicted: whether a row is positive, which of several classes it is of, or a number.").Or(LearningTask.Binary);

        public static readonly Key<LabelRule> Positive = new Key<LabelRule>(
            "positive",
            new EitherShape<LabelRule>(
                new ConvertedShape<ScalarValue, LabelRule>(AnyScalar, static value => LabelRule.EqualTo(value.Text)),
                new ConvertedShape<Section, LabelRule>(Rule, static rule =>
                    rule.TryGet(EqualTo, out var value) ? LabelRule.EqualTo(value.Value.Text)
                    : rule.TryGet(Not, out value) ? LabelRule.Not(value.Value.Text)
                    : rule.TryGet(Above, out var limit) ? LabelRule.Above(limit.Value)
                    : null)),
            "Which values are positive: one value, or a rule. By default the column says so itself: 1, true or yes against 0, false or no. For the task binary.").Or(LabelRule.Boolean);

        public static readonly SectionShape Shape = new(Column, Task, Positive);
    }

    public static class DataKeys
    {
        public static readonly Key<string> Files = new(
            "files",
            PipelineShape.Files,
            "The pattern of the partitions' names in the store's data container: * is any characters of one name, ** any folders, ? one character.",
            isRequired: true);

        public static readonly Key<DataWindow> Window = new Key<DataWindow>(
            "window", PipelineShape.WindowKeys.Either, "Which of the matching partitions are used.").Or(new DataWindow.All());

        public static readonly Key<Section> Label = new("label", PipelineShape.LabelKeys.Shape, "What is predicted.", isRequired: true);
        public static readonly Key<string> Time = new("time", Text, "The column that orders rows: for time splits and drift windows.");
        public static readonly Key<string> Weight = new(
            "weight", Text, "The number column that says how much a row counts in training; it is no feature. Without it each row counts 1.");

        public static readonly Key<BoundList<string>> Drop = new Key<BoundList<string>>(
            "drop", Columns, "Columns that never become features.").Or(BoundList<string>.Of());

        public static readonly Key<QuarantinePolicy> OnQuarantine = new Key<QuarantinePolicy>(
            "on-quarantine",
            new ChoiceShape<QuarantinePolicy>("a policy", [("stop", QuarantinePolicy.Stop), ("skip", QuarantinePolicy.Skip)]),
            "What a run does when a partition is quarantined: stop, or go on without it.").Or(QuarantinePolicy.Stop);

        public static readonly SectionShape Shape = new(Files, Window, Label, Time, Weight, Drop, OnQuarantine);
    }

    public static class QualityKeys
    {
        public static readonly Key<QualityLevel> Level = new Key<QualityLevel>(
            "level",
            new ChoiceShape<QualityLevel>("a level", [("error", QualityLevel.Error), ("warning", QualityLevel.Warning)]),
            "What a broken rule does: quarantine the partition, or only say so.").Or(QualityLevel.Error);

        public static readonly Key<long> LeastRows = new("at-least", Rows, "The least number of rows.");
        public static readonly Key<long> MostRows = new("at-most", Rows, "The greatest number of rows.");
        public static readonly SectionShape RowsShape = new(
            LeastRows, MostRows, Level)
        { Group = new(GroupRule.AtLeastOne, LeastRows, MostRows) };
        public static readonly Key<Section> RowCount = new("rows", RowsShape, "How many rows a partition has.");

        public static readonly Key<DriftLimit> MostDrift = new(
            "at-most",
            new ChoiceShape<DriftLimit>("a drift level", [("none", DriftLimit.None), ("watch", DriftLimit.Watch)]),
            "The strongest drift from the reference profile.",
            isRequired: true);

        public static readonly SectionShape DriftShape = new(MostDrift, Level);
        public static readonly Key<Section> Drift = new("drift", DriftShape, "How far a partition may drift from the reference profile.");

        public static readonly Key<string> Column = new("column", Text, "The column that is checked.", isRequired: true);

        public static readonly Key<ColumnKind> Type = new(
            "type",
            new ChoiceShape<ColumnKind>("a column type", [("number", ColumnKind.Number), ("category", ColumnKind.Category), ("time", ColumnKind.Time)]),
            "The kind of every present value.");

        public static readonly Key<BoundList<double>> Between = new(
            "between", new ListShape<double>(AnyNumber, "a limit", minItems: 2, maxItems: 2), "The least and the greatest number, both inclusive.");

        public static readonly Key<BoundList<ScalarValue>> Allowed = new("allowed", Values, "The only values that may be present.");
        public static readonly Key<double> MostMissing = new("at-most", Share, "The greatest share of missing values.", isRequired: true);
        public static readonly SectionShape MissingShape = new(MostMissing);
        public static readonly Key<Section> Missing = new("missing", MissingShape, "How many values may be missing.");
        public static readonly Key<bool> Unique = new Key<bool>(
            "unique", new BooleanShape(), "Whether no value may occur twice.").Or(false);
        public static readonly Key<bool> Required = new Key<bool>(
            "required", new BooleanShape(), "Whether the column must be there.").Or(false);
        public static readonly Key<double> LeastKnown = new(
            "at-least", Share, "The least share of values that the reference profile knows.", isRequired: true);
        public static readonly SectionShape KnownShape = new(LeastKnown);
        public static readonly Key<Section> Known = new("known", KnownShape, "How many values must be ones that earlier data had.");

        public static readonly SectionShape RowsRule = new(RowCount);

        public static readonly SectionShape ColumnRule = new(Column, Type, Between, Allowed, Missing, Unique, Required, Known, Level)
        {
            Group = new(GroupRule.AtLeastOne, Type, Between, Allowed, Missing, Unique, Required, Known),
        };

        public static readonly SectionShape DriftRule = new(Drift);

        public static readonly Shape<BoundList<Section>> Rules =
            new ListShape<Section>(new VariantShape("a quality rule", RowsRule, ColumnRule, DriftRule), "an entry");
    }

    /// <summary>A step of the preparation of numbers.</summary>
    public enum NumberStep
    {
        ImputeMedian,
        ImputeMean,
        Standardize,
    }

    public static class FeatureKeys
    {
        public static readonly Key<BoundList<NumberStep>> Numeric = new Key<BoundList<NumberStep>>(
            "numeric",
            new ListShape<NumberStep>(
                new ChoiceShape<NumberStep>("a step", [
                    ("impute-median", NumberStep.ImputeMedian), ("impute-mean", NumberStep.ImputeMean), ("standardize", NumberStep.Standardize)]),
                "a step",
                isSet: true),
            "What happens to numbers: how missing ones are filled, and whether they are standardized.").Or(BoundList<NumberStep>.Of(NumberStep.ImputeMedian, NumberStep.Standardize));

        public static readonly Key<CategoryEncoding> Encode = new Key<CategoryEncoding>(
            "encode",
            new ChoiceShape<CategoryEncoding>("an encoding", [("one-hot", CategoryEncoding.OneHot), ("ordinal", CategoryEncoding.Ordinal)]),
            "How a category becomes numbers: one column for each value, or one column of codes.").Or(FeatureDefaults.Encoding);

        public static readonly Key<int> FoldRarerThan = new Key<int>(
            "fold-rarer-than",
            new IntegerShape<int>(0, 1_000_000),
            "Values with fewer training rows than this are treated as one; 0 folds none.").Or(FeatureDefaults.FoldRarerThan);

        public static readonly SectionShape CategoricalShape = new(Encode, FoldRarerThan);
        public static readonly Key<Section> Categorical = Optional("categorical", CategoricalShape, "What happens to categories.");

        public static readonly Key<BoundList<DatePart>> Dates = new Key<BoundList<DatePart>>(
            "dates",
            new ListShape<DatePart>(
                new ChoiceShape<DatePart>("a part of a date", [
                    ("year", DatePart.Year), ("month", DatePart.Month), ("day", DatePart.Day), ("weekday", DatePart.Weekday), ("hour", DatePart.Hour), ("day-of-year", DatePart.DayOfYear),
                    ("month-cycle", DatePart.MonthCycle), ("weekday-cycle", DatePart.WeekdayCycle), ("hour-cycle", DatePart.HourCycle), ("day-of-year-cycle", DatePart.DayOfYearCycle)]),
                "a part",
                isSet: true),
            "The parts of a time that become features.").Or(BoundList<DatePart>.Of(FeatureDefaults.Dates));

        public static readonly Key<string> Transform = new("transform", new TransformShape(), "The name that a program of your own registers it by.", isRequired: true);

        public static readonly Key<BoundList<string>> TransformedColumns = new(
            "columns", new ListShape<string>(Text, "a column", minItems: 1, isSet: true), "The number columns that it is for.", isRequired: true);

        public static readonly Key<BoundList<Section>> Transforms = new Key<BoundList<Section>>(
            "transforms",
            new ListShape<Section>(new SectionShape(Transform, TransformedColumns), "a transform"),
            "Transforms of one's own, before missing numbers are filled. At most one for a column.").Or(BoundList<Section>.Of());

        public static readonly Key<BoundList<string>> EncodedColumns = new(
            "columns", new ListShape<string>(Text, "a column", minItems: 1, isSet: true), "The category columns that it is for.", isRequired: true);

        public static readonly Key<double> Smooth = new Key<double>(
            "smooth",
            new NumberShape(new NumberRange(0, 1e9)),
            "How many rows with the positive share of all training rows are added to those of each value.").Or(new TargetEncoding().Smooth);

        public static readonly Key<Section> Target = new(
            "target", new SectionShape(Smooth), "One column: the share of positive labels among the training rows with the value, cross-fitted.");

        public static readonly Key<int> Buckets = new Key<int>(
            "buckets", new IntegerShape<int>(2, 262_144), "How many columns the values are spread over.").Or(new HashEncoding().Buckets);

        public static readonly Key<Section> Hash = new(
            "hash", new SectionShape(Buckets), "A fixed number of columns, whatever values there are; a value's column is told by a hash of its text.");

        private static readonly ListShape<int> Sizes = new(new IntegerShape<int>(1, 10), "a size", minItems: 2, maxItems: 2);

        public static readonly Key<BoundList<int>> Words = new(
            "words", Sizes, "The least and the greatest number of words of a term. By default 1 and 2, unless terms are of characters.");

        public static readonly Key<BoundList<int>> Characters = new(
            "characters", Sizes, "The least and the greatest number of characters of a term, in place of words.");

        public static readonly Key<int> MostTerms = new Key<int>(
            "most-terms", new IntegerShape<int>(1, 1_000_000), "The most terms: those in the most training rows.").Or(new TextEncoding().MostTerms);

        public static readonly Key<int> InRows = new Key<int>(
            "in-rows", new IntegerShape<int>(1, 1_000_000), "In how many training rows a term must be.").Or(new TextEncoding().InRows);

        public static readonly Key<Section> TextSection = new(
            "text", new SectionShape(Words, Characters, MostTerms, InRows), "One column for each frequent term of a text, weighted by TF-IDF; for logistic-regression only.");

        public static readonly Key<BoundList<Section>> Encodings = new Key<BoundList<Section>>(
            "encodings",
            new ListShape<Section>(new SectionShape(EncodedColumns, Target, Hash, TextSection) { Group = new(GroupRule.ExactlyOne, Target, Hash, TextSection) }, "an encoding"),
            "Category columns with an encoding of their own, which every trainer follows. At most one for a column.").Or(BoundList<Section>.Of());

        public static readonly Key<BoundList<BoundList<string>>> Interactions = new Key<BoundList<BoundList<string>>>(
            "interactions",
            new ListShape<BoundList<string>>(new ListShape<string>(Text, "a column", minItems: 2, maxItems: 2, isSet: true), "a pair"),
            "Pairs of number columns whose products become columns too.").Or(BoundList<BoundList<string>>.Of());

        public static readonly SectionShape Shape = new(Transforms, Numeric, Categorical, Encodings, Interactions, Dates);
    }

    public static class SplitKeys
    {
        public static readonly Key<SplitBy> By = new(
            "by",
            new ChoiceShape<SplitBy>("a way to split", [("time", SplitBy.Time), ("hash", SplitBy.Hash)]),
            "What decides the part of a row: its time, or a hash of its content. By default time when the data has a time column.");

        public static readonly Key<double> Validation = new Key<double>(
            "validation", OpenShare, "The share of rows that candidates are selected on.").Or(SplitDefaults.Validation);
        public static readonly Key<double> Holdout = new Key<double>(
            "holdout", OpenShare,
            "The share of rows that only the selected candidate and the champion are scored on.").Or(SplitDefaults.Holdout);

        public static readonly SectionShape Shape = new(By, Validation, Holdout);
    }

    public static class TrainKeys
    {
        public static readonly Key<SearchStrategy> Strategy = new Key<SearchStrategy>(
            "strategy",
            new ChoiceShape<SearchStrategy>(
                "a strategy",
                [("grid", SearchStrategy.Grid), ("random", SearchStrategy.Random), ("tpe", SearchStrategy.Tpe), ("asha", SearchStrategy.Asha)],
                later: ["bayesian"]),
            "How the candidates are chosen: every combination, some drawn at random, some proposed by what earlier ones reached, or some drawn of which only the best "
            + "go on with more rows.").Or(SearchDefaults.Strategy);

        public static readonly Key<int> Parallel = new Key<int>(
            "parallel", new IntegerShape<int>(1, 256), "How many candidates are trained at a time.").Or(SearchDefaults.Parallel);

        public static readonly Key<int> Trials = new(
            "trials", new IntegerShape<int>(1, TrainDefinition.MaxCandidates), "How many candidates are drawn. A grid has none: it trains every combination.");

        public static readonly Key<TimeSpan> Time = new(
            "time", new DurationShape(TimeSpan.FromSeconds(1), TimeSpan.FromDays(366)), "After how long no further round of candidates is begun.");

        public static readonly Key<bool> WarmStart = new Key<bool>(
            "warm-start",
            new BooleanShape(),
            "Whether the first candidate has the champion's hyperparameters, where they are among those that are searched.").Or(SearchDefaults.WarmStart);

        public static readonly Key<int> Reduction = new Key<int>(
            "reduction",
            new IntegerShape<int>(2, 10),
            "Of how many candidates on a rung one goes on, with so many times the rows; for 'strategy: asha'.").Or(SearchDefinition.DefaultReduction);

        public static readonly Key<int> Rungs = new(
            "rungs",
            new IntegerShape<int>(2, 10),
            "How many shares of the training rows there are, the last of which is all; for 'strategy: asha'. By default as many as 'trials' fill, but no more than "
            + $"{SearchDefinition.MostDefaultRungs}.");

        /// <summary>The keys of a successive halving alone.</summary>
        public static readonly ImmutableArray<Key> OfHalving = [Reduction, Rungs];

        /// <summary>The keys that a grid does not have.</summary>
        public static readonly ImmutableArray<Key> OfSearches = [Trials, Time, WarmStart, .. OfHalving];

        public static readonly SectionShape SearchShape = new([Strategy, Parallel, .. OfSearches]);
        public static readonly Key<Section> Search = Optional("search", SearchShape, "How candidates are searched.");

        public static readonly Key<BoundList<CandidateEntry>> Candidates = new(
            "candidates",
            new ListShape<CandidateEntry>(new CandidateShape(), "a candidate", minItems: 1),
            "The trainers to try, with their hyperparameters. The baseline is always trained too.",
            isRequired: true);

        public static readonly Key<int> Folds = new Key<int>(
            "folds",
            new IntegerShape<int>(CrossValidationDefinition.LeastFolds, CrossValidationDefinition.MostFolds),
            "How many models of each candidate are fitted and tested.").Or(FoldsDefaults.Folds);

        public static readonly Key<FoldsBy> FoldsBy = new(
            "by",
            new ChoiceShape<FoldsBy>("a way to divide", [
                ("random", Definition.FoldsBy.Random),
                ("stratified", Definition.FoldsBy.Stratified),
                ("group", Definition.FoldsBy.Group),
                ("time", Definition.FoldsBy.Time)]),
            "What decides the fold of a row: chance, chance within its class, a column's value that stays together, or its time. "
            + "By default time when rows are split by time, else stratified, or random for the task regression.");

        public static readonly Key<string> GroupColumn = new("column", Text, "The column whose values are kept together, of folds by group.");

        public static readonly Key<TimeSpan> Gap = new Key<TimeSpan>(
            "gap",
            new DurationShape(TimeSpan.Zero, TimeSpan.FromDays(MostDays)),
            "How far the training rows of a fold lie before its test rows, of folds by time.").Or(FoldsDefaults.Gap);

        public static readonly Key<Section> CrossValidate = new(
            "cross-validate",
            new SectionShape(Folds, FoldsBy, GroupColumn, Gap),
            "Candidates are selected by their mean over folds of the training and validation rows. By default by their figures on the validation rows.");

        public static readonly Key<CalibrationMethod> Calibrate = new Key<CalibrationMethod>(
            "calibrate",
            new ChoiceShape<CalibrationMethod>("a calibration", [
                ("none", CalibrationMethod.None), ("platt", CalibrationMethod.Platt), ("isotonic", CalibrationMethod.Isotonic)]),
            "How the candidates' scores become probabilities: as the trainer leaves them, or fitted to the validation rows.").Or(TrainDefaults.Calibrate);

        public static readonly Key<ThresholdRule> Threshold = new Key<ThresholdRule>(
            "threshold",
            new ThresholdShape(),
            "From which probability a row is called positive: chosen on the validation rows for the greatest F1 or the least cost of mistakes, or a given number.").Or(TrainDefaults.Threshold);

        public static readonly SectionShape Shape = new(Search, Candidates, CrossValidate, Calibrate, Threshold);
    }

    public static class EvaluateKeys
    {
        public static readonly Key<string> Primary = new(
            "primary",
            Metric,
            "The metric that selects the candidate and is compared with the champion's. By default "
            + $"{EvaluateDefinition.Default(LearningTask.Binary).Primary}, {EvaluateDefinition.Default(LearningTask.Multiclass).Primary} for several classes, "
            + $"{EvaluateDefinition.Default(LearningTask.Regression).Primary} for numbers.");

        public static readonly Key<BoundList<string>> Also = new(
            "also",
            new ListShape<string>(Metric, "a metric", isSet: true),
            "Metrics that are computed too. By default "
            + $"{string.Join(", ", EvaluateDefinition.Default(LearningTask.Binary).Also)}; for several classes {string.Join(", ", EvaluateDefinition.Default(LearningTask.Multiclass).Also)}; "
            + $"for numbers {string.Join(", ", EvaluateDefinition.Default(LearningTask.Regression).Also)}.");

        public static readonly Key<BoundList<string>> Slices = new Key<BoundList<string>>(
            "slices", Columns, "Columns whose every value is evaluated as a slice.").Or(BoundList<string>.Of());

        public static readonly Key<bool> SliceImportance = new Key<bool>(
            "slice-importance", new BooleanShape(), "Whether the importance of the columns is measured on each slice too.").Or(EvaluateDefaults.SliceImportance);

        public static readonly SectionShape Shape = new(Primary, Also, Slices, SliceImportance);
    }

    public static class PromoteKeys
    {
        public static readonly Key<string> Model = new("model", Name, "The model's name in the registry. By default the pipeline's name.");

        private static readonly Key<string> BetterThan = new(
            "better-than", new ChoiceShape<string>("a reference", [(Baseline, Baseline)]), "The candidate must be better on the primary metric.", isRequired: true);

        private static readonly GateShape MetricGate = new();

        private static readonly Shape<GateChoice> Gate = new EitherShape<GateChoice>(
            new ConvertedShape<MetricGate, GateChoice>(MetricGate, static gate => new GateChoice(gate), static gate => gate.Metric is null ? null : MetricGate.Json(gate.Metric)),
            new ConvertedShape<Section, GateChoice>(
                new SectionShape(BetterThan),
                static section => section.TryGet(BetterThan, out _) ? new GateChoice(null) : null,
                static _ => new JsonObject { [BetterThan.Name] = Baseline }));

        public static readonly Key<BoundList<GateChoice>> Gates = new Key<BoundList<GateChoice>>(
            "gates",
            new ListShape<GateChoice>(Gate, "a gate", isSet: true),
            "What the candidate must reach on the holdout, whatever the champion does.").Or(BoundList<GateChoice>.Of(new GateChoice(null)));

        public static readonly Key<ChampionRule> Rule = new Key<ChampionRule>(
            "rule",
            new ChoiceShape<ChampionRule>("a rule", [("non-inferior", ChampionRule.NonInferior), ("superior", ChampionRule.Superior)]),
            "What must be shown: that the candidate is not worse by more than the margin, or that it is better.").Or(ChampionDefaults.Rule);

        public static readonly Key<double> Margin = new(
            "margin", new NumberShape(new NumberRange(0, ExcludesMinimum: true)), "How much worse still counts as not worse, in units of the primary metric. By default the metric's own margin.");

        public static readonly Key<double> Confidence = new Key<double>(
            "confidence",
            new NumberShape(new NumberRange(0.5, 1, ExcludesMinimum: true, ExcludesMaximum: true)),
            "The one-sided confidence of the comparison.").Or(ChampionDefaults.Confidence);

        public static readonly SectionShape ChampionShape = new(Rule, Margin, Confidence);
        public static readonly Key<Section> VersusChampion = Optional("versus-champion", ChampionShape, "The comparison with the champion on the primary metric.");

        public static readonly Key<SliceRule> Slices = new Key<SliceRule>(
            "slices",
            new ChoiceShape<SliceRule>("a rule", [("shown-worse", SliceRule.ShownWorse), ("non-inferior", SliceRule.NonInferior)]),
            "How slices take part: one that is shown to be worse blocks, or every one must be shown to be non-inferior.").Or(SliceRule.ShownWorse);

        public static readonly SectionShape Shape = new(Model, Gates, VersusChampion, Slices);
    }

    public static class TriggerKeys
    {
        private static readonly TimeSpan MostTime = TimeSpan.FromDays(366);

        private static readonly Key<RunStage> StageKey = new(
            "stage",
            new ChoiceShape<RunStage>("a stage", [("featurize", RunStage.Featurize), ("score", RunStage.Score)], later: ["watch"]),
            "What each run does: validate and featurize new partitions, or score. By default the whole flow.");

        public static class ScheduleKeys
        {
            private static readonly ScheduleDefinition Defaults = new() { Name = "schedule" };

            public static readonly Key<string> Name = new(
                "name", PipelineShape.Name, "The schedule's name, unique in the pipeline. By default schedule, then schedule-2 and so on by its place.");

            public static readonly Key<string> Cron = new(
                "cron", new CronShape(), "When: second, minute, hour, day of the month, month and day of the week, in quotes.");

            public static readonly Key<TimeSpan> Every = new(
                "every", new DurationShape(TimeSpan.FromSeconds(1), MostTime), "The time between runs, counted from 'start', or from 1970-01-01T00:00:00Z.");

            public static readonly Key<string> Zone = new Key<string>(
                "zone", new ZoneShape(), "The IANA time zone whose local time 'cron' is in.").Or(Defaults.Zone);

            public static readonly Key<CatchUpPolicy> CatchUp = new Key<CatchUpPolicy>(
                "catch-up",
                new ChoiceShape<CatchUpPolicy>("a policy", [("latest", CatchUpPolicy.Latest), ("all", CatchUpPolicy.All), ("none", CatchUpPolicy.None)]),
                "What is run of the instants that were missed: the latest one, all of them, or none.").Or(Defaults.CatchUp);

            public static readonly Key<TimeSpan> Within = new Key<TimeSpan>(
                "within", new DurationShape(TimeSpan.FromMinutes(1), MostTime), "How far back missed instants are looked for.").Or(Defaults.CatchUpWindow);

            public static readonly Key<OverlapPolicy> Overlap = new Key<OverlapPolicy>(
                "overlap",
                new ChoiceShape<OverlapPolicy>("a policy", [
                    ("skip", OverlapPolicy.Skip), ("queue", OverlapPolicy.Queue), ("cancel-other", OverlapPolicy.CancelOther), ("allow", OverlapPolicy.Allow)]),
                "What happens while an earlier run of the pipeline has not ended: the instant is skipped, waits, cancels that run, or runs beside it.").Or(Defaults.Overlap);

            public static readonly Key<TimeSpan> Jitter = new Key<TimeSpan>(
                "jitter", new DurationShape(TimeSpan.Zero, TimeSpan.FromDays(1)), "Each run is started up to this long after its instant.").Or(Defaults.Jitter);

            public static readonly Key<DateTimeOffset> Start = new("start", new InstantShape(), "No instant before this.");
            public static readonly Key<DateTimeOffset> End = new("end", new InstantShape(), "No instant at or after this.");
            public static readonly Key<RunStage> Stage = StageKey;
            public static readonly Key<IReadOnlyList<Setting>> Set = new Key<IReadOnlyList<Setting>>(
                "set", new SettingsShape(), "Values for the pipeline's parameters; the others have their defaults.").Or([]);

            public static readonly SectionShape Shape = new(Name, Cron, Every, Zone, CatchUp, Within, Overlap, Jitter, Start, End, Stage, Set)
            {
                Group = new(GroupRule.ExactlyOne, Cron, Every),
            };
        }

        public static class DataTriggerKeys
        {
            public static readonly Key<TimeSpan> QuietFor = new(
                "quiet-for", new DurationShape(TimeSpan.Zero, TimeSpan.FromDays(7)), "How long nothing must have arrived. 5m when no other condition is given.");

            public static readonly Key<int> Count = new("count", new IntegerShape<int>(1, MostPartitions), "How many blobs must wait.");
            public static readonly Key<long> Bytes = new("bytes", new SizeShape(), "How large the waiting blobs must be together.");

            public static readonly Key<string> Marker = new(
                "marker",
                new PatternShape("the last part of a blob's name, such as _SUCCESS", $"^{FolderPattern}$", maxLength: 255, takesParameters: true),
                "The last part of the name of a blob that ends an upload of its folder.");

            public static readonly Key<RunStage> Stage = StageKey;
            public static readonly SectionShape Shape = new(QuietFor, Count, Bytes, Marker, Stage);
        }

        public static class AfterKeys
        {
            public static readonly Key<string> Pipeline = new("pipeline", Name, "The other pipeline's name.", isRequired: true);

            public static readonly Key<AfterEvent> On = new Key<AfterEvent>(
                "on",
                new ChoiceShape<AfterEvent>("an event", [("promoted", AfterEvent.Promoted), ("succeeded", AfterEvent.Succeeded)]),
                "What starts a run: a promotion, or any run that completed.").Or(AfterEvent.Promoted);

            public static readonly Key<RunStage> Stage = StageKey;
            public static readonly SectionShape Shape = new(Pipeline, On, Stage);
        }

        public static readonly Key<Section> Schedule = new(
            "schedule", new ScheduleShape(ScheduleKeys.Shape, ScheduleKeys.Cron), "Starts runs at instants of a calendar, or at a fixed interval.");

        public static readonly Key<Section> Data = new("data", DataTriggerKeys.Shape, "Starts a run when data arrives.");
        public static readonly Key<Section> Http = new("http", new SectionShape(), "An HTTP request may start a run.");
        public static readonly Key<Section> After = new("after", AfterKeys.Shape, "Starts a run when one of another pipeline has ended.");

        public static readonly Shape<BoundList<Section>> Entries = new ListShape<Section>(
            new VariantShape("a trigger", new SectionShape(Schedule), new SectionShape(Data), new SectionShape(Http), new SectionShape(After)), "an entry");
    }

    public static class ApproveKeys
    {
        private static readonly ApproveDefinition Defaults = new();
        private static readonly DurationShape Time = new(TimeSpan.FromSeconds(1), TimeSpan.FromDays(366));

        public static readonly Key<BoundList<string>> By = new Key<BoundList<string>>(
            "by", new ListShape<string>(Text, "a name", isSet: true), "Who may answer; empty for everyone who has the role of an approver.").Or(BoundList<string>.Of());

        public static readonly Key<bool> NotAuthor = new Key<bool>(
            "not-author", new BooleanShape(), "Whether the one who asked for the run may not answer.").Or(Defaults.NotAuthor);

        public static readonly Key<TimeSpan> Timeout = new Key<TimeSpan>(
            "timeout", Time, "How long the answer is waited for; then the candidate is rejected.").Or(Defaults.Timeout);

        public static readonly Key<BoundList<TimeSpan>> Remind = new Key<BoundList<TimeSpan>>(
            "remind", new ListShape<TimeSpan>(Time, "a reminder", maxItems: 20), "How long after the request each reminder is sent.").Or(BoundList<TimeSpan>.Of());

        public static readonly Key<Uri> Webhook = new("webhook", new WebAddressShape(), "Where the request and the reminders are posted as JSON.");

        public static readonly SectionShape Shape = new(By, NotAuthor, Timeout, Remind, Webhook);
    }

    public static class ScoreKeys
    {
        private static readonly ScoreDefinition Defaults = new() { Files = "" };

        public static readonly Key<string> Files = new(
            "files", PipelineShape.Files, "The pattern of the partitions to score, as in 'data'. By default the pipeline's own data.");

        public static readonly Key<string> Alias = new Key<string>(
            "alias", Name, "Which version scores: the name of an alias.").Or(Defaults.Alias);

        public static readonly Key<int> Parallel = new Key<int>(
            "parallel", new IntegerShape<int>(1, 256), "How many partitions are scored at a time.").Or(Defaults.Parallel);

        public static readonly SectionShape Shape = new(Files, Alias, Parallel);
    }

    /// <summary>The whole file.</summary>
    public static class RootKeys
    {
        public static readonly Key<string> Pipeline = new("pipeline", Name, "The pipeline's name.", isRequired: true);
        public static readonly Key<string> Description = new Key<string>(
            "description", new TextShape(minLength: 0), "What the pipeline is for.").Or("");
        public static readonly Key<ulong> Seed = new Key<ulong>(
            "seed", new IntegerShape<ulong>(0, ulong.MaxValue), "The seed that every random choice of a run is derived from.").Or(0UL);

        public static readonly Key<RunPriority> Priority = new Key<RunPriority>(
            "priority",
            new ChoiceShape<RunPriority>("a priority", [("low", RunPriority.Low), ("normal", RunPriority.Normal), ("high", RunPriority.High)]),
            "Whose steps get a free slot first.").Or(RunPriority.Normal);

        public static readonly Key<IReadOnlyList<NamedSection>> Parameters = new Key<IReadOnlyList<NamedSection>>(
            "parameters", new NamedSectionsShape(Name, ParameterKeys.Shape), "Typed values that a caller may set; used as ${name} in any value.").Or([]);

        public static readonly Key<Section> Data = new(
            "data", PipelineShape.DataKeys.Shape, "Which rows the pipeline learns from, and what it learns to predict.", isRequired: true);

        public static readonly Key<BoundList<Section>> Quality = new Key<BoundList<Section>>(
            "quality", PipelineShape.QualityKeys.Rules, "What every new partition must satisfy.").Or(BoundList<Section>.Of());

        public static readonly Key<Section> Features = Optional("features", PipelineShape.FeatureKeys.Shape, "How columns become numbers.");
        public static readonly Key<Section> Split = Optional("split", PipelineShape.SplitKeys.Shape, "How rows are divided into training, validation and holdout.");
        public static readonly Key<Section> Train = new(
            "train", PipelineShape.TrainKeys.Shape, "Which candidates are trained.", isRequired: true);
        public static readonly Key<Section> Evaluate = Optional("evaluate", PipelineShape.EvaluateKeys.Shape, "Which metrics and slices are computed.");
        public static readonly Key<Section> Promote = Optional("promote", PipelineShape.PromoteKeys.Shape, "When the selected candidate becomes the champion.");

        public static readonly Key<Section> Approve = new(
            "approve", PipelineShape.ApproveKeys.Shape, "A person must agree before a candidate becomes the champion.");

        public static readonly Key<Section> Score = new("score", PipelineShape.ScoreKeys.Shape, "Batch scoring with the champion.");

        public static readonly Key<BoundList<Section>> Triggers = new Key<BoundList<Section>>(
            "triggers", PipelineShape.TriggerKeys.Entries, "What starts runs by itself, and from outside.").Or(BoundList<Section>.Of());

        public static readonly SectionShape Shape = new(
            Pipeline, Description, Seed, Priority, Parameters, Data, Quality, Features, Split, Train, Evaluate, Promote, Approve, Score, Triggers)
        {
            Description = "A pipeline of MlDurable.",
            Later = ["retention", "steps", "watch", "resources", "templates", "environments"],
        };
    }

    public const string Baseline = "baseline";

    private static Key<Section> Optional(string name, SectionShape shape, string description) => new Key<Section>(name, shape, description).Or(shape.Empty());
}

/// <summary>An entry of the file's gates: on a metric, or better than the baseline (null).</summary>
internal sealed record GateChoice(MetricGate? Metric);
