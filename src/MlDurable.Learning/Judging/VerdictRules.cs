using System.Collections.Immutable;

namespace MlDurable.Learning.Judging;

/// <summary>The truth table of <see cref="Judge"/>, on numbers alone.</summary>
internal static class VerdictRules
{
    public static Verdict Decide(JudgeEvidence evidence)
    {
        var champion = evidence.VersusChampion is { } versusChampion ? Stand(versusChampion, evidence, evidence.Rule) : Standing.Better;
        var anchor = evidence.VersusAnchor is { } versusAnchor ? Stand(versusAnchor, evidence, ChampionRule.NonInferior) : champion;
        var findings = Findings(evidence, champion, anchor);
        var verdict = new Verdict
        {
            Kind = VerdictKind.Promote,
            Summary = string.Empty,
            Findings = findings,
            VersusBaseline = evidence.VersusBaseline,
            VersusChampion = evidence.VersusChampion,
            VersusAnchor = evidence.VersusAnchor,
            Slices = evidence.Slices,
        };

        if (evidence.SameModel)
        {
            return verdict with { Kind = VerdictKind.Keep, Summary = "The champion stays: the candidate is the same model, bit for bit." };
        }

        if (findings.FirstOrDefault(finding => !finding.Passed && finding.Check is Checks.Leak) is { } leak)
        {
            return Blocked(verdict, BlockReason.Leak, leak);
        }

        if (findings.FirstOrDefault(finding => !finding.Passed && IsGate(finding)) is { } gate)
        {
            return Blocked(verdict, BlockReason.Gate, gate);
        }

        if (evidence.VersusChampion is null)
        {
            return verdict with { Summary = "The first version: it passes every gate, and there is no champion to compare with." };
        }

        if (findings.FirstOrDefault(finding => IsSettledAgainst(finding.Check == Checks.Champion ? champion : anchor, finding)) is { } against)
        {
            return verdict with { Kind = VerdictKind.Keep, Summary = $"The champion stays. {against.Detail}" };
        }

        if (findings.FirstOrDefault(finding => !finding.Passed && finding.Check is Checks.Slices) is { } slice)
        {
            return Blocked(verdict, BlockReason.Slice, slice);
        }

        if (champion == Standing.Open || anchor == Standing.Open)
        {
            var rows = Math.Max(
                champion == Standing.Open ? Needed(evidence.VersusChampion, evidence) : 0,
                anchor == Standing.Open ? Needed(evidence.VersusAnchor ?? evidence.VersusChampion, evidence) : 0);
            return verdict with
            {
                Kind = VerdictKind.Inconclusive,
                RowsNeeded = rows,
                Summary = $"The {evidence.VersusChampion.Rows} rows are too few to say; about {rows} would settle it. "
                    + findings.First(finding => !finding.Passed && finding.Check is Checks.Champion or Checks.Anchor).Detail,
            };
        }

        var better = champion == Standing.Better && anchor == Standing.Better;
        return verdict with
        {
            Kind = better ? VerdictKind.Promote : VerdictKind.PromoteNonInferior,
            Summary = string.Join(' ', findings.Where(finding => finding.Check is Checks.Champion or Checks.Anchor).Select(finding => finding.Detail)),
        };
    }

    internal static Standing Stand(PairedDifference difference, JudgeEvidence evidence, ChampionRule rule)
    {
        var (low, high) = (difference.Interval.Low, difference.Interval.High);
        return low > 0 ? Standing.Better
            : rule == ChampionRule.NonInferior && low > -evidence.Margin ? Standing.AsGood
            : high <= -evidence.Margin ? Standing.Worse
            : rule == ChampionRule.Superior && high < evidence.Margin ? Standing.NotBetter
            : Needed(difference, evidence) > difference.Rows ? Standing.Open
            : Standing.NotShown;
    }

    private static long Needed(PairedDifference difference, JudgeEvidence evidence) =>
        RowsNeeded.ForMetric(difference.Rows, difference.StandardError, evidence.Margin, evidence.Confidence);

    private static Verdict Blocked(Verdict verdict, BlockReason reason, VerdictFinding finding) => verdict with
    {
        Kind = VerdictKind.Blocked,
        Reason = reason,
        Summary = $"Not promoted. {finding.Detail}",
    };

    private static bool IsGate(VerdictFinding finding) =>
        finding.Check == Checks.Baseline || finding.Check.StartsWith(Checks.GatePrefix, StringComparison.Ordinal);

    private static bool IsSettledAgainst(Standing standing, VerdictFinding finding) =>
        finding.Check is Checks.Champion or Checks.Anchor && standing is Standing.NotShown or Standing.NotBetter or Standing.Worse;

    private static ImmutableArray<VerdictFinding> Findings(JudgeEvidence evidence, Standing champion, Standing anchor)
    {
        var findings = ImmutableArray.CreateBuilder<VerdictFinding>();
        if (evidence.VersusChampion is not null)
        {
            findings.Add(new VerdictFinding(
                Checks.SameModel,
                !evidence.SameModel,
                evidence.SameModel ? "The candidate is the champion, bit for bit." : "The candidate is another model than the champion."));
        }

        findings.Add(Leak(evidence));
        foreach (var gate in evidence.Gates)
        {
            findings.Add(new VerdictFinding(Checks.GatePrefix + gate.Gate.Metric.Name, gate.Passed, Sentences.Gate(gate)));
        }

        if (evidence.VersusBaseline is { } baseline)
        {
            var standing = baseline.Interval.Low > 0 ? Standing.Better : Standing.NotShown;
            findings.Add(new VerdictFinding(
                Checks.Baseline, standing == Standing.Better, Sentences.Comparison(evidence, baseline, "baseline", standing, ChampionRule.Superior)));
        }

        if (evidence.VersusChampion is { } versusChampion)
        {
            findings.Add(new VerdictFinding(
                Checks.Champion,
                champion is Standing.Better or Standing.AsGood,
                Sentences.Comparison(evidence, versusChampion, "champion", champion, evidence.Rule)));
        }

        if (evidence.VersusAnchor is { } versusAnchor)
        {
            findings.Add(new VerdictFinding(
                Checks.Anchor,
                anchor is Standing.Better or Standing.AsGood,
                Sentences.Comparison(evidence, versusAnchor, "anchor", anchor, ChampionRule.NonInferior)));
        }

        if (!evidence.Slices.IsEmpty)
        {
            findings.Add(new VerdictFinding(
                Checks.Slices,
                !evidence.Slices.Any(slice => slice.Finding is SliceFinding.ShownWorse or SliceFinding.NotShownNonInferior),
                Sentences.Slices(evidence)));
        }

        return findings.ToImmutable();
    }

    private static VerdictFinding Leak(JudgeEvidence evidence)
    {
        var figure = $"{Judge.LeakMetric(evidence.Primary.Task).DisplayName} {evidence.LeakFigure:0.0000}";
        if (evidence.LeakFigure > Judge.LeakLimit)
        {
            return new VerdictFinding(
                Checks.Leak,
                false,
                $"{figure} is above {Judge.LeakLimit}: too good to be true. Look for a feature that knows the label, "
                + "or for training rows among the comparison rows.");
        }

        var usualGain = Median(evidence.PastGains);
        if (evidence.VersusChampion is { } champion
            && usualGain > 0
            && champion.Delta > Judge.LeakGainFactor * usualGain
            && champion.Delta > evidence.Margin)
        {
            return new VerdictFinding(
                Checks.Leak,
                false,
                $"The gain of {Sentences.Signed(champion.Delta)} in {evidence.Primary.DisplayName} is more than {Judge.LeakGainFactor} times the median of "
                + $"{evidence.PastGains.Length} past gains ({Sentences.Signed(usualGain)}). Look for a feature that knows the label.");
        }

        return new VerdictFinding(Checks.Leak, true, $"Nothing is too good to be true: {figure}.");
    }

    /// <summary>The median, or 0 for none.</summary>
    private static double Median(ImmutableArray<double> values)
    {
        var sorted = values.Sort();
        return sorted.IsEmpty ? 0 : Numerics.Quantiles.Linear(sorted.AsSpan(), 0.5);
    }

    private static class Checks
    {
        public const string SameModel = "same-model";
        public const string Leak = "leak";
        public const string GatePrefix = "gate: ";
        public const string Baseline = "baseline";
        public const string Champion = "champion";
        public const string Anchor = "anchor";
        public const string Slices = "slices";
    }
}
