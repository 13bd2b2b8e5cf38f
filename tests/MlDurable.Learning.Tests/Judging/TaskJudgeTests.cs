using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Judging;

/// <summary>Verdicts on models of several classes and of numbers.</summary>
public sealed class TaskJudgeTests
{
    private static readonly Metric Rmse = MetricCatalog.Find(LearningTask.Regression, "rmse")!;

    private static readonly Metric LogLoss = MetricCatalog.Find(LearningTask.Multiclass, "log-loss")!;

    [Fact]
    public void Decide_NumbersMuchBetterPredicted_IsPromotedAndTheReverseIsKept()
    {
        var (labels, good, bad) = Numbers(600, 1);

        Assert.Equal(VerdictKind.Promote, Decide(Rmse, labels, good, bad).Kind);
        Assert.Equal(VerdictKind.Keep, Decide(Rmse, labels, bad, good).Kind);
    }

    [Fact]
    public void Decide_ClassesMuchBetterPredicted_IsPromotedAndTheReverseIsKept()
    {
        var (labels, good, bad) = Classes(600, 1);

        Assert.Equal(VerdictKind.Promote, Decide(LogLoss, labels, good, bad).Kind);
        Assert.Equal(VerdictKind.Keep, Decide(LogLoss, labels, bad, good).Kind);
    }

    [Fact]
    public void Decide_TooGoodToBeTrue_IsHeldForAReview()
    {
        var (numbers, _, _) = Numbers(300, 1);
        var exact = Decide(Rmse, numbers, Array.ConvertAll(numbers, label => label + 0.001), null);
        Assert.Equal((VerdictKind.Blocked, BlockReason.Leak), (exact.Kind, exact.Reason));
        Assert.Contains("R² 1.0000 is above 0.995", exact.Summary, StringComparison.Ordinal);

        var (classes, _, _) = Classes(300, 1);
        var sure = Decide(LogLoss, classes, [.. classes.SelectMany(label => Enumerable.Range(0, 3).Select(place => place == label ? 0.9 : 0.05))], null);
        Assert.Equal((VerdictKind.Blocked, BlockReason.Leak), (sure.Kind, sure.Reason));
        Assert.Contains("Accuracy 1.0000", sure.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_OneLabel_IsRefused()
    {
        Assert.Equal("one-label", Assert.Throws<LearningException>(() => Decide(Rmse, [1, 1, 1], [1, 2, 3], null)).Code);
        Assert.Equal("one-class", Assert.Throws<LearningException>(() => Decide(LogLoss, [1, 1], [0.5, 0.5, 0.5, 0.5], null)).Code);
    }

    [Fact]
    public void Decide_WorseOnASlice_IsBlocked()
    {
        var (labels, good, bad) = Numbers(1200, 5);
        var slice = CategoryColumn.FromTexts("part", labels.Select((_, row) => row % 3 == 0 ? "a" : "b"));
        var candidate = good.Select((value, row) => row % 3 == 0 ? bad[row] : value).ToArray();
        var champion = good.Select((value, row) => row % 3 == 0 ? value : bad[row]).ToArray();
        var verdict = Decide(Rmse, labels, candidate, champion, slice);

        Assert.Equal((VerdictKind.Blocked, BlockReason.Slice), (verdict.Kind, verdict.Reason));
        Assert.All(verdict.Slices, result => Assert.Null(result.Positives));
    }

    // Two models of the same quality: at a one-sided confidence of 0.95 the better one is claimed in about one of twenty trials.
    [Theory]
    [InlineData("rmse")]
    [InlineData("log-loss")]
    public void Compare_EqualModels_AreClaimedBetterAsOftenAsTheConfidenceAllows(string name)
    {
        const int trials = 300;
        var better = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            var (labels, first, second) = name == "rmse" ? Numbers(150, (ulong)trial, equal: true) : Classes(150, (ulong)trial, equal: true);
            var difference = Bootstrap.Compare(
                name == "rmse" ? Rmse : LogLoss, labels, new ScoredModel(first, 0.5), new ScoredModel(second, 0.5),
                new BootstrapOptions { Resamples = 300, Seed = (ulong)trial });
            better += difference.Interval.Low > 0 ? 1 : 0;
        }

        Assert.InRange(better / (double)trials, 0.02, 0.09);
    }

    private static Verdict Decide(Metric metric, double[] labels, double[] candidate, double[]? champion, params CategoryColumn[] slices) => Judge.Decide(new JudgeInput
    {
        Primary = metric,
        Labels = labels,
        Candidate = new ScoredModel(candidate, 0.5),
        Champion = champion is null ? null : new ScoredModel(champion, 0.5),
        Slices = [.. slices],
        Bootstrap = new BootstrapOptions { Resamples = 500 },
    });

    private static (double[] Labels, double[] Good, double[] Bad) Numbers(int rows, ulong seed, bool equal = false)
    {
        var random = new SplitMix64(seed);
        var (labels, good, bad) = (new double[rows], new double[rows], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            labels[row] = random.NextUniform() * 10;
            good[row] = labels[row] + (4 * (random.NextUniform() - 0.5));
            bad[row] = labels[row] + ((equal ? 4 : 8) * (random.NextUniform() - 0.5));
        }

        return (labels, good, bad);
    }

    private static (double[] Labels, double[] Good, double[] Bad) Classes(int rows, ulong seed, bool equal = false)
    {
        var random = new SplitMix64(seed);
        var labels = Enumerable.Range(0, rows).Select(_ => (double)random.NextInt(3)).ToArray();
        return (labels, Model(0.7), Model(equal ? 0.7 : 0.2));

        double[] Model(double strength)
        {
            var scores = new double[rows * 3];
            for (var row = 0; row < rows; row++)
            {
                var weights = Enumerable.Range(0, 3).Select(place => (place == labels[row] ? strength : 0) + random.NextUniform()).ToArray();
                for (var place = 0; place < 3; place++)
                {
                    scores[(row * 3) + place] = weights[place] / weights.Sum();
                }
            }

            return scores;
        }
    }
}
