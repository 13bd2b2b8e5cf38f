using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Numerics;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Reports;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Reports;

/// <summary>Reports of runs as they look in life: a promotion, a first champion, a quarantine, a failure.</summary>
internal static class SampleReport
{
    private const int Rows = 1443;
    private const string RunId = "20260301T030000-7f3a";
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    // Drawing and scoring the rows takes longer than rendering them, and never differs.
    private static readonly Evaluation Evidence = Evaluate();

    public static ReportModel Promoted()
    {
        var evaluation = Evidence;
        var dataset = Lineage();
        return new ReportModel
        {
            Run = Run(evaluation.Verdict) with
            {
                Leaderboard = Leaderboard(evaluation.Candidate.ModelHash),
                Approval = new ApprovalDecision(
                    1,
                    ApprovalVerdict.Approved,
                    "cli:ada",
                    "the slices look right",
                    "2b7e151628aed2a6",
                    new ApprovalEvidence(Hash("evaluation"), Hash("manifest"), Hash("predictions"), Hash("model")),
                    Hash("evidence"),
                    Start.AddHours(5)),
            },
            Plan = Plan(),
            Dataset = dataset,
            Evaluation = evaluation,
            Explanation = Explanation(),
            Quality =
            [
                .. dataset.Partitions.SkipLast(1).Select(partition => new PartitionQuality(partition.Name, partition.Hash, true, [])),
                new PartitionQuality(
                    dataset.Partitions[^1].Name,
                    dataset.Partitions[^1].Hash,
                    true,
                    [new QualityFinding(QualityFinding.Warning, "drift", "Speed IAS in knots", "PSI 0.14 (watch)", "at most none", 41)]),
            ],
            Registry = Registry(),
            Manifest = Manifest(dataset, evaluation.Candidate.ModelHash),
            Warnings = ["Column Wildlife Size alone reaches ROC AUC 0.71 on training rows: make sure that it is known before the strike."],
        };
    }

    public static ReportModel FirstChampion()
    {
        var promoted = Promoted();
        var evaluation = promoted.Evaluation!;
        return promoted with
        {
            Run = promoted.Run with { Version = 1, ChampionBefore = null, ChampionAfter = 1, Summary = "Version 1 is the first champion: ROC AUC 0.79." },
            Evaluation = evaluation with
            {
                Champion = null,
                Anchor = null,
                VersusChampion = [],
                VersusAnchor = null,
                Slices = [.. evaluation.Slices.Select(slice => slice with { Reference = null, Difference = null, PValue = null })],
            },
            Warnings = [],
        };
    }

    public static ReportModel Quarantined() => new()
    {
        Run = Run(null) with
        {
            Outcome = RunOutcome.Quarantined,
            Summary = "bird-strikes/2001.csv broke 3 expectations and was quarantined; champion version 3 stays.",
            Quarantined = ["bird-strikes/2001.csv"],
            Version = null,
            ChampionAfter = 3,
            Work = new RunWork(12, 1, 0, 0, 0),
        },
        Plan = Plan(),
        Registry = Registry(),
        Quality =
        [
            new PartitionQuality(
                "bird-strikes/2001.csv",
                Hash("2001"),
                false,
                [
                    new QualityFinding("error", "columns", null, "column Flight Number is missing; unexpected column Column 7", "the 14 columns of the frozen schema", null),
                    new QualityFinding("error", "between", "Speed IAS in knots", "98 of 812 values outside, largest 9,400", "0 to 500", 23),
                    new QualityFinding("warning", "missing", "Phase of flight", "61.2 % missing", "at most 50 %", 27),
                ]),
        ],
    };

    public static ReportModel Failed() => new()
    {
        Run = Run(null) with
        {
            Status = RunStatus.Failed,
            Outcome = null,
            Summary = null,
            Version = null,
            ChampionAfter = 3,
            Work = null,
            Failure = new RunFailure("one-class", "train", "The training rows hold only negative labels. Widen the window or correct the label rule."),
        },
        Registry = Registry(),
    };

    public static ReportModel Running() => new()
    {
        Run = Run(null) with { Status = RunStatus.Running, Outcome = null, Summary = null, FinishedAt = null, Version = null, Work = null },
        Registry = new RegistryDocument { Model = "bird-strike-damage" },
    };

    public static string Hash(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static RunRecord Run(Verdict? verdict) => new()
    {
        RunId = RunId,
        Engine = "5f0c",
        Pipeline = "bird-strike-damage",
        PipelineHash = Hash("pipeline"),
        Model = "bird-strike-damage",
        Parameters = ImmutableSortedDictionary<string, string>.Empty.Add("margin", "0.02"),
        Status = RunStatus.Completed,
        Outcome = RunOutcome.Promoted,
        Summary = "Version 4 (gradient-boosting) replaced version 3: ROC AUC 0.7931 against 0.7884 on 1,443 rows, not inferior by the margin of 0.02.",
        StartedAt = Start,
        FinishedAt = Start.AddSeconds(14.2),
        Work = new RunWork(11, 1, 1, 7, 7),
        Version = 4,
        ChampionBefore = 3,
        ChampionAfter = 4,
        Verdict = verdict,
    };

    private static RunPlan Plan() => new()
    {
        Pipeline = "bird-strike-damage",
        PipelineHash = Hash("pipeline"),
        Seed = 7,
        FeatureSet = Hash("features"),
        QualityHash = Hash("quality"),
        CodeHash = Hash("code"),
        Partitions =
        [
            .. Enumerable.Range(1990, 11).Select(year => new PartitionPlan(
                $"bird-strikes/{year}.csv", 81_000 + year, "\"etag\"", Hash($"{year}"), year < 2000, year < 2000)),
        ],
        Candidates = [],
    };

    private static DatasetLineage Lineage() => new(
        Hash("dataset"),
        Hash("features"),
        [.. Enumerable.Range(1990, 11).Select(year => new PartitionLineage($"bird-strikes/{year}.csv", Hash($"{year}"), 420 + ((year - 1990) * 48)))],
        new SplitLineage
        {
            By = "time",
            ValidationFrom = new DateTimeOffset(1998, 7, 12, 0, 0, 0, TimeSpan.Zero),
            HoldoutFrom = new DateTimeOffset(1999, 8, 3, 0, 0, 0, TimeSpan.Zero),
            Validation = 0.15,
            Holdout = 0.2,
            Seed = 7,
            TrainingRows = 4690,
            ValidationRows = 1082,
            HoldoutRows = Rows,
        });

    private static Manifest Manifest(DatasetLineage dataset, string modelHash) => new()
    {
        ModelHash = modelHash,
        RunId = RunId,
        Pipeline = "bird-strike-damage",
        PipelineHash = Hash("pipeline"),
        Parameters = ImmutableSortedDictionary<string, string>.Empty.Add("margin", "0.02"),
        Dataset = dataset,
        Trainer = "gradient-boosting",
        TrainerVersion = "1",
        Transforms = ImmutableSortedDictionary<string, string>.Empty.Add("log-ratio", "3"),
        Hyperparameters = Boosting(200, 8),
        Seed = 7,
        Environment = new TrainingEnvironment("Debian 12", "x64", "10.0.1", "0.1.0", Hash("code")),
        CreatedAt = Start.AddSeconds(13),
    };

    private static RegistryDocument Registry()
    {
        var registry = new RegistryDocument { Model = "bird-strike-damage" };
        for (var number = 1; number <= 4; number++)
        {
            var at = Start.AddDays(number - 4);
            registry = registry.WithVersion(new ModelVersion(
                number,
                number == 2 ? VersionStatus.Rejected : VersionStatus.Approved,
                Hash($"model {number}"),
                "gradient-boosting",
                RunId,
                "roc-auc",
                0.78 + (number * 0.003),
                at));
            registry = number == 2
                ? registry.WithAlias(RegistryDocument.Challenger, 2, 1, "run " + RunId, RunId, "Kept: worse than the champion by 0.012.", at)
                : registry.WithAlias(
                    RegistryDocument.Champion, number, number == 4 ? 3 : number, "run " + RunId, RunId, number == 1 ? "First champion." : "Not inferior to the champion.", at);
        }

        return registry;
    }

    private static ImmutableArray<CandidateResult> Leaderboard(string selected)
    {
        List<CandidateResult> board = [];
        foreach (var (trees, leaves) in new[] { (200, 8), (100, 8), (200, 31), (100, 31) })
        {
            board.Add(Result("gradient-boosting", Boosting(trees, leaves), 0.806 - (board.Count * 0.0031), board.Count == 0 ? selected : null));
        }

        foreach (var l2 in new[] { 1.0, 10, 0.1 })
        {
            var settings = ImmutableSortedDictionary<string, double>.Empty.Add("l2", l2).Add("max-iterations", 200);
            board.Add(Result("logistic-regression", settings, 0.792 - (board.Count * 0.0021), null));
        }

        board.Add(Result("baseline", ImmutableSortedDictionary<string, double>.Empty, 0.5, null));
        return [.. board];

        CandidateResult Result(string trainer, ImmutableSortedDictionary<string, double> settings, double auc, string? hash) => new(
            board.Count,
            trainer,
            settings,
            ImmutableSortedDictionary<string, double>.Empty
                .Add("roc-auc", auc).Add("pr-auc", auc - 0.42).Add("log-loss", 1.082 - auc).Add("calibration-error", 0.014),
            $"runs/{RunId}/candidates/{board.Count}.model",
            hash ?? Hash("candidate " + board.Count.ToString(CultureInfo.InvariantCulture)),
            0.21 + (board.Count * 0.4),
            trainer == "baseline");
    }

    private static ImmutableSortedDictionary<string, double> Boosting(int trees, int leaves) =>
        ImmutableSortedDictionary<string, double>.Empty
            .Add("early-stopping-rounds", 20).Add("l2", 1).Add("leaves", leaves).Add("learning-rate", 0.05).Add("min-rows-per-leaf", 20).Add("trees", trees);

    private static Evaluation Evaluate()
    {
        var random = new SplitMix64(11);
        var labels = new double[Rows];
        var (candidate, champion, anchor) = (new double[Rows], new double[Rows], new double[Rows]);
        for (var row = 0; row < Rows; row++)
        {
            var risk = Logistic(-3.6 + (2.4 * Normal(random)));
            labels[row] = random.NextUniform() < risk ? 1 : 0;
            var odds = Math.Log(risk / (1 - risk)) * 0.42;
            candidate[row] = Logistic(odds - 0.9 + (0.95 * Normal(random)));
            champion[row] = Logistic(odds - 0.8 + (1.08 * Normal(random)));
            anchor[row] = Logistic(odds - 0.8 + (1.15 * Normal(random)));
        }

        var best = Model("candidate", "gradient-boosting", null, labels, candidate);
        var reference = Model("champion", "gradient-boosting", 3, labels, champion);
        var first = Model("anchor", "logistic-regression", 1, labels, anchor);
        var baseline = Model("baseline", "baseline", null, labels, [.. labels.Select(_ => 0.106)]);
        var versusChampion = Differences(best, reference, labels.Length);
        var versusAnchor = Differences(best, first, labels.Length)[0];
        return new Evaluation
        {
            Primary = "roc-auc",
            Rows = new EvaluationRows(
                Rows,
                (int)labels.Sum(),
                Rows,
                (int)labels.Sum(),
                new DateTimeOffset(1999, 8, 3, 0, 0, 0, TimeSpan.Zero),
                new DateTimeOffset(2000, 12, 31, 0, 0, 0, TimeSpan.Zero),
                Hash("rows")),
            Candidate = best,
            Champion = reference,
            Anchor = first,
            Baseline = baseline,
            VersusChampion = versusChampion,
            VersusAnchor = versusAnchor,
            VersusBaseline = Differences(best, baseline, labels.Length)[0],
            Slices = Slices(),
            Importance = Importance(),
            Verdict = new Verdict
            {
                Kind = VerdictKind.PromoteNonInferior,
                Summary = "The candidate is shown to be within 0.02 of the champion and of the anchor on roc-auc.",
                Findings =
                [
                    new("gate: roc-auc", true, "roc-auc 0.793 is at least 0.7."),
                    new("baseline", true, "Better than the baseline by 0.293, 90 % interval 0.262 to 0.324."),
                    new("leak", true, "The gain is in line with earlier gains."),
                    new("champion", true, "Gain +0.0047; lower end −0.0093 is above −0.02."),
                    new("anchor", true, "Gain +0.0121; lower end −0.0041 is above −0.02."),
                    new("slices", true, "5 slices tested, none shown to be worse; 13 too small."),
                ],
            },
        };
    }

    private static ImmutableArray<FeatureImportance> Importance() =>
    [
        .. new (string Column, double Mean, double StandardError)[]
        {
            ("Wildlife Size", 0.0912, 0.0061), ("Number of engines struck", 0.0433, 0.0052), ("Phase of flight", 0.0187, 0.0034),
            ("Wildlife Species", 0.0141, 0.0029), ("Speed IAS in knots", 0.0098, 0.0031), ("Airport Name", 0.0021, 0.0024),
            ("Flight Date", 0.0004, 0.0011), ("Time of day", -0.0006, 0.0009),
        }.Select(one => new FeatureImportance(one.Column, one.Mean, one.StandardError)
        {
            Interval = new Interval(one.Mean - (2.776 * one.StandardError), one.Mean + (2.776 * one.StandardError), 0.95),
        }),
    ];

    private static ModelExplanation Explanation() => new()
    {
        Metric = "roc-auc",
        Rows = 1000,
        Importance = Importance(),
        BaseValue = -2.31,
        Contributions = [new("Wildlife Size", 0.84), new("Number of engines struck", 0.41), new("Speed IAS in knots", 0.22), new("Flight Date", 0.02)],
        Curves =
        [
            new("Wildlife Size", [new(null, "Small", 0.04), new(null, "Medium", 0.11), new(null, "Large", 0.31), new(null, null, 0.06)], []),
            new("Speed IAS in knots", [new(60, null, 0.08), new(120, null, 0.1), new(180, null, 0.14), new(null, null, 0.09)], []),
        ],
    };

    private static EvaluatedModel Model(string role, string trainer, int? version, double[] labels, double[] scores) => new()
    {
        Role = role,
        Trainer = trainer,
        Version = version,
        ModelHash = Hash("model " + role),
        Threshold = role == "baseline" ? 0.5 : 0.24,
        Metrics =
        [
            .. MetricCatalog.Of(LearningTask.Binary).Select(metric =>
            {
                var value = metric.Evaluate(labels, scores, 0.24);
                return new MetricEstimate(metric.Name, value, new Interval(value - 0.027, value + 0.025, 0.95));
            }),
        ],
        Confusion = ConfusionMatrix.Count(labels, scores, 0.24),
        Roc = Curves.RocCurve(labels, scores),
        PrecisionRecall = Curves.PrecisionRecallCurve(labels, scores),
        Calibration = Curves.CalibrationCurve(labels, scores),
    };

    private static ImmutableArray<PairedDifference> Differences(EvaluatedModel candidate, EvaluatedModel reference, int rows) =>
    [
        .. candidate.Metrics.Zip(reference.Metrics, (first, second) =>
        {
            var gain = MetricCatalog.Find(first.Metric)!.Gain(first.Value, second.Value);
            return new PairedDifference(first.Metric, first.Value, second.Value, gain, 0.0072, new Interval(gain - 0.0119, gain + 0.0118, 0.9), rows);
        }),
    ];

    private static ImmutableArray<SliceResult> Slices()
    {
        List<SliceResult> slices =
        [
            Tested("Wildlife Size", "Large", 214, 81, 0.702, 0.711, 0.91, SliceFinding.NotShownWorse),
            Tested("Wildlife Size", "Medium", 506, 62, 0.741, 0.725, 1, SliceFinding.NotShownWorse),
            Tested("Wildlife Size", "Small", 723, 35, 0.688, 0.76, 0.0004, SliceFinding.ShownWorse),
            Tested("Phase of flight", "Approach", 553, 61, 0.803, 0.794, 1, SliceFinding.NotShownWorse),
            Tested("Phase of flight", "Climb", 264, 47, 0.779, 0.774, 1, SliceFinding.NotShownWorse),
        ];
        slices.AddRange(
            new[] { "Descent", "En Route", "Landing Roll", "Parked", "Take-off run", "Taxi", "(missing)", "Arrival", "Departure", "Local", "Unknown" }
                .Select((phase, index) => new SliceResult(
                    "Phase of flight", phase, 96 - (index * 7), 12 - index, index < 9 ? 0.7 + (0.02 * index) : null, index < 9 ? 0.71 : null, null, null, SliceFinding.TooSmall)));
        return [.. slices];

        static SliceResult Tested(
            string column, string value, int rows, int positives, double candidate, double reference, double p, SliceFinding finding) => new(
                column, value, rows, positives, candidate, reference,
                new PairedDifference("roc-auc", candidate, reference, candidate - reference, 0.02, new Interval(candidate - reference - 0.033, candidate - reference + 0.031, 0.9), rows),
                p, finding);
    }

    private static double Logistic(double value) => 1 / (1 + Math.Exp(-value));

    // Box and Muller.
    private static double Normal(SplitMix64 random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextUniform())) * Math.Cos(2 * Math.PI * random.NextUniform());
}
