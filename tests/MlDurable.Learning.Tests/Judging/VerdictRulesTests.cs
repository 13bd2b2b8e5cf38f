using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using Interval = MlDurable.Learning.Judging.Interval;

namespace MlDurable.Learning.Tests.Judging;

public sealed class VerdictRulesTests
{
    private const double Margin = 0.01;
    private static readonly Metric Auc = MetricCatalog.Find("roc-auc")!;

    /// <summary>Every row of the standing table: interval, standard error, rule, and what follows when the anchor is the champion.</summary>
    [Theory]
    [InlineData(ChampionRule.NonInferior, 0.002, 0.020, VerdictKind.Promote)]
    [InlineData(ChampionRule.NonInferior, -0.004, 0.008, VerdictKind.PromoteNonInferior)]
    [InlineData(ChampionRule.NonInferior, 0, 0.008, VerdictKind.PromoteNonInferior)]
    [InlineData(ChampionRule.NonInferior, -0.040, -0.010, VerdictKind.Keep)]
    [InlineData(ChampionRule.NonInferior, -0.040, -0.020, VerdictKind.Keep)]
    [InlineData(ChampionRule.NonInferior, -0.030, 0.020, VerdictKind.Inconclusive)]
    [InlineData(ChampionRule.NonInferior, -0.010, 0.020, VerdictKind.Inconclusive)]
    [InlineData(ChampionRule.NonInferior, -0.011, -0.001, VerdictKind.Keep)]
    [InlineData(ChampionRule.Superior, 0.002, 0.020, VerdictKind.Promote)]
    [InlineData(ChampionRule.Superior, -0.004, 0.008, VerdictKind.Keep)]
    [InlineData(ChampionRule.Superior, -0.040, -0.020, VerdictKind.Keep)]
    [InlineData(ChampionRule.Superior, -0.008, 0.020, VerdictKind.Inconclusive)]
    [InlineData(ChampionRule.Superior, -0.001, 0.0111, VerdictKind.Keep)]
    public void Decide_AgainstTheChampion_FollowsTheTable(ChampionRule rule, double low, double high, VerdictKind expected)
    {
        var verdict = VerdictRules.Decide(Evidence(rule, Difference(low, high)));

        Assert.Equal(expected, verdict.Kind);
        Assert.Null(verdict.Reason);
        Assert.Equal(expected == VerdictKind.Inconclusive, verdict.RowsNeeded is not null);
        Assert.NotEmpty(verdict.Summary);
    }

    [Theory]
    [InlineData(ChampionRule.NonInferior, 0.001, 0.02, 0.001, 0.02, VerdictKind.Promote)]
    [InlineData(ChampionRule.NonInferior, 0.001, 0.02, -0.005, 0.01, VerdictKind.PromoteNonInferior)]
    [InlineData(ChampionRule.NonInferior, -0.005, 0.01, 0.001, 0.02, VerdictKind.PromoteNonInferior)]
    [InlineData(ChampionRule.NonInferior, 0.001, 0.02, -0.03, -0.012, VerdictKind.Keep)]
    [InlineData(ChampionRule.NonInferior, 0.001, 0.02, -0.03, 0.02, VerdictKind.Inconclusive)]
    [InlineData(ChampionRule.NonInferior, -0.03, 0.02, 0.001, 0.02, VerdictKind.Inconclusive)]
    [InlineData(ChampionRule.NonInferior, -0.03, 0.02, -0.03, -0.012, VerdictKind.Keep)]
    [InlineData(ChampionRule.Superior, 0.001, 0.02, -0.005, 0.01, VerdictKind.PromoteNonInferior)]
    [InlineData(ChampionRule.Superior, -0.005, 0.008, 0.001, 0.02, VerdictKind.Keep)]
    public void Decide_AgainstChampionAndAnchor_BothMustPass(
        ChampionRule rule, double championLow, double championHigh, double anchorLow, double anchorHigh, VerdictKind expected)
    {
        var evidence = Evidence(rule, Difference(championLow, championHigh)) with { VersusAnchor = Difference(anchorLow, anchorHigh) };

        Assert.Equal(expected, VerdictRules.Decide(evidence).Kind);
    }

    [Fact]
    public void Decide_BothOpen_AsksForTheLargerNumberOfRows()
    {
        var evidence = Evidence(ChampionRule.NonInferior, Difference(-0.03, 0.02)) with { VersusAnchor = Difference(-0.05, 0.04) };

        // z SE / margin = 2.487 * (0.09 / 3.29) / 0.01.
        Assert.Equal(RowsNeeded.ForMetric(1000, 0.09 / 3.29, Margin), VerdictRules.Decide(evidence).RowsNeeded);
    }

    [Fact]
    public void Decide_OnlyTheChampionOpen_AsksForItsRows()
    {
        var evidence = Evidence(ChampionRule.NonInferior, Difference(-0.03, 0.02)) with { VersusAnchor = Difference(0.01, 0.15) };

        Assert.Equal(RowsNeeded.ForMetric(1000, 0.05 / 3.29, Margin), VerdictRules.Decide(evidence).RowsNeeded);
    }

    [Fact]
    public void Decide_NoChampion_PromotesWhenTheGatesPass()
    {
        var first = new JudgeEvidence { Primary = Auc, Gates = [Gate(0.7, 0.8)], VersusBaseline = Difference(0.2, 0.3) };

        Assert.Equal(VerdictKind.Promote, VerdictRules.Decide(first).Kind);
        AssertBlocked(BlockReason.Gate, first with { Gates = [Gate(0.7, 0.69)] });
        AssertBlocked(BlockReason.Gate, first with { VersusBaseline = Difference(-0.001, 0.3) });
        AssertBlocked(BlockReason.Leak, first with { LeakFigure = 0.9951 });
    }

    [Fact]
    public void Decide_GateMissed_IsBlockedWhateverTheComparison()
    {
        AssertBlocked(BlockReason.Gate, Evidence(ChampionRule.NonInferior, Difference(0.01, 0.02)) with { Gates = [Gate(0.7, 0.6999)] });
        AssertBlocked(BlockReason.Gate, Evidence(ChampionRule.NonInferior, Difference(-0.03, 0.02)) with { Gates = [Gate(0.7, double.NaN)] });
        AssertBlocked(BlockReason.Gate, Evidence(ChampionRule.NonInferior, Difference(0.01, 0.02)) with { VersusBaseline = Difference(0, 0.2) });
    }

    [Theory]
    [InlineData(GateComparison.AtLeast, 0.5, 0.5, true)]
    [InlineData(GateComparison.AtLeast, 0.5, 0.4, false)]
    [InlineData(GateComparison.AtMost, 0.5, 0.5, true)]
    [InlineData(GateComparison.AtMost, 0.5, 0.6, false)]
    [InlineData(GateComparison.Above, 0.5, 0.5, false)]
    [InlineData(GateComparison.Above, 0.5, 0.6, true)]
    [InlineData(GateComparison.Below, 0.5, 0.5, false)]
    [InlineData(GateComparison.Below, 0.5, 0.4, true)]
    [InlineData(GateComparison.Below, 0.5, double.NaN, false)]
    public void Gate_EveryComparison_IsThatComparison(GateComparison comparison, double bound, double value, bool passed) =>
        Assert.Equal(passed, new GateResult(new MetricGate(Auc, comparison, bound), value).Passed);

    [Fact]
    public void Decide_SameModel_KeepsTheChampionBeforeAnythingElse()
    {
        var evidence = Evidence(ChampionRule.NonInferior, Difference(0, 0)) with { SameModel = true, LeakFigure = 0.999, Gates = [Gate(0.7, 0.1)] };

        Assert.Equal(VerdictKind.Keep, VerdictRules.Decide(evidence).Kind);
    }

    [Theory]
    [InlineData(0.051, true)]
    [InlineData(0.049, false)]
    public void Decide_GainFarAboveThePast_IsHeldForALeakReview(double gain, bool blocked)
    {
        var evidence = Evidence(ChampionRule.NonInferior, Difference(gain - 0.01, gain + 0.01)) with { PastGains = [0.2, 0.01, -0.4] };

        Assert.Equal(blocked ? VerdictKind.Blocked : VerdictKind.Promote, VerdictRules.Decide(evidence).Kind);
        Assert.Equal(blocked ? BlockReason.Leak : null, VerdictRules.Decide(evidence).Reason);
    }

    [Fact]
    public void Decide_GainBelowTheMargin_IsNoLeakHoweverSmallThePast()
    {
        var evidence = Evidence(ChampionRule.NonInferior, Difference(0.001, 0.015)) with { PastGains = [0.0001] };

        Assert.Equal(VerdictKind.Promote, VerdictRules.Decide(evidence).Kind);
    }

    [Fact]
    public void Decide_SliceShownWorse_IsBlockedUnlessTheChampionStaysAnyway()
    {
        var slices = Evidence(ChampionRule.NonInferior, Difference(0.01, 0.02)) with { Slices = [Slice(SliceFinding.ShownWorse)] };

        AssertBlocked(BlockReason.Slice, slices);
        AssertBlocked(BlockReason.Slice, slices with { VersusChampion = Difference(-0.03, 0.02) });
        AssertBlocked(BlockReason.Slice, slices with { Slices = [Slice(SliceFinding.NotShownNonInferior)] });
        Assert.Equal(VerdictKind.Keep, VerdictRules.Decide(slices with { VersusChampion = Difference(-0.03, -0.02) }).Kind);
        Assert.Equal(
            VerdictKind.Promote,
            VerdictRules.Decide(slices with { Slices = [Slice(SliceFinding.TooSmall), Slice(SliceFinding.NotShownWorse)] }).Kind);
        Assert.Contains("Size = Large", VerdictRules.Decide(slices).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_Findings_AreSentencesInTheOrderInWhichTheyDecide()
    {
        var verdict = VerdictRules.Decide(Evidence(ChampionRule.NonInferior, Difference(-0.004, 0.008)) with
        {
            Gates = [Gate(0.7, 0.8)],
            VersusBaseline = Difference(0.2, 0.3),
            VersusAnchor = Difference(-0.006, 0.004),
            Slices = [Slice(SliceFinding.NotShownWorse)],
        });

        Assert.Equal(
            ["same-model", "leak", "gate: roc-auc", "baseline", "champion", "anchor", "slices"], verdict.Findings.Select(finding => finding.Check));
        Assert.All(verdict.Findings, finding => Assert.True(finding.Passed, finding.Detail));
        Assert.All(verdict.Findings, finding => Assert.EndsWith(".", finding.Detail, StringComparison.Ordinal));
        Assert.Equal(
            "ROC AUC 0.8020 against the champion's 0.8000: a gain of +0.0020, 90% interval -0.0040 to +0.0080 on 1000 rows; "
            + "not worse than the champion by the margin of 0.01.",
            verdict.Findings[4].Detail);
    }

    [Fact]
    public void Decide_HigherGain_NeverTurnsAPromotionIntoKeep() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(CasesGen.ToArbitrary(), c =>
        {
            var before = VerdictRules.Decide(c.Evidence);
            var after = VerdictRules.Decide(c.Evidence with
            {
                VersusChampion = Raised(c.Evidence.VersusChampion!, c.Raise),
                VersusAnchor = Raised(c.Evidence.VersusAnchor!, c.Raise),
            });
            return Rank(after.Kind) >= Rank(before.Kind);
        }));

    [Fact]
    public void Decide_NarrowerIntervalAroundTheSameGain_NeverTurnsSettledIntoInconclusive() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(CasesGen.ToArbitrary(), c =>
        {
            var wide = c.Evidence with { VersusAnchor = null };
            var narrow = wide with { VersusChampion = Narrowed(wide.VersusChampion!) };
            return VerdictRules.Decide(wide).Kind == VerdictKind.Inconclusive || VerdictRules.Decide(narrow).Kind != VerdictKind.Inconclusive;
        }));

    [Fact]
    public void Decide_SuperiorRule_NeverPromotesWhatTheNonInferiorRuleRefuses() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(CasesGen.ToArbitrary(), c =>
            Rank(VerdictRules.Decide(c.Evidence with { Rule = ChampionRule.Superior }).Kind)
            <= Math.Max(1, Rank(VerdictRules.Decide(c.Evidence with { Rule = ChampionRule.NonInferior }).Kind))));

    [Fact]
    public void Decide_Inconclusive_AlwaysAsksForMoreRowsThanThereAre() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(CasesGen.ToArbitrary(), c =>
        {
            var verdict = VerdictRules.Decide(c.Evidence);
            return (verdict.Kind == VerdictKind.Inconclusive) == (verdict.RowsNeeded > 1000);
        }));

    private static Gen<(JudgeEvidence Evidence, double Raise)> CasesGen { get; } =
        from rule in Gen.Elements(ChampionRule.NonInferior, ChampionRule.Superior)
        from championMiddle in Gen.Choose(-40, 40)
        from championHalf in Gen.Choose(1, 40)
        from anchorMiddle in Gen.Choose(-40, 40)
        from anchorHalf in Gen.Choose(1, 40)
        from raise in Gen.Choose(0, 60)
        select (
            Evidence(rule, Difference((championMiddle - championHalf) / 1000.0, (championMiddle + championHalf) / 1000.0)) with
            {
                VersusAnchor = Difference((anchorMiddle - anchorHalf) / 1000.0, (anchorMiddle + anchorHalf) / 1000.0),
            },
            raise / 1000.0);

    private static int Rank(VerdictKind kind) => kind switch
    {
        VerdictKind.Keep => 0,
        VerdictKind.Inconclusive => 1,
        VerdictKind.PromoteNonInferior => 2,
        VerdictKind.Promote => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Nothing blocks in these cases."),
    };

    private static PairedDifference Raised(PairedDifference difference, double raise) => difference with
    {
        Delta = difference.Delta + raise,
        Interval = difference.Interval with { Low = difference.Interval.Low + raise, High = difference.Interval.High + raise },
    };

    private static PairedDifference Narrowed(PairedDifference difference) => difference with
    {
        StandardError = difference.StandardError / 2,
        Interval = difference.Interval with
        {
            Low = (difference.Interval.Low + difference.Delta) / 2,
            High = (difference.Interval.High + difference.Delta) / 2,
        },
    };

    private static void AssertBlocked(BlockReason reason, JudgeEvidence evidence)
    {
        var verdict = VerdictRules.Decide(evidence);
        Assert.Equal((VerdictKind.Blocked, reason), (verdict.Kind, verdict.Reason));
        Assert.StartsWith("Not promoted. ", verdict.Summary, StringComparison.Ordinal);
    }

    private static JudgeEvidence Evidence(ChampionRule rule, PairedDifference versusChampion) =>
        new() { Primary = Auc, Rule = rule, Margin = Margin, VersusChampion = versusChampion };

    /// <summary>A symmetric 90 % interval on 1,000 rows: 3.29 standard errors wide.</summary>
    private static PairedDifference Difference(double low, double high) => new(
        "roc-auc", 0.8 + ((low + high) / 2), 0.8, (low + high) / 2, (high - low) / 3.29, new Interval(low, high, 0.9), 1000);

    private static GateResult Gate(double bound, double value) => new(new MetricGate(Auc, GateComparison.AtLeast, bound), value);

    private static SliceResult Slice(SliceFinding finding) => new(
        "Size", "Large", 200, 50, 0.7, 0.8, finding == SliceFinding.TooSmall ? null : Difference(-0.15, -0.05), 0.01, finding);
}
