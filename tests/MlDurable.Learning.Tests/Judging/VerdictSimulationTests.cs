using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Judging;

/// <summary>How often the verdicts are wrong, and what they do to a model over the years. Seeded.</summary>
public sealed class VerdictSimulationTests
{
    private const double Margin = 0.007;
    private static readonly Metric Brier = MetricCatalog.Find("brier")!;

    [Fact]
    public void Decide_EqualModels_SeldomClaimsADifference()
    {
        var kinds = Verdicts(400, candidateNoise: 0.5, championNoise: 0.5, margin: 0.004);

        // The one-sided interval is right in 95 %: 5 % of 400 is 20, with a standard deviation of 4.4.
        Assert.InRange(kinds.Count(kind => kind == VerdictKind.Promote), 5, 34);

        // Shown worse by the margin is rarer still; the rest of "keep" needs rows enough to settle it, which these are not.
        Assert.InRange(kinds.Count(kind => kind == VerdictKind.Keep), 0, 20);
    }

    [Fact]
    public void Decide_CandidateWorseByTheMargin_IsSeldomPromoted()
    {
        // The true loss, measured on many rows, is the margin: non-inferiority is wrong in at most 5 % of the cases.
        var large = new Simulated(200_000, 99);
        var margin = Brier.Evaluate(large.Labels, large.Model(0.7).Scores, 0.5) - Brier.Evaluate(large.Labels, large.Model(0.5).Scores, 0.5);

        var promoted = Verdicts(400, candidateNoise: 0.7, championNoise: 0.5, margin).Count(kind => kind is VerdictKind.Promote or VerdictKind.PromoteNonInferior);

        Assert.InRange(promoted, 5, 34);
    }

    [Fact]
    public void Decide_CandidateBetterByFar_IsNearlyAlwaysPromoted() =>
        Assert.InRange(Verdicts(100, candidateNoise: 0.1, championNoise: 1.5, margin: 0.004).Count(kind => kind == VerdictKind.Promote), 97, 100);

    [Fact]
    public void Decide_TwoHundredRetrainingsOfASlowlyWorseningLearner_LoseLittleWithAnAnchor()
    {
        var without = Retrain(withAnchor: false);
        var with = Retrain(withAnchor: true);

        // Each step is far below the margin, so without the anchor nothing ever stops the slide.
        Assert.True(without > 10 * Margin, $"without an anchor the loss is {without}");
        Assert.True(with < 1.5 * Margin, $"with an anchor the loss is {with}");
    }

    /// <summary>The Brier score that 200 nightly retrainings cost in truth, when each is slightly worse than the one before.</summary>
    private static double Retrain(bool withAnchor)
    {
        const double first = 0.2;
        double championNoise = first, anchorNoise = first;
        for (var night = 1; night <= 200; night++)
        {
            var candidateNoise = first + (0.01 * night);
            var rows = new Simulated(800, (ulong)(night * 7919) + 1);
            var verdict = Judge.Decide(new JudgeInput
            {
                Primary = Brier,
                Labels = rows.Labels,
                Candidate = rows.Retrained(candidateNoise),
                Champion = rows.Retrained(championNoise),
                Anchor = withAnchor ? rows.Retrained(anchorNoise) : null,
                Margin = Margin,
                Bootstrap = new BootstrapOptions { Resamples = 100, Seed = (ulong)night },
            });
            if (verdict.Kind is VerdictKind.Promote or VerdictKind.PromoteNonInferior)
            {
                championNoise = candidateNoise;
            }

            if (verdict.Kind == VerdictKind.Promote)
            {
                anchorNoise = candidateNoise;
            }
        }

        var truth = new Simulated(50_000, 1);
        return Brier.Evaluate(truth.Labels, truth.Retrained(championNoise).Scores, 0.5) - Brier.Evaluate(truth.Labels, truth.Retrained(first).Scores, 0.5);
    }

    private static List<VerdictKind> Verdicts(int count, double candidateNoise, double championNoise, double margin) =>
    [
        .. Enumerable.Range(0, count).Select(sample =>
        {
            var rows = new Simulated(600, (ulong)(sample * 104729) + 11);
            return Judge.Decide(new JudgeInput
            {
                Primary = Brier,
                Labels = rows.Labels,
                Candidate = rows.Model(candidateNoise),
                Champion = rows.Model(championNoise),
                Margin = margin,
                Bootstrap = new BootstrapOptions { Resamples = 200, Seed = (ulong)sample },
            }).Kind;
        }),
    ];
}
