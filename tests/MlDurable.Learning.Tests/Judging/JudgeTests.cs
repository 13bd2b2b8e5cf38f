using System.Text.Json;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Judging;

public sealed class JudgeTests
{
    private static readonly Metric Auc = MetricCatalog.Find("roc-auc")!;

    [Fact]
    public void Decide_FirstVersionBeatsAConstantBaseline_IsPromoted()
    {
        var rows = new Simulated(600, 1);
        var verdict = Judge.Decide(Input(rows, rows.Model(0.2)) with { Baseline = rows.Constant(0.4), Gates = [new MetricGate(Auc, GateComparison.AtLeast, 0.7)] });

        Assert.Equal(VerdictKind.Promote, verdict.Kind);
        Assert.Equal(0.5, verdict.VersusBaseline!.Reference);
        Assert.Null(verdict.VersusChampion);
    }

    [Fact]
    public void Decide_CandidateOfPureNoise_IsNotBetterThanTheBaseline()
    {
        var rows = new Simulated(600, 1);
        var noise = new Simulated(600, 2).Model(0.2);

        var verdict = Judge.Decide(Input(rows, noise) with { Baseline = rows.Constant(0.4) });

        Assert.Equal((VerdictKind.Blocked, BlockReason.Gate), (verdict.Kind, verdict.Reason));
        Assert.Contains("not shown to be better than the baseline", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_MuchBetterCandidate_IsPromoted_AndTheReverseIsKept()
    {
        var rows = new Simulated(1500, 1);
        var (good, bad) = (rows.Model(0.1), rows.Model(3));

        Assert.Equal(VerdictKind.Promote, Judge.Decide(Input(rows, good, bad)).Kind);
        Assert.Equal(VerdictKind.Keep, Judge.Decide(Input(rows, bad, good)).Kind);
    }

    [Theory]
    [InlineData("roc-auc")]
    [InlineData("log-loss")]
    [InlineData("mcc")]
    public void Decide_ModelsSwapped_MirrorsTheDifference(string name)
    {
        var rows = new Simulated(400, 8);
        var (first, second) = (rows.Model(0.4), rows.Model(0.8));
        var metric = MetricCatalog.Find(name)!;

        var forward = Judge.Decide(Input(rows, first, second) with { Primary = metric }).VersusChampion!;
        var backward = Judge.Decide(Input(rows, second, first) with { Primary = metric }).VersusChampion!;

        Assert.Equal(forward.Delta, -backward.Delta, 12);
        Assert.Equal(forward.StandardError, backward.StandardError, 12);
        Assert.Equal(forward.Interval.Low, -backward.Interval.High, 6);
        Assert.Equal(forward.Interval.High, -backward.Interval.Low, 6);
        Assert.True(forward.Delta > 0);
    }

    [Fact]
    public void Decide_SameHash_KeepsTheChampion()
    {
        var rows = new Simulated(400, 8);
        var model = rows.Model(0.4);

        Assert.Equal(VerdictKind.Keep, Judge.Decide(Input(rows, model, model) with { CandidateHash = "a", ChampionHash = "a" }).Kind);
        Assert.Equal(VerdictKind.PromoteNonInferior, Judge.Decide(Input(rows, model, model) with { CandidateHash = "a", ChampionHash = "b" }).Kind);
        Assert.Equal(VerdictKind.PromoteNonInferior, Judge.Decide(Input(rows, model, model)).Kind);
    }

    [Fact]
    public void Decide_LabelAmongTheFeatures_IsHeldForALeakReview()
    {
        var rows = new Simulated(400, 8);
        var leaking = new ScoredModel(Array.ConvertAll(rows.Labels, label => label == 1 ? 0.99 : 0.01), 0.5);

        Assert.Equal(BlockReason.Leak, Judge.Decide(Input(rows, leaking, rows.Model(0.4))).Reason);
        Assert.Equal(BlockReason.Leak, Judge.Decide(Input(rows, leaking)).Reason);
    }

    [Fact]
    public void Decide_FewRows_IsInconclusiveAndAsksForMore()
    {
        var rows = new Simulated(120, 8);
        var verdict = Judge.Decide(Input(rows, rows.Model(0.5), rows.Model(0.5)));

        Assert.Equal(VerdictKind.Inconclusive, verdict.Kind);
        Assert.True(verdict.RowsNeeded > 1000, $"{verdict.RowsNeeded}");
    }

    [Fact]
    public void Decide_SliceInverted_BlocksACandidateThatIsBetterOverall()
    {
        var rows = new Simulated(3000, 8);
        var (candidate, champion) = (rows.Model(0.1), rows.Model(3));
        var spoiled = champion.Scores.Select((score, row) => row % 10 == 0 ? 1 - rows.Labels[row] : candidate.Scores[row]).ToArray();
        var slices = CategoryColumn.FromTexts("Airport", Enumerable.Range(0, 3000).Select(row => row % 10 == 0 ? "KDEN" : "other"));

        var verdict = Judge.Decide(Input(rows, candidate with { Scores = spoiled }, champion) with { Slices = [slices] });

        Assert.Equal((VerdictKind.Blocked, BlockReason.Slice), (verdict.Kind, verdict.Reason));
        Assert.Contains("Airport = KDEN", verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(2, verdict.Slices.Length);
    }

    [Fact]
    public void Decide_LossWithoutDeclaredMargin_UsesOnePercentOfTheChampions()
    {
        var rows = new Simulated(4000, 8);
        var champion = rows.Model(0.5);
        var metric = MetricCatalog.Find("log-loss")!;

        var verdict = Judge.Decide(Input(rows, rows.Model(0.6), champion) with { Primary = metric, Margin = null });
        var margin = 0.01 * metric.Evaluate(rows.Labels, champion.Scores, 0.5);

        Assert.Contains($"the margin of {margin:0.####}", verdict.Findings.Single(finding => finding.Check == "champion").Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.01)]
    [InlineData(double.NaN)]
    public void Decide_MarginNotPositive_Throws(double margin)
    {
        var rows = new Simulated(50, 8);

        Assert.Equal("invalid-margin", Assert.Throws<LearningException>(() => Judge.Decide(Input(rows, rows.Model(1)) with { Margin = margin })).Code);
    }

    [Fact]
    public void Decide_OneClass_Throws() => Assert.Equal(
        "one-class",
        Assert.Throws<LearningException>(() => Judge.Decide(new JudgeInput
        {
            Primary = MetricCatalog.Find("brier")!,
            Labels = [1, 1],
            Candidate = new ScoredModel([0.5, 0.6], 0.5),
        })).Code);

    [Fact]
    public void Decide_SameInputTwice_IsTheSameVerdict_AlsoThroughJson()
    {
        var rows = new Simulated(500, 8);
        var input = Input(rows, rows.Model(0.4), rows.Model(0.5)) with
        {
            Anchor = rows.Model(0.45),
            Baseline = rows.Constant(0.3),
            Gates = [new MetricGate(MetricCatalog.Find("brier")!, GateComparison.AtMost, 0.3)],
            Slices = [CategoryColumn.FromTexts("c", Enumerable.Range(0, 500).Select(row => $"v{row % 3}"))],
        };

        var json = Json(Judge.Decide(input));
        var back = JsonSerializer.Deserialize(json, JudgingJsonContext.Default.Verdict)!;

        Assert.Equal(json, Json(Judge.Decide(input)));
        Assert.Equal(json, Json(back));
        Assert.Contains("\"kind\":\"", json, StringComparison.Ordinal);
        Assert.Equal(3, back.Slices.Length);
        Assert.NotNull(back.VersusAnchor);

        static string Json(Verdict verdict) => JsonSerializer.Serialize(verdict, JudgingJsonContext.Default.Verdict);
    }

    private static JudgeInput Input(Simulated rows, ScoredModel candidate, ScoredModel? champion = null) => new()
    {
        Primary = Auc,
        Labels = rows.Labels,
        Candidate = candidate,
        Champion = champion,
        Margin = 0.01,
        Bootstrap = new BootstrapOptions { Resamples = 1000, Seed = 7 },
    };
}
