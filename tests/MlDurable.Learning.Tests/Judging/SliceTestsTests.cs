using MlDurable.Learning.Judging;
using MlDurable.Learning.Metrics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Judging;

public sealed class SliceTestsTests
{
    private static readonly Metric Auc = MetricCatalog.Find("roc-auc")!;
    private static readonly BootstrapOptions Options = new() { Resamples = 500 };

    [Fact]
    public void Run_SliceInvertedByTheCandidate_IsShownWorseAndOthersAreNot()
    {
        var rows = new Simulated(900, 4);
        var reference = rows.Model(0.3);
        var column = CategoryColumn.FromTexts("Size", Enumerable.Range(0, 900).Select(row => (row % 3) switch { 0 => "Small", 1 => "Medium", _ => "Large" }));
        var candidate = reference with { Scores = [.. reference.Scores.Select((score, row) => row % 3 == 2 ? 1 - score : score)] };

        var results = SliceTests.Run(Auc, rows.Labels, candidate, reference, [column], 0.01, false, Options);

        Assert.Equal(3, results.Length);
        var large = results.Single(result => result.Value == "Large");
        Assert.Equal(SliceFinding.ShownWorse, large.Finding);
        Assert.InRange(large.PValue!.Value, 0, 0.001);
        Assert.Equal(300, large.Rows);
        Assert.Equal(large.Difference!.Candidate, large.Candidate);
        Assert.All(results.Where(result => result.Value != "Large"), result => Assert.Equal((SliceFinding.NotShownWorse, 1.0), (result.Finding, result.PValue)));
    }

    [Theory]
    [InlineData(99, 40, SliceFinding.TooSmall)]
    [InlineData(100, 29, SliceFinding.TooSmall)]
    [InlineData(100, 30, SliceFinding.NotShownWorse)]
    [InlineData(100, 70, SliceFinding.NotShownWorse)]
    [InlineData(100, 71, SliceFinding.TooSmall)]
    public void Run_AroundTheMinimum_TestsFromHundredRowsAndThirtyOfTheRarerClass(int count, int positives, SliceFinding expected)
    {
        var labels = Enumerable.Range(0, count).Select(row => row < positives ? 1.0 : 0).ToArray();
        var model = new ScoredModel([.. Enumerable.Range(0, count).Select(row => row * 37 % 101 / 101.0)], 0.5);

        var result = Assert.Single(SliceTests.Run(Auc, labels, model, model, [Constant("c", "all", count)], 0.01, false, Options));

        Assert.Equal(expected, result.Finding);
        Assert.Equal(expected == SliceFinding.TooSmall, result.Difference is null);
        Assert.Equal(positives, result.Positives);
    }

    [Fact]
    public void Run_SliceOfOneClass_HasNoValueAndIsTooSmall()
    {
        var result = Assert.Single(SliceTests.Run(
            Auc, new double[200], new ScoredModel(new double[200], 0.5), null, [Constant("c", "all", 200)], 0.01, false, Options));

        Assert.Null(result.Candidate);
        Assert.Equal(SliceFinding.TooSmall, result.Finding);
    }

    [Fact]
    public void Run_MissingValues_AreASliceOfTheirOwn()
    {
        var rows = new Simulated(200, 4);
        var column = CategoryColumn.FromTexts("c", Enumerable.Range(0, 200).Select(row => row < 150 ? null : "x"));

        var results = SliceTests.Run(Auc, rows.Labels, rows.Model(0.1), rows.Model(0.1), [column], 0.01, false, Options);

        Assert.Equal([(SliceTests.MissingValue, 150), ("x", 50)], results.Select(result => (result.Value, result.Rows)));
    }

    [Fact]
    public void Run_ManySmallSlices_ShowsTheLargestTwentyOfAColumn()
    {
        var rows = new Simulated(500, 4);
        var column = CategoryColumn.FromTexts("c", Enumerable.Range(0, 500).Select(row => row < 100 ? "big" : $"v{row % 200}"));

        var results = SliceTests.Run(Auc, rows.Labels, rows.Model(0.1), rows.Model(0.1), [column], 0.01, false, Options);

        Assert.Equal(21, results.Length);
        Assert.Equal("big", results[0].Value);
    }

    [Fact]
    public void Run_StrictWithASlightlyNoisierCandidate_IsNotShownNonInferior_WhileTheDefaultLetsItPass()
    {
        var rows = new Simulated(300, 4);
        var (candidate, reference) = (rows.Model(0.6), rows.Model(0.55));

        var strict = Assert.Single(SliceTests.Run(Auc, rows.Labels, candidate, reference, [Constant("c", "all", 300)], 0.005, true, Options));
        var normal = Assert.Single(SliceTests.Run(Auc, rows.Labels, candidate, reference, [Constant("c", "all", 300)], 0.005, false, Options));

        Assert.Equal(SliceFinding.NotShownNonInferior, strict.Finding);
        Assert.Null(strict.PValue);
        Assert.Equal(SliceFinding.NotShownWorse, normal.Finding);
    }

    [Fact]
    public void Run_ColumnOfAnotherLength_Throws() => Assert.Equal(
        "length-mismatch",
        Assert.Throws<LearningException>(() => SliceTests.Run(
            Auc, [0, 1], new ScoredModel([0.1, 0.2], 0.5), null, [Constant("c", "all", 3)], 0.01, false, Options)).Code);

    [Fact]
    public void Run_ManyEqualModels_SeldomHoldsASliceAgainstTheCandidate()
    {
        // Even with the truth on the border of the test, at a loss of twice a margin of zero, at most alpha of the families fail.
        var failures = Enumerable.Range(0, 200).Count(sample =>
        {
            var rows = new Simulated(600, (ulong)(sample * 7919) + 3);
            var column = CategoryColumn.FromTexts("c", Enumerable.Range(0, 600).Select(row => $"v{row % 4}"));
            return SliceTests.Run(
                    MetricCatalog.Find("brier")!, rows.Labels, rows.Model(0.5), rows.Model(0.5), [column], 1e-9, false, new BootstrapOptions { Resamples = 100 })
                .Any(result => result.Finding == SliceFinding.ShownWorse);
        });

        // 5 % of 200 is 10, with a standard deviation of 3.1.
        Assert.InRange(failures, 1, 19);
    }

    private static CategoryColumn Constant(string name, string value, int rows) => new(name, new int[rows], [value]);
}
