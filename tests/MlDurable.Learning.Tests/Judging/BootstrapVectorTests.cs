using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Judging;

public sealed class BootstrapVectorTests
{
    private static readonly System.Text.Json.JsonElement Vector = ReferenceVectors.Paired.GetProperty("bootstrap");
    private static readonly double[] Labels = Vector.Numbers("y");
    private static readonly ScoredModel First = new(Vector.Numbers("pa"), 0.5);
    private static readonly ScoredModel Second = new(Vector.Numbers("pb"), 0.5);

    [Theory]
    [InlineData("auc", "roc-auc")]
    [InlineData("accuracy", "accuracy")]
    [InlineData("log_loss", "log-loss")]
    public void Differences_OnReferenceRows_EqualEveryReplicate(string name, string metricName)
    {
        var metric = MetricCatalog.Find(metricName)!;
        var expected = Vector.GetProperty(name);

        // The file has metric(A) - metric(B), whatever the direction; ours is positive when A is better.
        var sign = metric.HigherIsBetter ? 1 : -1;
        var actual = Bootstrap.Differences(metric, Labels, First, Second, new BootstrapOptions { Resamples = 500, Seed = 2004 });
        var interval = actual.PercentileInterval(0.95);

        Assert.Equal(500, actual.Replicates.Length);
        Assert.All(
            expected.Numbers("replicates").Zip(actual.Replicates),
            pair => Assert.Equal(pair.First, sign * pair.Second, 1e-12));
        Assert.Equal(expected.Number("observed"), sign * actual.Observed, 1e-12);
        ReferenceVectors.AssertClose(expected.Number("se_ddof1"), actual.StandardError, 1e-10, "standard error");
        ReferenceVectors.AssertClose(expected.Number("p_two_sided"), actual.PValueOfZero(), 1e-12, "p");
        double[] ends = sign > 0 ? [interval.Low, interval.High] : [-interval.High, -interval.Low];
        Assert.All(expected.Numbers("ci95_percentile").Zip(ends), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Compare_OnReferenceRows_HasTheModelsOwnValues()
    {
        var difference = Bootstrap.Compare(MetricCatalog.Find("log-loss")!, Labels, First, Second, new BootstrapOptions { Resamples = 100 });

        ReferenceVectors.AssertClose(Vector.GetProperty("log_loss").Number("a"), difference.Candidate, 1e-12, "a");
        ReferenceVectors.AssertClose(Vector.GetProperty("log_loss").Number("b"), difference.Reference, 1e-12, "b");
        Assert.True(difference.Delta > 0);
        Assert.Equal(1000, difference.Rows);
    }

    [Fact]
    public void Compare_AccuracyWithManyResamples_AgreesWithScipysBca()
    {
        var expected = ReferenceVectors.Paired.GetProperty("scipy_bootstrap_accuracy_diff");
        var (low, high) = (expected.Numbers("bca95")[0], expected.Numbers("bca95")[1]);

        // One-sided 0.975 is two-sided 0.95. Both sides are random: the file asks for about 3 % of the width.
        var options = new BootstrapOptions { Resamples = 9999, Confidence = 0.975, Seed = 1 };
        var difference = Bootstrap.Compare(MetricCatalog.Find("accuracy")!, Labels, First, Second, options);

        Assert.Equal(0.95, difference.Interval.Confidence, 12);
        Assert.Equal(low, difference.Interval.Low, 0.04 * (high - low));
        Assert.Equal(high, difference.Interval.High, 0.04 * (high - low));
        ReferenceVectors.AssertClose(expected.Number("se"), difference.StandardError, 0.03, "standard error");
    }
}
