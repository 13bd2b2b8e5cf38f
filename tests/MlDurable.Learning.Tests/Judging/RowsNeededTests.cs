using MlDurable.Learning.Judging;

namespace MlDurable.Learning.Tests.Judging;

public sealed class RowsNeededTests
{
    [Theory]
    [InlineData(0.05, 0.01, 3093)]
    [InlineData(0.05, 0.005, 12371)]
    [InlineData(0.05, 0.002, 77315)]
    [InlineData(0.02, 0.01, 1238)]
    [InlineData(0.02, 0.005, 4949)]
    [InlineData(0.02, 0.002, 30926)]
    public void ForDecisions_EqualModels_IsTheTable(double discordant, double margin, long rows) =>
        Assert.Equal(rows, RowsNeeded.ForDecisions(discordant, margin));

    [Fact]
    public void ForMetric_StandardErrorOfMcNemar_IsTheSameNumber()
    {
        // b = c = 25 of 1,000 rows: discordance 5 %.
        var standardError = McNemar.FromCounts(25, 25, 1000).StandardError;

        Assert.Equal(3093, RowsNeeded.ForMetric(1000, standardError, 0.01));
    }

    [Fact]
    public void ForMetric_RowsAsAsked_ShowAnEqualModelWithTheStatedPower()
    {
        var metric = MlDurable.Learning.Metrics.MetricCatalog.Find("accuracy")!;
        const double margin = 0.08;
        var pilot = new Simulated(2000, 11);
        var difference = Bootstrap.Compare(metric, pilot.Labels, pilot.Model(0.5), pilot.Model(0.5), new BootstrapOptions());
        var rows = (int)RowsNeeded.ForMetric(difference.Rows, difference.StandardError, margin);

        var shown = Enumerable.Range(0, 300).Count(sample =>
        {
            var simulated = new Simulated(rows, (ulong)(sample * 104729) + 5);
            return Bootstrap.Compare(
                metric, simulated.Labels, simulated.Model(0.5), simulated.Model(0.5), new BootstrapOptions { Resamples = 100 }).Interval.Low > -margin;
        });

        // 80 % of 300 is 240, with a standard deviation of 7, and the pilot's standard error is itself an estimate.
        Assert.InRange(shown, 212, 270);
    }

    [Fact]
    public void ForMetric_NoMargin_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => RowsNeeded.ForMetric(100, 0.01, 0));
}
