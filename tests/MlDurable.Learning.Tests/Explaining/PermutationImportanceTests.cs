using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class PermutationImportanceTests
{
    private static readonly double[] Labels = [.. Enumerable.Range(0, 400).Select(row => row % 2.0)];

    private static readonly Table Rows = new(
        new NumberColumn("used", [.. Labels.Select((label, row) => label + (row % 5 * 0.1))]),
        new NumberColumn("little used", [.. Labels.Select((label, row) => row % 3 == 0 ? label : 0.5)]),
        CategoryColumn.FromTexts("unused", Labels.Select(label => $"{label}")),
        new NumberColumn("@label", Labels));

    [Fact]
    public void Compute_ModelOfTwoFeatures_OrdersThemAndGivesZeroToTheOther()
    {
        var result = PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, new PermutationOptions { Repeats = 10 });
        Assert.Equal(["used", "little used", "unused"], result.Select(item => item.Feature));
        Assert.Equal(0, result[2].Mean);
        Assert.Equal(0, result[2].StandardError);
        Assert.InRange(result[0].Mean, 0.2, 0.5);
        Assert.InRange(result[0].StandardError, 1e-6, 0.02);
    }

    [Fact]
    public void Compute_LossWhereLowerIsBetter_IsOrientedTheSameWay()
    {
        static double Error(double[] labels, double[] scores) => labels.Zip(scores, (label, score) => Math.Pow(label - score, 2)).Average();
        var result = PermutationImportance.Compute(Predict, Rows, Labels, Error, higherIsBetter: false, new PermutationOptions());
        Assert.Equal("used", result[0].Feature);
        Assert.True(result[0].Mean > 0.1);
    }

    [Fact]
    public void Compute_SameSeed_GivesTheSameWhateverTheOrderOfTheColumns()
    {
        var reversed = new Table([.. Rows.Columns.Reverse()]);
        var options = new PermutationOptions { Seed = 5, Repeats = 3 };
        var expected = PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, options);
        Assert.Equal(expected.AsEnumerable(), PermutationImportance.Compute(Predict, reversed, Labels, TestAuc.Of, higherIsBetter: true, options));
        var other = PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, options with { Seed = 6 });
        Assert.NotEqual(expected[0].Mean, other[0].Mean);
    }

    [Fact]
    public void Compute_MeanAndStandardError_AreThoseOfTheRepeats()
    {
        double[] values = [1, 2, 4];
        var calls = 0;
        var result = PermutationImportance.Compute(
            rows => [0], new Table(new NumberColumn("only", [1])), [1], (_, _) => calls++ == 0 ? 10 : 10 - values[calls - 2], higherIsBetter: true, new PermutationOptions { Repeats = 3 });
        Assert.Equal(7.0 / 3, result[0].Mean, 1e-12);

        // The standard deviation of 1, 2, 4 with divisor 2 is sqrt(7/3).
        Assert.Equal(Math.Sqrt(7.0 / 3 / 3), result[0].StandardError, 1e-12);

        // Student's t with 2 degrees of freedom: 4.302653 leaves 2.5 % above.
        var interval = result[0].Interval!;
        Assert.Equal(0.95, interval.Confidence);
        Assert.Equal((7.0 / 3) - (4.302652729911275 * Math.Sqrt(7.0 / 9)), interval.Low, 1e-9);
        Assert.Equal((7.0 / 3) + (4.302652729911275 * Math.Sqrt(7.0 / 9)), interval.High, 1e-9);
    }

    [Fact]
    public void Compute_FeaturesOfOneColumn_AreShuffledTogether()
    {
        // The scores tell a row from others only while both parts come from one row.
        double[] first = [.. Enumerable.Range(0, 400).Select(row => (double)(row / 20))];
        double[] second = [.. Enumerable.Range(0, 400).Select(row => (double)(row % 20))];
        var seen = new List<HashSet<(double, double)>>();
        double[] Remember(Table rows)
        {
            var pairs = ((NumberColumn)rows["date: a"]).Values.ToArray().Zip(((NumberColumn)rows["date: b"]).Values.ToArray());
            seen.Add([.. pairs]);
            return new double[rows.RowCount];
        }

        var rows = new Table(new NumberColumn("date: a", first), new NumberColumn("date: b", second));
        var result = PermutationImportance.Compute(
            Remember,
            rows,
            Labels,
            TestAuc.Of,
            higherIsBetter: true,
            new PermutationOptions { Columns = [new RawColumn("date", ["date: a", "date: b"]), new RawColumn("not there", ["not there"])] });
        Assert.Equal("date", Assert.Single(result).Feature);
        Assert.Equal(6, seen.Count);
        Assert.All(seen, pairs => Assert.Equal(400, pairs.Count));
    }

    [Fact]
    public void Compute_AnyMetricOfTheCatalog_FindsTheColumnThatMatters()
    {
        foreach (var metric in MetricCatalog.Of(LearningTask.Binary).Where(metric => metric.Name != "calibration-error"))
        {
            var result = PermutationImportance.Compute(
                Predict, Rows, Labels, (labels, scores) => metric.Evaluate(labels, scores, 0.5), metric.HigherIsBetter, new PermutationOptions());
            Assert.Equal("used", result[0].Feature);
            Assert.True(result[0].Interval!.Low > 0, metric.Name);
        }
    }

    [Fact]
    public void ComputeSlices_ModelThatLooksAtAColumnInOneSliceOnly_SaysSo()
    {
        var slice = CategoryColumn.FromTexts("where", Labels.Select((_, row) => row < 200 ? "here" : row < 390 ? null : "few"));
        double[] Here(Table rows)
        {
            var used = ((NumberColumn)rows["used"]).Values.ToArray();
            var here = ((NumberColumn)rows["here"]).Values.ToArray();
            return [.. used.Zip(here, (a, b) => b * a)];
        }

        var rows = new Table([.. Rows.Columns, new NumberColumn("here", [.. Labels.Select((_, row) => row < 200 ? 1.0 : 0)])]);
        var reported = new List<double>();
        var options = new PermutationOptions { Progress = new Reports(reported.Add) };
        var slices = PermutationImportance.ComputeSlices(Here, rows, Labels, TestAuc.Of, higherIsBetter: true, [slice], LearningTask.Binary, options);
        Assert.Equal([("where", "here", 200), ("where", "(missing)", 190)], slices.Select(one => (one.Column, one.Value, one.Rows)));
        Assert.Equal("used", slices[0].Importance[0].Feature);
        Assert.True(slices[0].Importance[0].Interval!.Low > 0.3);
        Assert.All(slices[1].Importance, importance => Assert.Equal(0, importance.Mean));
        Assert.Equal([0.5, 1], reported);
        Assert.Equal(
            "length-mismatch",
            Assert.Throws<LearningException>(
                () => PermutationImportance.ComputeSlices(Here, rows, Labels, TestAuc.Of, higherIsBetter: true, [slice.Take([1])], LearningTask.Binary, options)).Code);
    }

    [Fact]
    public void Compute_OneRepeat_HasNoStandardError() =>
        Assert.All(
            PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, new PermutationOptions { Repeats = 1 }),
            item => Assert.Equal((0, null), (item.StandardError, item.Interval)));

    [Fact]
    public void Compute_Always_ReportsProgressAndCanBeCanceled()
    {
        using var source = new CancellationTokenSource();
        var reported = new List<double>();
        var options = new PermutationOptions
        {
            Progress = new Reports(value =>
        {
            reported.Add(value);
            source.Cancel();
        })
        };
        Assert.Throws<OperationCanceledException>(
            () => PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, options, source.Token));
        Assert.Equal([1 / 3.0], reported);
    }

    [Fact]
    public void Compute_WrongInput_IsRefused()
    {
        AssertCode("no-rows", Rows.Take([]), []);
        AssertCode("invalid-labels", Rows, [1]);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => PermutationImportance.Compute(Predict, Rows, Labels, TestAuc.Of, higherIsBetter: true, new PermutationOptions { Repeats = 0 }));
    }

    private static void AssertCode(string code, Table rows, double[] labels) => Assert.Equal(
        code,
        Assert.Throws<LearningException>(
            () => PermutationImportance.Compute(Predict, rows, labels, TestAuc.Of, higherIsBetter: true, new PermutationOptions())).Code);

    private static double[] Predict(Table rows)
    {
        var used = ((NumberColumn)rows["used"]).Values.ToArray();
        var little = ((NumberColumn)rows["little used"]).Values.ToArray();
        return [.. used.Zip(little, (a, b) => (a + (0.2 * b)) / 1.6)];
    }

    private sealed class Reports(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
