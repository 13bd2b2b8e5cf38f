using MlDurable.Learning.Features;
using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Metrics;

/// <summary>Metrics of several classes and of numbers; the expected values are those of sklearn.metrics 1.2.1.</summary>
public sealed class TaskMetricsTests
{
    private static readonly double[] Classes = [0, 2, 1, 1, 0, 2, 2, 1, 0, 1, 2, 0];

    private static readonly double[] Probabilities =
    [
        0.4, 0.14, 0.46, 0.34, 0.06, 0.6, 0.24, 0.38, 0.38, 0.07, 0.61, 0.32, 0.44, 0.25, 0.31, 0.38, 0.11, 0.51,
        0.44, 0.18, 0.38, 0.45, 0.41, 0.14, 0.59, 0.23, 0.18, 0.37, 0.3, 0.33, 0.22, 0.05, 0.73, 0.65, 0.09, 0.26,
    ];

    private static readonly double[] Numbers = [8.07, 10.09, 0.92, 8.23, 1.88, 4.8, 8.49, 10.66, 2.2, 7.61, 2.54, 0.23];

    private static readonly double[] Predictions = [9.82, 5.24, 0.94, 5.6, 2.55, 2.13, 5.89, 14.16, 3.49, 3.21, 2.08, 0.26];

    public static TheoryData<string> OfClasses { get; } = [.. MetricCatalog.Of(LearningTask.Multiclass).Select(metric => metric.Name)];

    public static TheoryData<string> OfNumbers { get; } = [.. MetricCatalog.Of(LearningTask.Regression).Select(metric => metric.Name)];

    [Theory]
    [InlineData("log-loss", 0.726633596828015)]
    [InlineData("brier", 0.4230666666666667)]
    [InlineData("roc-auc", 0.9479166666666666)]
    [InlineData("accuracy", 0.6666666666666666)]
    [InlineData("balanced-accuracy", 0.6666666666666666)]
    [InlineData("macro-f1", 0.6722222222222222)]
    [InlineData("mcc", 0.5222329678670935)]
    public void Evaluate_OfClasses_IsThatOfScikitLearn(string name, double expected) =>
        Assert.Equal(expected, MetricCatalog.Find(LearningTask.Multiclass, name)!.Evaluate(Classes, Probabilities, 0.5), 12);

    [Theory]
    [InlineData("rmse", 2.6033103925579066)]
    [InlineData("mae", 2.0725000000000002)]
    [InlineData("median-absolute-error", 2.1750000000000003)]
    [InlineData("mape", 0.33851011520823177)]
    [InlineData("r2", 0.4824322323373017)]
    [InlineData("poisson-deviance", 1.2106269371445617)]
    [InlineData("pinball-10", 0.6912499999999998)]
    [InlineData("pinball-50", 1.0362500000000001)]
    [InlineData("pinball-90", 1.3812500000000003)]
    public void Evaluate_OfNumbers_IsThatOfScikitLearn(string name, double expected) =>
        Assert.Equal(expected, MetricCatalog.Find(LearningTask.Regression, name)!.Evaluate(Numbers, Predictions, 0.5), 12);

    [Theory]
    [MemberData(nameof(OfClasses))]
    public void ResampledMetric_OfClasses_EqualsTheMetricOfRepeatedRows(string name) =>
        AssertResampled(MetricCatalog.Find(LearningTask.Multiclass, name)!, Classes, Probabilities);

    [Theory]
    [MemberData(nameof(OfNumbers))]
    public void ResampledMetric_OfNumbers_EqualsTheMetricOfRepeatedRows(string name) =>
        AssertResampled(MetricCatalog.Find(LearningTask.Regression, name)!, Numbers, Predictions);

    [Theory]
    [MemberData(nameof(OfClasses))]
    [MemberData(nameof(OfNumbers))]
    public void Estimate_AnyMetric_HasItsValue(string name)
    {
        foreach (var metric in MetricCatalog.All.Where(metric => metric.Task != LearningTask.Binary && metric.Name == name))
        {
            var (labels, scores) = metric.Task == LearningTask.Multiclass ? (Classes, Probabilities) : (Numbers, Predictions);
            var estimate = Bootstrap.Estimate(metric, labels, scores, 0.5, new BootstrapOptions { Resamples = 200 });
            Assert.Equal(metric.Evaluate(labels, scores, 0.5), estimate.Value, 12);
            Assert.True(estimate.Interval.Low <= estimate.Interval.High);
        }
    }

    [Fact]
    public void Evaluate_WhatIsNoLabelOrScore_IsRefused()
    {
        var accuracy = MetricCatalog.Find(LearningTask.Multiclass, "accuracy")!;
        var rmse = MetricCatalog.Find(LearningTask.Regression, "rmse")!;

        Assert.Equal("no-rows", Code(accuracy, [], []));
        Assert.Equal("length-mismatch", Code(accuracy, [0, 1], [0.5, 0.5, 0.5]));
        Assert.Equal("length-mismatch", Code(accuracy, [0, 1], [0.5, 0.5]));
        Assert.Equal("invalid-label", Code(accuracy, [0, 2], [0.5, 0.5, 0.5, 0.5]));
        Assert.Equal("invalid-score", Code(accuracy, [0, 1], [0.5, 0.5, double.NaN, 0.5]));
        Assert.Equal("no-rows", Code(rmse, [], []));
        Assert.Equal("length-mismatch", Code(rmse, [1], [1, 2]));
        Assert.Equal("invalid-label", Code(rmse, [double.NaN], [1]));
        Assert.Equal("invalid-score", Code(rmse, [1], [double.PositiveInfinity]));

        static string Code(Metric metric, double[] labels, double[] scores) =>
            Assert.Throws<LearningException>(() => metric.Evaluate(labels, scores, 0.5)).Code;
    }

    [Fact]
    public void Estimate_MetricThatIsNotDefined_SaysSo()
    {
        Assert.Equal("metric-undefined", Code("mape", [0, 1], [1, 1]));
        Assert.Equal("metric-undefined", Code("poisson-deviance", [0, 1], [1, -1]));
        Assert.Equal("one-label", Code("r2", [1, 1], [1, 2]));

        static string Code(string name, double[] labels, double[] scores) => Assert.Throws<LearningException>(
            () => Bootstrap.Estimate(MetricCatalog.Find(LearningTask.Regression, name)!, labels, scores, 0.5, new BootstrapOptions())).Code;
    }

    [Fact]
    public void Count_Decisions_AreThoseOfScikitLearn() => Assert.Equal(
        [[3, 0, 1], [2, 2, 0], [1, 0, 3]], ClassConfusion.Count(["a", "b", "c"], Classes, Probabilities).Counts.Select(row => row.ToArray()));

    [Fact]
    public void Of_Errors_HasQuantilesAndPointsInTheOrderOfTheTruth()
    {
        var errors = ErrorFigures.Of([3, 1, 2], [3, 2, 4]);

        Assert.Equal(1, errors.Quantiles[2], 12);
        Assert.Equal([new CurvePoint(1, 2), new CurvePoint(2, 4), new CurvePoint(3, 3)], errors.Points.AsEnumerable());
    }

    [Fact]
    public void Compare_DecisionsBetweenClasses_CountsRowsThatOnlyOneDecidesRight()
    {
        var other = Probabilities.ToArray();
        (other[0], other[2]) = (other[2], other[0]);
        var result = McNemar.Compare(LearningTask.Multiclass, Classes, new ScoredModel(other, 0), new ScoredModel(Probabilities, 0));

        Assert.Equal((1, 0, 12), (result.CandidateOnlyRight, result.ReferenceOnlyRight, result.Rows));
        Assert.Throws<ArgumentOutOfRangeException>(() => McNemar.Compare(LearningTask.Regression, Numbers, new ScoredModel(Numbers, 0), new ScoredModel(Numbers, 0)));
    }

    [Fact]
    public void Strata_RareClass_AreClassesButNotOfNumbers()
    {
        Assert.Equal(3, new RowResampler(Classes, ofClasses: true, 1).Strata.Length);
        Assert.Single(new RowResampler(Numbers, ofClasses: false, 1).Strata);
    }

    private static void AssertResampled(Metric metric, double[] labels, double[] scores)
    {
        var width = scores.Length / labels.Length;
        var weights = Enumerable.Range(0, labels.Length).Select(row => row * 5 % 4).ToArray();
        var drawn = Enumerable.Range(0, labels.Length).SelectMany(row => Enumerable.Repeat(row, weights[row])).ToArray();
        Assert.Equal(
            metric.Evaluate(
                Array.ConvertAll(drawn, row => labels[row]), [.. drawn.SelectMany(row => scores[(row * width)..((row + 1) * width)])], 0.5),
            ResampledMetric.Prepare(metric, labels, new ScoredModel(scores, 0.5)).Evaluate(weights),
            12);
    }
}
