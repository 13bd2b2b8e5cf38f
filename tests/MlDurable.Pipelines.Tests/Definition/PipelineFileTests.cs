using System.Security.Cryptography;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Models;
using MlDurable.Learning.Searching;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Definition;

public sealed class PipelineFileTests
{
    [Fact]
    public void Load_ValidFile_GivesEverySection()
    {
        var pipeline = PipelineText.LoadValid(PipelineText.Valid);

        Assert.Equal("damage", pipeline.Name);
        Assert.Equal("Will it break?", pipeline.Description);
        Assert.Equal(7UL, pipeline.Seed);
        var margin = Assert.Single(pipeline.Parameters).Value;
        Assert.Equal(new ParameterValue(ParameterType.Number, "0.02"), margin.Default);
        Assert.Equal((0, 0.5), (margin.Minimum, margin.Maximum));
        Assert.Equal("strikes/*.csv", pipeline.Data.Files);
        Assert.Equal(new DataWindow.All(), pipeline.Data.Window);
        Assert.Equal(new LabelDefinition("Effect", LabelRule.Not("None")), pipeline.Data.Label);
        Assert.Equal("Date", pipeline.Data.Time);
        Assert.Equal(["Cost", "Repair"], pipeline.Data.Drop.ToArray());
        Assert.Equal(
            [
                new RowCountRule(100, null) { Line = 13 },
                new ColumnTypeRule(ColumnKind.Number) { Column = "Speed", Level = QualityLevel.Warning, Line = 15 },
                new RangeRule(0, 500) { Column = "Speed", Level = QualityLevel.Warning, Line = 16 },
                new MissingShareRule(0.5) { Column = "Speed", Level = QualityLevel.Warning, Line = 17 },
                new DriftRule(DriftLimit.Watch) { Level = QualityLevel.Warning, Line = 19 },
            ],
            pipeline.Quality.ToArray());
        Assert.Equal((NumberImputation.Median, true), (pipeline.Features.Imputation, pipeline.Features.Standardize));
        Assert.Equal((CategoryEncoding.OneHot, 20), (pipeline.Features.Encoding, pipeline.Features.FoldRarerThan));
        Assert.Equal([DatePart.Month, DatePart.Weekday], pipeline.Features.Dates.ToArray());
        Assert.Equal(new SplitDefinition { By = SplitBy.Time, Validation = 0.15, Holdout = 0.2 }, pipeline.Split);
        Assert.Equal(new SearchDefinition { Strategy = SearchStrategy.Grid, Parallel = 2 }, pipeline.Train.Search);
        Assert.Equal(
            [
                "logistic-regression l2=0.1",
                "logistic-regression l2=1",
                "logistic-regression l2=10",
                "gradient-boosting leaves=8 trees=100",
                "gradient-boosting leaves=8 trees=200",
            ],
            pipeline.Train.Candidates.Select(static candidate => candidate.DisplayName));
        Assert.Equal("roc-auc", pipeline.Evaluate.Primary);
        Assert.Equal(["pr-auc", "log-loss"], pipeline.Evaluate.Also.ToArray());
        Assert.Equal(["Size"], pipeline.Evaluate.Slices.ToArray());
        Assert.Equal("damage", pipeline.Promote.Model);
        var gate = Assert.Single(pipeline.Promote.Gates);
        Assert.Equal(("roc-auc", GateComparison.AtLeast, 0.7), (gate.Metric.Name, gate.Comparison, gate.Bound));
        Assert.True(pipeline.Promote.BetterThanBaseline);
        Assert.Equal(new VersusChampionDefinition { Rule = ChampionRule.NonInferior, Margin = 0.02, Confidence = 0.95 }, pipeline.Promote.VersusChampion);
        Assert.Equal(SliceRule.ShownWorse, pipeline.Promote.Slices);
        var approve = pipeline.Approve!;
        Assert.Equal(["ada", "grace"], approve.By.ToArray());
        Assert.Equal((true, TimeSpan.FromDays(3)), (approve.NotAuthor, approve.Timeout));
        Assert.Equal([TimeSpan.FromHours(1), TimeSpan.FromDays(1)], approve.Remind.ToArray());
        Assert.Equal(new Uri("https://hooks.example/approve"), approve.Webhook);
        Assert.Equal(new ScoreDefinition { Files = "new/*.csv", Alias = "champion", Parallel = 3 }, pipeline.Score);
        Assert.Equal(
            [
                new ScheduleDefinition
                {
                    Name = "nightly",
                    Cron = "0 0 3 * * MON,FRI",
                    Zone = "Europe/Berlin",
                    CatchUp = CatchUpPolicy.All,
                    CatchUpWindow = TimeSpan.FromDays(2),
                    Overlap = OverlapPolicy.Queue,
                    Jitter = TimeSpan.FromMinutes(5),
                    Parameters = pipeline.Triggers.Schedules[0].Parameters,
                },
                new ScheduleDefinition
                {
                    Name = "schedule-2",
                    Every = TimeSpan.FromMinutes(90),
                    Start = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
                    End = new DateTimeOffset(2027, 3, 1, 0, 0, 0, TimeSpan.FromHours(1)),
                    Stage = RunStage.Score,
                    Parameters = pipeline.Triggers.Schedules[1].Parameters,
                },
            ],
            pipeline.Triggers.Schedules.AsEnumerable());
        Assert.Equal([new("margin", "0.1")], pipeline.Triggers.Schedules[1].Parameters);
        Assert.Equal(
            new DataTriggerDefinition { QuietFor = TimeSpan.Zero, Count = 10, Bytes = 64 << 20, Marker = "_SUCCESS", Stage = RunStage.Featurize },
            pipeline.Triggers.Data);
        Assert.True(pipeline.Triggers.Http);
        Assert.Equal([new AfterDefinition("upstream", AfterEvent.Succeeded)], pipeline.Triggers.After.AsEnumerable());
    }

    [Fact]
    public void Load_TriggersWithoutSettings_HaveTheDefaults()
    {
        var pipeline = PipelineText.LoadValid(PipelineText.Minimal + """
            approve: {}
            score: {}
            triggers:
              - schedule: { cron: "0 0 3 * * *" }
              - data: {}
              - after: { pipeline: upstream }
            """);

        Assert.Equal(new ApproveDefinition().Timeout, pipeline.Approve!.Timeout);
        Assert.Equal(new ScoreDefinition { Files = pipeline.Data.Files }, pipeline.Score);
        var schedule = Assert.Single(pipeline.Triggers.Schedules);
        Assert.Equal(new ScheduleDefinition { Name = "schedule", Cron = "0 0 3 * * *", Parameters = schedule.Parameters }, schedule);
        Assert.Empty(schedule.Parameters);
        Assert.Equal(new DataTriggerDefinition(), pipeline.Triggers.Data);
        Assert.False(pipeline.Triggers.Http);
        Assert.Equal([new AfterDefinition("upstream", AfterEvent.Promoted)], pipeline.Triggers.After.AsEnumerable());
    }

    [Fact]
    public void Load_DataTriggerWithAnotherCondition_HasNoQuietTime() =>
        Assert.Null(PipelineText.LoadValid(PipelineText.Minimal + "triggers: [data: { count: 3 }]").Triggers.Data!.QuietFor);

    [Fact]
    public void Load_LeastFile_HasTheDocumentedDefaults()
    {
        var pipeline = PipelineText.LoadValid(PipelineText.Minimal);

        Assert.Equal("", pipeline.Description);
        Assert.Equal(0UL, pipeline.Seed);
        Assert.Empty(pipeline.Parameters);
        Assert.Equal(new DataWindow.All(), pipeline.Data.Window);
        Assert.Equal(LabelRule.Boolean, pipeline.Data.Label.Rule);
        Assert.Null(pipeline.Data.Time);
        Assert.Empty(pipeline.Data.Drop);
        Assert.Equal(QuarantinePolicy.Stop, pipeline.Data.OnQuarantine);
        Assert.Empty(pipeline.Quality);
        Assert.Equal((NumberImputation.Median, true), (pipeline.Features.Imputation, pipeline.Features.Standardize));
        Assert.Equal((CategoryEncoding.OneHot, 20), (pipeline.Features.Encoding, pipeline.Features.FoldRarerThan));
        Assert.Equal([DatePart.Month, DatePart.Weekday], pipeline.Features.Dates.ToArray());
        Assert.Equal(new SplitDefinition { By = SplitBy.Hash, Validation = 0.15, Holdout = 0.2 }, pipeline.Split);
        Assert.Equal(new SearchDefinition { Strategy = SearchStrategy.Grid, Parallel = 2 }, pipeline.Train.Search);
        Assert.Equal((CalibrationMethod.None, ThresholdRule.GreatestF1), (pipeline.Train.Calibrate, pipeline.Train.Threshold));
        Assert.Empty(Assert.Single(pipeline.Train.Candidates).Hyperparameters);
        Assert.Equal("roc-auc", pipeline.Evaluate.Primary);
        Assert.Equal(["pr-auc", "log-loss", "calibration-error"], pipeline.Evaluate.Also.ToArray());
        Assert.Empty(pipeline.Evaluate.Slices);
        Assert.False(pipeline.Evaluate.SliceImportance);
        Assert.Equal("damage", pipeline.Promote.Model);
        Assert.Empty(pipeline.Promote.Gates);
        Assert.True(pipeline.Promote.BetterThanBaseline);
        Assert.Equal(new VersusChampionDefinition { Rule = ChampionRule.NonInferior, Margin = null, Confidence = 0.95 }, pipeline.Promote.VersusChampion);
        Assert.Equal(SliceRule.ShownWorse, pipeline.Promote.Slices);
    }

    [Fact]
    public void Load_TimeColumnWithoutSplit_SplitsByTime() =>
        Assert.Equal(SplitBy.Time, PipelineText.LoadValid(PipelineText.Minimal.Replace("  label", "  time: Date\n  label", StringComparison.Ordinal)).Split.By);

    [Fact]
    public void Load_SliceImportance_IsAskedFor() =>
        Assert.True(PipelineText.LoadValid(PipelineText.With("slices: [Size]", "slices: [Size]\n  slice-importance: true")).Evaluate.SliceImportance);

    [Theory]
    [InlineData("none", CalibrationMethod.None)]
    [InlineData("platt", CalibrationMethod.Platt)]
    [InlineData("isotonic", CalibrationMethod.Isotonic)]
    public void Load_Calibrate_IsTheNamedMethod(string name, CalibrationMethod expected) =>
        Assert.Equal(expected, PipelineText.LoadValid(PipelineText.With("train:\n", $"train:\n  calibrate: {name}\n")).Train.Calibrate);

    public static TheoryData<string, ThresholdRule> Thresholds => new()
    {
        { "f1", ThresholdRule.GreatestF1 },
        { "0.3", ThresholdRule.Fixed(0.3) },
        { "0", ThresholdRule.Fixed(0) },
        { "1", ThresholdRule.Fixed(1) },
        { "\"${margin}\"", ThresholdRule.Fixed(0.02) },
        { "{ cost: { false-positive: 1, false-negative: 5 } }", ThresholdRule.LeastCost(1, 5) },
    };

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void Load_Threshold_IsTheRule(string text, ThresholdRule expected) =>
        Assert.Equal(expected, PipelineText.LoadValid(PipelineText.With("train:\n", $"train:\n  threshold: {text}\n")).Train.Threshold);

    [Fact]
    public void Load_PrimaryAmongTheDefaultMetrics_IsNotComputedTwice() =>
        Assert.Equal(["log-loss", "calibration-error"], PipelineText.LoadValid(PipelineText.Minimal + "evaluate: { primary: pr-auc }").Evaluate.Also.ToArray());

    [Fact]
    public void Load_GateOnAnotherMetric_IsComputedToo() =>
        Assert.Equal(
            ["pr-auc", "log-loss", "f1"],
            PipelineText.LoadValid(PipelineText.With("better-than: baseline", "\"f1>0.2\", \"pr-auc <= 1\"")).Evaluate.Also.ToArray());

    [Fact]
    public void Load_GatesWithoutBaseline_DoNotAskForIt() =>
        Assert.False(PipelineText.LoadValid(PipelineText.With(", better-than: baseline", "")).Promote.BetterThanBaseline);

    public static TheoryData<string, DataWindow> Windows => new()
    {
        { "all", new DataWindow.All() },
        { "{ last: 8 }", new DataWindow.Last(8) },
        { "{ days: 365 }", new DataWindow.Days(365) },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Load_Window_IsAllOrLastOrDays(string window, DataWindow expected) =>
        Assert.Equal(expected, PipelineText.LoadValid(PipelineText.With("window: all", $"window: {window}")).Data.Window);

    public static TheoryData<string, LabelRule> LabelRules => new()
    {
        { "Minor", LabelRule.EqualTo("Minor") },
        { "1", LabelRule.EqualTo("1") },
        { "{ equals: yes }", LabelRule.EqualTo("yes") },
        { "{ not: 0 }", LabelRule.Not("0") },
        { "{ above: 1e3 }", LabelRule.Above(1000) },
    };

    [Theory]
    [MemberData(nameof(LabelRules))]
    public void Load_LabelRule_KeepsTheValueAsWritten(string positive, LabelRule expected) =>
        Assert.Equal(expected, PipelineText.LoadValid(PipelineText.With("positive: { not: None }", $"positive: {positive}")).Data.Label.Rule);

    [Fact]
    public void Load_EveryColumnCheck_GivesItsRule()
    {
        var text = PipelineText.With(
            "    level: warning\n",
            "  - { column: Size, required: true, allowed: [Small, 1, true], unique: true }\n  - { column: Kind, known: { at-least: 0.9 }, unique: false }\n");

        var rules = PipelineText.LoadValid(text).Quality.OfType<ColumnQualityRule>().Where(static rule => rule.Column != "Speed").ToArray();

        Assert.Equal(
            ["a column 'Size'", "'Size' one of Small, 1, true", "no value of 'Size' twice", "at least 90% of 'Kind' known from earlier data"],
            rules.Select(static rule => rule.Expectation));
        Assert.Equal([18, 18, 18, 19], rules.Select(static rule => rule.Line));
        Assert.All(rules, static rule => Assert.Equal(QualityLevel.Error, rule.Level));
    }

    [Fact]
    public void Load_OneOfEverySection_ReportsTheMistakesOfAll()
    {
        const string Text = """
            pipeline: Bird strikes
            descripton: Will it break?
            seed: -7
            parameters:
              margin: { type: nummer, default: 0.02 }
            data:
              files: /strikes
              window: { last: many }
              label: { column: Effect, positive: { nott: None } }
              drop: [Cost, Effect]
              time: Effect
            quality:
              - rows: { at-least: few }
              - column: Speed
                between: [500, 0]
                levl: warning
            features:
              numeric: [impute-zero]
              categorical: { encode: onehot }
            split: { by: time, validation: 0.6, holdout: 0.6 }
            train:
              search: { strategy: grid, budget: 10m }
              candidates:
                - trainer: gradient-bosting
                - trainer: gradient-boosting
                  tress: 100
                  leaves: 1
            evaluate:
              primary: auc
              also: [pr-auc, pr-auc]
            promote:
              gates: ["roc-auc = 0.7", "rocauc >= 0.7"]
              versus-champion: { rule: non-inferior, margin: -1, confidence: 95 }
            retention: { keep-versions: 10 }
            """;

        var problems = PipelineText.Load(Text).Problems;

        Assert.Equal(
            [
                "1:11 invalid-value", "2:1 unknown-key", "3:7 invalid-value", "5:19 unknown-name", "7:10 invalid-value", "8:19 wrong-type",
                "9:40 unknown-key", "10:16 conflict", "11:9 conflict", "13:23 wrong-type", "15:20 conflict", "16:5 unknown-key", "18:13 unknown-name",
                "19:26 unknown-name", "20:46 conflict", "22:29 unknown-key", "24:16 unknown-name", "26:7 unknown-key", "27:15 invalid-value",
                "29:12 unknown-name", "30:18 conflict", "32:11 invalid-value", "32:28 unknown-name", "33:50 invalid-value", "33:66 invalid-value",
                "34:1 not-yet-supported",
            ],
            problems.Select(static problem => $"{problem.Line}:{problem.Column} {problem.Code}"));
    }

    [Fact]
    public void Load_RandomSearch_HasTheSpaceAndNoCandidates()
    {
        var train = PipelineText.LoadValid(PipelineText.Minimal.Replace(
            "  candidates:\n    - trainer: logistic-regression\n",
            """
              search: { strategy: random, trials: 20 }
              candidates:
                - trainer: gradient-boosting
                  trees: [100, 200]
                  leaves: { from: 4, to: 64 }
                  l2: 2
                  learning-rate: { from: 0.01, to: 0.3, scale: log }
                - trainer: logistic-regression

            """,
            StringComparison.Ordinal)).Train;

        Assert.Equal(new SearchDefinition { Strategy = SearchStrategy.Random, Trials = 20 }, train.Search);
        Assert.Empty(train.Candidates);
        Assert.Equal(20, train.Most);
        Assert.Equal(
            ["gradient-boosting l2=2 learning-rate=0.01 to 0.3 (log) leaves=4 to 64 trees=[100, 200]", "logistic-regression"],
            train.Space!.Candidates.Select(static space => space.DisplayName));
    }

    [Theory]
    [InlineData("{}", "5 folds by time")]
    [InlineData("{ folds: 3, gap: 7d }", "3 folds by time, gap 7d")]
    [InlineData("{ by: stratified }", "5 folds by stratified")]
    [InlineData("{ by: group, column: Size, folds: 10 }", "10 folds by group Size")]
    public void Load_CrossValidation_HasItsDefaults(string section, string expected) =>
        Assert.Equal(expected, $"{PipelineText.LoadValid(PipelineText.With("train:\n", $"train:\n  cross-validate: {section}\n")).Train.CrossValidation}");

    [Fact]
    public void Load_CrossValidationOfRowsWithoutTime_IsStratified()
    {
        Assert.Null(PipelineText.LoadValid(PipelineText.Minimal).Train.CrossValidation);
        Assert.Equal(
            new CrossValidationDefinition { Folds = 4, By = FoldsBy.Stratified },
            PipelineText.LoadValid(PipelineText.Minimal.Replace("train:\n", "train:\n  cross-validate: { folds: 4 }\n", StringComparison.Ordinal)).Train.CrossValidation);
    }

    [Fact]
    public void Load_TimeFoldsWithoutTimeColumn_SaysWhatToAdd()
    {
        var text = PipelineText.Minimal.Replace("train:\n", "train:\n  cross-validate: { by: time }\n", StringComparison.Ordinal);

        Assert.Equal(
            ["6:25: folds by time need the column that orders rows; add 'time' to 'data', or use 'by: stratified'"], PipelineText.Problems(text));
    }

    [Theory]
    [InlineData("by: stratified", "6:25: folds 'by: stratified' share classes equally, and the task regression has none; use 'by: random'")]
    [InlineData("by: time", "6:25: folds by time need the column that orders rows; add 'time' to 'data', or use 'by: random'")]
    public void Load_FoldsOfNumbers_AreOfNoClasses(string by, string problem)
    {
        var text = PipelineText.Minimal
            .Replace("column: Effect", "column: Effect, task: regression", StringComparison.Ordinal)
            .Replace("train:\n", $"train:\n  cross-validate: {{ {by} }}\n", StringComparison.Ordinal);

        Assert.Contains(problem, PipelineText.Problems(text));
    }

    [Theory]
    [InlineData("trials: 27", 27, 4, 3)]
    [InlineData("trials: 26", 26, 3, 3)]
    [InlineData("trials: 1000", 1000, 4, 3)]
    [InlineData("trials: 16, reduction: 2, rungs: 5", 16, 5, 2)]
    [InlineData("trials: 16, reduction: 4", 16, 3, 4)]
    public void Load_Asha_HasAsManyRungsAsItsTrialsFill(string settings, int trials, int rungs, int reduction)
    {
        var train = PipelineText.LoadValid(PipelineText.Minimal.Replace(
            "  candidates:\n    - trainer: logistic-regression\n",
            $$"""
              search: { strategy: asha, {{settings}} }
              candidates:
                - trainer: logistic-regression
                  l2: { from: 0.1, to: 10 }

            """,
            StringComparison.Ordinal)).Train;

        Assert.Equal((SearchStrategy.Asha, new SuccessiveHalving(trials, rungs, reduction)), (train.Search.Strategy, train.Search.Halving));
        Assert.Equal(trials, train.Most);
    }

    [Fact]
    public void Load_TenMistakes_GivesTenLocatedErrors()
    {
        var text = PipelineText.Valid;
        (string Part, string Mistake)[] mistakes =
        [
            ("seed: 7", "sed: 7"),
            ("window: all", "window: some"),
            ("drop: [Cost, Repair]", "drop: [Cost, Cost]"),
            ("between: [0, 500]", "between: [500, 0]"),
            ("encode: one-hot", "encode: onehot"),
            ("holdout: 0.2", "holdout: 0.9"),
            ("trees: [100, 200]", "tress: [100, 200]"),
            ("primary: roc-auc", "primary: auc"),
            ("confidence: 0.95", "confidence: 95"),
            ("\"${margin}\"", "\"${margn}\""),
        ];
        foreach (var (part, mistake) in mistakes)
        {
            text = text.Replace(part, mistake, StringComparison.Ordinal);
        }

        var result = PipelineText.Load(text);

        Assert.Null(result.Definition);
        Assert.Equal([3, 8, 11, 16, 22, 24, 31, 34, 40, 40], result.Problems.Select(static problem => problem.Line));
        Assert.All(result.Problems, static problem => Assert.Equal(PipelineProblemSeverity.Error, problem.Severity));
        Assert.Equal("pipeline.yaml:31:7: unknown key 'tress'; did you mean 'trees'?", result.Problems[6].ToString());
    }

    [Theory]
    [InlineData("{}", TextUnit.Word, 1, 2, 10_000, 5)]
    [InlineData("{ words: [1, 1], in-rows: 2, most-terms: 300 }", TextUnit.Word, 1, 1, 300, 2)]
    [InlineData("{ characters: [3, 5] }", TextUnit.Character, 3, 5, 10_000, 5)]
    public void Load_Text_HasTheTermsOfTheFile(string text, TextUnit unit, int from, int to, int mostTerms, int inRows) =>
        Assert.Equal(
            new TextEncoding { Unit = unit, From = from, To = to, MostTerms = mostTerms, InRows = inRows },
            PipelineText.LoadValid(PipelineText.Minimal + $"features: {{ encodings: [{{ columns: [Remarks], text: {text} }}] }}\n").Features.Encodings["Remarks"]);

    [Fact]
    public void Load_TextForATrainerThatTakesNone_IsReportedAtTheTrainer() =>
        Assert.Equal(
            [
                "22:48: 'words' needs the lesser size first: 1 is less than 2",
                "23:62: 'words' and 'characters' exclude each other; keep one",
                "33:7: the trainer 'gradient-boosting' takes no text, and columns are encoded as text on line 22",
            ],
            PipelineText.Problems(PipelineText.With(
                "features:\n", "features:\n  encodings:\n    - { columns: [Remarks], text: { words: [2, 1] } }\n    - { columns: [Notes], text: { words: [1, 2], characters: [2, 3] } }\n")));

    [Fact]
    public void Load_InteractionsAndCycles_AreThoseOfTheFile()
    {
        var features = PipelineText.LoadValid(PipelineText.Minimal + "features: { interactions: [[Speed, Height]], dates: [year, month-cycle, weekday-cycle, hour-cycle, day-of-year-cycle] }\n").Features;

        Assert.Equal([new Interaction("Speed", "Height")], features.Interactions.ToArray());
        Assert.Equal(
            [DatePart.Year, DatePart.MonthCycle, DatePart.WeekdayCycle, DatePart.HourCycle, DatePart.DayOfYearCycle], features.Dates.ToArray());
    }

    [Fact]
    public void Load_Encodings_AreThoseOfTheirColumns()
    {
        var features = PipelineText.LoadValid(PipelineText.With(
            "features:\n", "features:\n  encodings:\n    - { columns: [Size, Kind], target: { smooth: 5 } }\n    - { columns: [Airport], target: {} }\n    - { columns: [Tail], hash: { buckets: 64 } }\n")).Features;

        Assert.Equal(
            [
                KeyValuePair.Create<string, ColumnEncoding>("Airport", new TargetEncoding()),
                KeyValuePair.Create<string, ColumnEncoding>("Kind", new TargetEncoding { Smooth = 5 }),
                KeyValuePair.Create<string, ColumnEncoding>("Size", new TargetEncoding { Smooth = 5 }),
                KeyValuePair.Create<string, ColumnEncoding>("Tail", new HashEncoding { Buckets = 64 }),
            ],
            features.Encodings);
    }

    [Fact]
    public void Load_MisspelledSection_StillReportsTheMistakesInside() =>
        Assert.Equal(
            ["24:1: unknown key 'splitt'; did you mean 'split'?", "24:33: 'validation' must be a number above 0 and below 1, not 2"],
            PipelineText.Problems(PipelineText.With("split: { by: time, validation: 0.15", "splitt: { by: time, validation: 2")));

    [Fact]
    public void Load_MistakeBehindAnAlias_IsReportedOnce() =>
        Assert.Equal(
            ["31:26: a value of 'trees' must be a whole number from 1 to 10000, not 0"],
            PipelineText.Problems(PipelineText.With("trees: [100, 200]", "trees: &sizes [10, 0]\n    - trainer: gradient-boosting\n      trees: *sizes")));

    [Fact]
    public void Load_Alias_StandsForItsAnchor() =>
        Assert.Equal(
            ["Size", "Kind"],
            PipelineText.LoadValid(PipelineText.With("drop: [Cost, Repair]", "drop: &both [Size, Kind]").Replace("slices: [Size]", "slices: *both", StringComparison.Ordinal))
                .Evaluate.Slices.ToArray());

    [Theory]
    [InlineData("\r\n", "\uFEFF")]
    [InlineData("\n", "# a comment\n")]
    [InlineData("\n", "--- # one document\n")]
    public void Load_OtherLineBreaksMarksAndComments_GiveTheSamePipeline(string lineBreak, string start)
    {
        var result = PipelineText.Load(start + PipelineText.Valid.Replace("\n", lineBreak, StringComparison.Ordinal));

        Assert.Empty(result.Problems);
        Assert.Equal(5, result.Definition!.Train.Candidates.Length);
    }

    [Fact]
    public void Load_ContentHash_IsOfTheBytes()
    {
        var result = PipelineText.Load(PipelineText.Valid);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PipelineText.Valid))), result.ContentHash);
        Assert.Equal(result.ContentHash, PipelineText.Load(PipelineText.Valid, ("margin", "0.3")).ContentHash);
        Assert.NotEqual(result.ContentHash, PipelineText.Load(PipelineText.Valid + "# more\n").ContentHash);
    }

    [Fact]
    public void Load_Stream_GivesWhatTheBytesGive()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(PipelineText.Valid));

        var result = PipelineFile.Load("pipeline.yaml", stream);

        Assert.Equal("damage", result.Definition!.Name);
        Assert.Equal(PipelineText.Load(PipelineText.Valid).ContentHash, result.ContentHash);
    }

    [Fact]
    public void Load_EndlessStream_StopsAtTheLimit()
    {
        using var stream = new MemoryStream(new byte[2 * PipelineFile.MaxBytes]);

        var problem = Assert.Single(PipelineFile.Load("pipeline.yaml", stream).Problems);

        Assert.Equal("pipeline.yaml:1:1: the file is larger than 1,048,576 bytes", problem.ToString());
        Assert.Equal(PipelineFile.MaxBytes + 1, stream.Position);
    }

    public static TheoryData<string, string> OtherTexts => new()
    {
        { "", "1:1: the file is empty; a pipeline file starts with 'pipeline: <name>'" },
        { "# nothing\n", "1:1: the file is empty; a pipeline file starts with 'pipeline: <name>'" },
        { "\n  - pipeline", "2:3: a pipeline file must be a mapping that starts with 'pipeline: <name>'" },
        { "pipeline", "1:1: a pipeline file must be a mapping that starts with 'pipeline: <name>'" },
        { "a: &a [*a]", "1:8: the alias '*a' has no anchor before it" },
        { new string('[', 100_000), "1:65: nested more than 64 deep" },
        { "[ " + string.Concat(Enumerable.Repeat("{a: ", 100_000)), "1:252: nested more than 64 deep" },
    };

    [Theory]
    [MemberData(nameof(OtherTexts))]
    public void Load_NotAPipeline_SaysSo(string text, string problem) => Assert.Contains(problem, PipelineText.Problems(text));

    [Fact]
    public void Load_NotUtf8_LocatesTheByte()
    {
        var bytes = Encoding.UTF8.GetBytes("pipeline: a\ndescription: é…x");
        bytes[^1] = 0xFF;

        Assert.Equal(
            "p:2:16: byte 0xFF is not UTF-8; save the file as UTF-8",
            Assert.Single(PipelineFile.Load("p", bytes).Problems).ToString());
    }

    // Followed to the end, these aliases stand for 9⁶⁰ values: a loader that did would not come back.
    [Fact]
    public void Load_AliasBomb_IsRefused()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var level = 1; level < 60; level++)
        {
            text.Append(string.Create(null, $"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 9))}]\n"));
        }

        var problem = Assert.Single(PipelineText.Problems(text.ToString()));

        Assert.EndsWith("the aliases stand for more than 100,000 values", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed: ", '1')]
    [InlineData("${", '$')]
    [InlineData("\"", 'x')]
    [InlineData("? ", '-')]
    [InlineData("a: ", ':')]
    [InlineData("gates: [\"", '<')]
    public void Load_LongestFileOfOneCharacter_IsRefused(string start, char character)
    {
        var text = start + new string(character, PipelineFile.MaxBytes - start.Length);

        var result = PipelineText.Load(text);

        Assert.Null(result.Definition);
        Assert.NotEmpty(result.Problems);
    }

    [Fact]
    public void Load_ManyWrongKeys_ReportsEach()
    {
        var text = new StringBuilder();
        for (var key = 0; text.Length < PipelineFile.MaxBytes / 4; key++)
        {
            text.Append(string.Create(null, $"k{key}: ${{p{key}}}\n"));
        }

        var problems = PipelineText.Problems(text.ToString());

        Assert.True(problems.Length > 15_000);
    }
}
