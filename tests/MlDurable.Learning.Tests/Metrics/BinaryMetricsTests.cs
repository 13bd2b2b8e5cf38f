using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;

namespace MlDurable.Learning.Tests.Metrics;

public sealed class BinaryMetricsTests
{
    public static TheoryData<string> Names { get; } = [.. MetricCatalog.Of(LearningTask.Binary).Select(metric => metric.Name)];

    private static Gen<(double[] Labels, double[] Scores)> ScoredRowsGen { get; } =
        from rows in Gen.Choose(2, 60)
        from labels in Gen.Choose(0, 1).ArrayOf(rows)
        from scores in Gen.Choose(0, 20).ArrayOf(rows)
        select (Array.ConvertAll(labels, label => (double)label), Array.ConvertAll(scores, score => score / 20.0));

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluate_NoRows_Throws(string name) =>
        Assert.Equal("no-rows", Assert.Throws<LearningException>(() => MetricCatalog.Find(name)!.Evaluate([], [], 0.5)).Code);

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluate_UnequalLengths_Throws(string name) =>
        Assert.Equal("length-mismatch", Assert.Throws<LearningException>(() => MetricCatalog.Find(name)!.Evaluate([0, 1], [0.5], 0.5)).Code);

    [Theory]
    [InlineData(2.0)]
    [InlineData(double.NaN)]
    public void Evaluate_LabelNotZeroOrOne_ThrowsNamingRow(double label)
    {
        var error = Assert.Throws<LearningException>(() => BinaryMetrics.RocAuc([0, label], [0.1, 0.2]));

        Assert.Equal("invalid-label", error.Code);
        Assert.Contains("Row 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_ScoreNaN_ThrowsNamingRow() =>
        Assert.Contains(
            "Row 0 has no score",
            Assert.Throws<LearningException>(() => BinaryMetrics.PrAuc([0, 1], [double.NaN, 0.2])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("log-loss")]
    [InlineData("brier")]
    [InlineData("calibration-error")]
    public void Evaluate_ScoreAboveOneWhereProbabilityNeeded_Throws(string name) =>
        Assert.Equal("invalid-score", Assert.Throws<LearningException>(() => MetricCatalog.Find(name)!.Evaluate([0, 1], [0.2, 1.5], 0.5)).Code);

    [Fact]
    public void RocAuc_OnlyPositives_IsNaN() => Assert.Equal(double.NaN, BinaryMetrics.RocAuc([1, 1], [0.2, 0.4]));

    [Fact]
    public void RocAuc_AnyRows_IsTheShareOfPairsWon() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(ScoredRowsGen.ToArbitrary(), rows =>
        {
            var wins = new List<double>();
            for (var i = 0; i < rows.Labels.Length; i++)
            {
                for (var j = 0; j < rows.Labels.Length; j++)
                {
                    if (rows.Labels[i] == 1 && rows.Labels[j] == 0)
                    {
                        wins.Add(rows.Scores[i] > rows.Scores[j] ? 1 : rows.Scores[i] == rows.Scores[j] ? 0.5 : 0);
                    }
                }
            }

            var auc = BinaryMetrics.RocAuc(rows.Labels, rows.Scores);
            return wins.Count == 0 ? double.IsNaN(auc) : Math.Abs(auc - wins.Average()) < 1e-12;
        }));

    [Fact]
    public void RocAuc_ScoresReversed_IsOneMinus() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(ScoredRowsGen.ToArbitrary(), rows =>
        {
            var sum = BinaryMetrics.RocAuc(rows.Labels, rows.Scores)
                + BinaryMetrics.RocAuc(rows.Labels, Array.ConvertAll(rows.Scores, score => 1 - score));
            return double.IsNaN(sum) || Math.Abs(sum - 1) < 1e-12;
        }));

    [Fact]
    public void EveryMetric_RowsReordered_IsUnchanged() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(ScoredRowsGen.ToArbitrary(), rows => MetricCatalog.Of(LearningTask.Binary).All(metric =>
        {
            var value = metric.Evaluate(rows.Labels, rows.Scores, 0.5);
            var reversed = metric.Evaluate(rows.Labels.Reverse().ToArray(), rows.Scores.Reverse().ToArray(), 0.5);
            return (double.IsNaN(value) && double.IsNaN(reversed)) || Math.Abs(value - reversed) < 1e-12;
        })));

    [Fact]
    public void Catalog_Names_AreUniqueInTheirTaskAndAlikeInAllTasks()
    {
        Assert.All(MetricCatalog.All, metric => Assert.Same(metric, MetricCatalog.Find(metric.Task, metric.Name)));
        Assert.All(MetricCatalog.All, metric => Assert.Equal(metric.DisplayName, MetricCatalog.Find(metric.Name)!.DisplayName));
        Assert.All(MetricCatalog.All, metric => Assert.Equal(metric.HigherIsBetter, MetricCatalog.Find(metric.Name)!.HigherIsBetter));
        Assert.Null(MetricCatalog.Find(LearningTask.Regression, "roc-auc"));
        Assert.Null(MetricCatalog.Find("ROC-AUC"));
    }

    [Theory]
    [InlineData("roc-auc", 0.8, 0.005)]
    [InlineData("calibration-error", 0.04, 0.005)]
    [InlineData("log-loss", 0.4, 0.004)]
    [InlineData("brier", 0.1, 0.001)]
    public void Margin_NoneDeclared_IsTheDefault(string name, double reference, double expected) =>
        Assert.Equal(expected, MetricCatalog.Find(name)!.Margin(null, reference), 12);

    [Fact]
    public void Margin_Declared_IsAbsoluteAlsoForLosses() => Assert.Equal(0.02, MetricCatalog.Find("log-loss")!.Margin(0.02, 0.4));

    [Fact]
    public void Gain_OfALoss_IsPositiveWhenTheCandidateIsLower() => Assert.Equal(0.125, MetricCatalog.Find("log-loss")!.Gain(0.25, 0.375));
}
