using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Judging;

public sealed class BootstrapTests
{
    public static TheoryData<string> Names { get; } = [.. MetricCatalog.Of(LearningTask.Binary).Select(metric => metric.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Estimate_AnyMetric_HasTheMetricsValueInsideItsInterval(string name)
    {
        var rows = new Simulated(400, 3);
        var model = rows.Model(0.5);
        var metric = MetricCatalog.Find(name)!;

        var estimate = Bootstrap.Estimate(metric, rows.Labels, model.Scores, model.Threshold, new BootstrapOptions());

        ReferenceVectors.AssertClose(metric.Evaluate(rows.Labels, model.Scores, model.Threshold), estimate.Value, 1e-12, name);
        Assert.Equal(0.95, estimate.Interval.Confidence);
        Assert.InRange(estimate.Interval.High - estimate.Interval.Low, 0.01, 0.3);

        // The calibration error is biased upwards on resamples, so its corrected interval may lie below the value.
        if (name != "calibration-error")
        {
            Assert.InRange(estimate.Value, estimate.Interval.Low, estimate.Interval.High);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ResampledMetric_AnyWeights_EqualsTheMetricOfRepeatedRows(string name)
    {
        var rows = new Simulated(60, 9);
        var model = rows.Model(0.5) with { Threshold = 0.4 };
        var tied = model with { Scores = Array.ConvertAll(model.Scores, score => Math.Round(score, 1)) };
        var weights = Enumerable.Range(0, 60).Select(row => row * 7 % 4).ToArray();
        var drawn = Enumerable.Range(0, 60).SelectMany(row => Enumerable.Repeat(row, weights[row])).ToArray();
        var metric = MetricCatalog.Find(name)!;

        Assert.All([model, tied], scored => ReferenceVectors.AssertClose(
            metric.Evaluate(
                Array.ConvertAll(drawn, row => rows.Labels[row]), Array.ConvertAll(drawn, row => scored.Scores[row]), scored.Threshold),
            ResampledMetric.Prepare(metric, rows.Labels, scored).Evaluate(weights),
            1e-12,
            name));
    }

    [Fact]
    public void Estimate_SameSeed_IsTheSame_OtherSeed_IsNot()
    {
        var rows = new Simulated(200, 3);
        var model = rows.Model(0.5);

        Assert.Equal(WithSeed(5), WithSeed(5));
        Assert.NotEqual(WithSeed(5), WithSeed(6));

        MetricEstimate WithSeed(ulong seed) =>
            Bootstrap.Estimate(MetricCatalog.Find("roc-auc")!, rows.Labels, model.Scores, 0.5, new BootstrapOptions { Seed = seed, Resamples = 200 });
    }

    [Fact]
    public void Estimate_OneClass_ThrowsForRocAucOnly()
    {
        double[] labels = [1, 1, 1];
        double[] scores = [0.2, 0.5, 0.8];

        Assert.Equal(
            "one-class",
            Assert.Throws<LearningException>(() => Bootstrap.Estimate(MetricCatalog.Find("roc-auc")!, labels, scores, 0.5, new BootstrapOptions())).Code);
        Assert.Equal(2.0 / 3, Bootstrap.Estimate(MetricCatalog.Find("recall")!, labels, scores, 0.5, new BootstrapOptions()).Value, 12);
    }

    [Fact]
    public void Draw_RareClass_KeepsItsCountInEveryResample()
    {
        var labels = Enumerable.Range(0, 500).Select(row => row % 100 == 0 ? 1.0 : 0).ToArray();
        var resampler = new RowResampler(labels, ofClasses: true, 1);
        var weights = new int[500];
        for (var resample = 0; resample < 50; resample++)
        {
            resampler.Draw(weights);

            Assert.Equal(500, weights.Sum());
            Assert.Equal(5, weights.Where((_, row) => labels[row] == 1).Sum());
        }
    }

    [Fact]
    public void Draw_HundredOfTheRarerClass_IsNotStratified()
    {
        var labels = Enumerable.Range(0, 500).Select(row => row < 100 ? 1.0 : 0).ToArray();

        Assert.Single(new RowResampler(labels, ofClasses: true, 1).Strata);
        Assert.Equal(2, new RowResampler(labels[1..], ofClasses: true, 1).Strata.Length);
    }

    [Fact]
    public void Interval_IdenticalModels_IsZeroByThePercentileRule()
    {
        var rows = new Simulated(150, 3);
        var model = rows.Model(0.5);

        var difference = Bootstrap.Compare(MetricCatalog.Find("roc-auc")!, rows.Labels, model, model, new BootstrapOptions());

        Assert.Equal(new Interval(0, 0, difference.Interval.Confidence), difference.Interval);
        Assert.Equal(0, difference.StandardError);
        Assert.Equal(1, difference.PValue);
    }

    [Fact]
    public void Interval_SkewedMean_IsShiftedTowardsTheLongTail() => Assert.InRange(BcaShift(300), 0.05, 1);

    [Fact]
    public void Interval_MoreRowsThanJackknifeGroups_KeepsTheAccelerationsScale() =>

        // The shift is of order 1 / rows, also where the jackknife leaves out groups of rows.
        Assert.InRange(BcaShift(150) / BcaShift(1200), 4, 16);

    /// <summary>How far BCa moves the middle of the interval of a right-skewed log loss, against the percentile interval.</summary>
    private static double BcaShift(int rows)
    {
        // The same 150 losses again and again, so that the skewness is the same for every number of rows.
        var labels = Enumerable.Range(0, rows).Select(row => row % 2 == 0 ? 1.0 : 0).ToArray();
        var losses = Enumerable.Range(0, rows).Select(row => Math.Exp(5 * (row % 150 / 150.0) * (row % 150 / 150.0)) / 5).ToArray();
        var scores = labels.Zip(losses, (label, loss) => label == 1 ? Math.Exp(-loss) : 1 - Math.Exp(-loss)).ToArray();
        var prepared = ResampledMetric.Prepare(MetricCatalog.Find("log-loss")!, labels, new ScoredModel(scores, 0.5));
        var distribution = BootstrapDistribution.Of(weights => prepared.Evaluate(weights), labels, ofClasses: true, new BootstrapOptions { Resamples = 10_000 });
        var (bca, percentile) = (distribution.Interval(0.95), distribution.PercentileInterval(0.95));
        return bca.Low + bca.High - percentile.Low - percentile.High;
    }

    [Theory]
    [InlineData(99, 0.95)]
    [InlineData(2000, 0.5)]
    [InlineData(2000, 1)]
    [InlineData(2000, double.NaN)]
    public void Estimate_OptionOutOfRange_Throws(int resamples, double confidence) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        Bootstrap.Estimate(
            MetricCatalog.Find("brier")!, [0, 1], [0.2, 0.7], 0.5, new BootstrapOptions { Resamples = resamples, Confidence = confidence }));

    [Fact]
    public void Estimate_ManySamples_CoversTheTruthAsOftenAsItSays()
    {
        var metric = MetricCatalog.Find("accuracy")!;

        // The true accuracy of the simulated model at its threshold, from many rows.
        var large = new Simulated(100_000, 77);
        var largeModel = large.Model(0.5);
        var truth = metric.Evaluate(large.Labels, largeModel.Scores, 0.5);

        var covered = Enumerable.Range(0, 300).Count(sample =>
        {
            var rows = new Simulated(250, (ulong)(sample * 7919) + 1);
            var interval = Bootstrap.Estimate(
                metric, rows.Labels, rows.Model(0.5).Scores, 0.5, new BootstrapOptions { Resamples = 400, Seed = (ulong)sample }).Interval;
            return interval.Low <= truth && truth <= interval.High;
        });

        // 95 % of 300 is 285, with a standard deviation of 3.8.
        Assert.InRange(covered, 273, 297);
    }
}
