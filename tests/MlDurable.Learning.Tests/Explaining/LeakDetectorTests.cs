using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class LeakDetectorTests
{
    [Theory]
    [InlineData(1990, 2002)]
    [InlineData(1990, 1998)]
    public async Task Find_BirdStrikesWithTheirCosts_WarnsOfTheCostsOnly(int fromYear, int toYear)
    {
        var rule = BirdStrikes.Rule with { Drop = [], DateParts = [.. Enum.GetValues<DatePart>()] };
        var rows = LabeledRows.From(BirdStrikes.Years(rule.Build(await BirdStrikes.RawAsync()), fromYear, toYear));
        var warnings = LeakDetector.Find(rows.Features, rows.Labels);
        Assert.Equal(["Cost Other", "Cost Repair", "Cost Total $"], warnings.Select(warning => warning.Column));
        Assert.All(warnings, warning => Assert.Equal(LeakKind.FilledInAfterwards, warning.Kind));
    }

    [Fact]
    public async Task Find_AllBirdStrikes_SaysWhatIsSuspicious()
    {
        var rows = LabeledRows.From((BirdStrikes.Rule with { Drop = [] }).Build(await BirdStrikes.RawAsync()));
        var warning = LeakDetector.Find(rows.Features, rows.Labels).Single(warning => warning.Column == "Cost Repair");
        Assert.Equal("it is 0 in 98.2 % of the rows, but of the 178 others 84.8 % are positive, against 10.6 % of all", warning.Why);

        // Computed apart from this code: exp(ln(151.5 * 8912.5 / (27.5 * 910.5)) - 2.5758 * sqrt(1/151.5 + 1/27.5 + 1/910.5 + 1/8912.5)).
        Assert.Equal(31.38, warning.Strength, 0.01);
    }

    [Fact]
    public void Find_ColumnThatIsTheLabel_PredictsAlone()
    {
        var random = new SplitMix64(1);
        double[] labels = [.. Enumerable.Range(0, 1000).Select(row => row % 4 == 0 ? 1.0 : 0)];
        var features = new Table(
            CategoryColumn.FromTexts("copy", labels.Select(label => label == 1 ? "yes" : "no")),
            new NumberColumn("shifted", [.. labels.Select(label => random.NextUniform() + (label * 0.9))]),
            new NumberColumn("inverted", [.. labels.Select(label => random.NextUniform() - (label * 0.9))]),
            new NumberColumn("noise", [.. labels.Select(_ => random.NextUniform())]),
            CategoryColumn.FromTexts("identifier", Enumerable.Range(0, 1000).Select(row => $"{row}")),
            new NumberColumn("number", [.. Enumerable.Range(0, 1000).Select(row => (double)row)]),
            new TimeColumn("time", [.. labels.Select(label => (long)label)]),
            new NumberColumn("@label", labels));
        var warnings = LeakDetector.Find(features, labels);
        Assert.Equal(["copy", "shifted", "inverted"], warnings.Select(warning => warning.Column));
        Assert.All(warnings, warning => Assert.Equal(LeakKind.PredictsAlone, warning.Kind));
        Assert.All(warnings, warning => Assert.InRange(warning.Strength, 0.95, 1));
    }

    [Fact]
    public void Find_ColumnThatIsMissingUntilTheOutcome_IsFilledInAfterwards()
    {
        double[] labels = [.. Enumerable.Range(0, 2000).Select(row => row % 10 == 0 ? 1.0 : 0)];
        var closed = CategoryColumn.FromTexts("reason", Enumerable.Range(0, 2000).Select(row => row % 40 == 0 ? $"reason {row % 7}" : null));
        var warning = Assert.Single(LeakDetector.Find(new Table(closed), labels));
        Assert.Equal(LeakKind.FilledInAfterwards, warning.Kind);
        Assert.StartsWith("it is missing in 97.5 % of the rows", warning.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ValueThatAllButSettlesTheLabel_SettlesLabel()
    {
        var random = new SplitMix64(3);
        double[] labels = [.. Enumerable.Range(0, 3000).Select(_ => random.NextInt(5) == 0 ? 1.0 : 0)];
        var status = CategoryColumn.FromTexts("status", labels.Select(label => label == 1 && random.NextInt(4) == 0 ? "closed" : $"open {random.NextInt(5)}"));
        var warning = Assert.Single(LeakDetector.Find(new Table(status), labels));
        Assert.Equal(LeakKind.SettlesLabel, warning.Kind);
        Assert.Contains("'closed'", warning.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_TooFewRowsOfAClass_SaysNothing()
    {
        double[] labels = [.. Enumerable.Range(0, 100).Select(row => row < 19 ? 1.0 : 0)];
        Assert.Empty(LeakDetector.Find(new Table(new NumberColumn("copy", labels)), labels));
        double[] enough = [.. Enumerable.Range(0, 100).Select(row => row < 20 ? 1.0 : 0)];
        Assert.Single(LeakDetector.Find(new Table(new NumberColumn("copy", enough)), enough));
        Assert.Empty(LeakDetector.Find(new Table(), []));
        Assert.Equal("invalid-labels", Assert.Throws<LearningException>(() => LeakDetector.Find(new Table(), [1])).Code);
    }

    [Fact]
    public void Find_PureNoise_SaysNothing()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var random = new SplitMix64(seed);
            double[] labels = [.. Enumerable.Range(0, 600).Select(_ => random.NextInt(10) == 0 ? 1.0 : 0)];
            var features = new Table(
                CategoryColumn.FromTexts("many", labels.Select(_ => $"{random.NextInt(100)}")),
                CategoryColumn.FromTexts("rare", labels.Select(_ => random.NextInt(20) == 0 ? "x" : null)),
                new NumberColumn("number", [.. labels.Select(_ => random.NextInt(5) == 0 ? double.NaN : random.NextUniform())]));
            Assert.Empty(LeakDetector.Find(features, labels));
        }
    }
}
