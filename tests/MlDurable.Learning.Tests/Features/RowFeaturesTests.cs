using System.Collections.Immutable;
using System.Text.Json;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Features;

public sealed class RowFeaturesTests
{
    private static readonly Table Raw = new(
        CategoryColumn.FromTexts("damage", ["None", "Minor", null]),
        new NumberColumn("speed", [100, double.NaN, 120]),
        CategoryColumn.FromTexts("size", ["Small", "Large", "Small"]),
        new TimeColumn("date", [Ticks("2000-12-31T23:30:00Z"), TimeColumn.MissingTicks, Ticks("2001-01-01")]),
        new NumberColumn("cost", [0, 5, 0]));

    private static readonly RowFeatures Rule = new()
    {
        Label = "damage",
        Rule = LabelRule.Not("None"),
        Time = "date",
        Drop = ["cost"],
        DateParts = [DatePart.Year, DatePart.Month, DatePart.Day, DatePart.Weekday, DatePart.Hour, DatePart.DayOfYear],
        Slices = ["size", "cost", "date", "speed"],
    };

    [Fact]
    public void Build_AllSettings_GivesFeaturesLabelTimeAndSlices()
    {
        var built = Rule.Build(Raw);
        Assert.Equal(
            [
                "speed", "size", "date: year", "date: month", "date: day", "date: weekday", "date: hour", "date: day of year",
                "@label", "@time", "@slice: cost", "@slice: date", "@slice: speed",
            ],
            built.Columns.Select(column => column.Name));
        Assert.Equal([0, 1, double.NaN], ((NumberColumn)built["@label"]).Values);
        Assert.Equal(((TimeColumn)Raw["date"]).Ticks, ((TimeColumn)built["@time"]).Ticks);
        Assert.Equal([12, double.NaN, 1], ((NumberColumn)built["date: month"]).Values);
        Assert.Equal([7, double.NaN, 1], ((NumberColumn)built["date: weekday"]).Values);
        Assert.Equal([23, double.NaN, 0], ((NumberColumn)built["date: hour"]).Values);
        Assert.Equal([366, double.NaN, 1], ((NumberColumn)built["date: day of year"]).Values);
        Assert.Equal(["0", "5", "0"], Texts(built["@slice: cost"]));
        Assert.Equal(["2000-12-31", null, "2001-01-01"], Texts(built["@slice: date"]));
        Assert.Equal(["100", null, "120"], Texts(built["@slice: speed"]));
    }

    [Fact]
    public void Build_Group_AddsItsTextsBesideTheFeatures()
    {
        var built = (Rule with { Group = "cost", Slices = [] }).Build(Raw);

        Assert.Equal(["@label", "@time", "@group"], built.Columns.Select(column => column.Name).TakeLast(3));
        Assert.Equal(["0", "5", "0"], Texts(built["@group"]));
        Assert.Equal("unknown-column", Assert.Throws<LearningException>(() => (Rule with { Group = "user" }).Build(Raw)).Code);
    }

    [Fact]
    public void Json_WithoutAGroup_IsThatOfEarlierVersions() =>
        Assert.DoesNotContain("group", JsonSerializer.Serialize(Rule, LearningJson.Default.RowFeatures), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Build_Weight_IsNoFeatureAndHasAColumnOfItsOwn()
    {
        var weighted = Rule with { Drop = [], Weight = "cost" };
        var built = weighted.Build(Raw);

        Assert.False(built.TryGet("cost", out _));
        Assert.Equal([0, 5, 0], ((NumberColumn)built["@weight"]).Values);
        Assert.Equal("weight-invalid", Assert.Throws<LearningException>(() => (weighted with { Weight = "speed" }).Build(Raw)).Code);
        Assert.Equal("weight-invalid", Assert.Throws<LearningException>(() => (weighted with { Weight = "size" }).Build(Raw)).Code);
        var negative = new Table(Raw["damage"], Raw["date"], Raw["size"], Raw["speed"], new NumberColumn("cost", [1, -1, 1]));
        Assert.Equal("weight-invalid", Assert.Throws<LearningException>(() => weighted.Build(negative)).Code);
    }

    [Fact]
    public void From_RowsWithoutALabel_AreLeftOutWithTheirWeights()
    {
        var rows = LabeledRows.From((Rule with { Drop = [], Weight = "cost" }).Build(Raw));

        Assert.Equal([0, 1], rows.Labels);
        Assert.Equal([0, 5], rows.Weights!);
        Assert.Equal(Target.Binary, rows.Target);
        Assert.Equal(["Minor", "None"], LabeledRows.From((Rule with { Rule = LabelRule.Class }).Build(Raw)).Target.Classes.AsEnumerable());
    }

    // numpy.sin(2 * numpy.pi * turn) and numpy.cos, numpy 1.24, for the turns 11/12, 6/7, 23/24 and 365/366.
    [Fact]
    public void Build_Cycles_GivesSineAndCosineOfTheAngle()
    {
        var built = (Rule with { DateParts = [DatePart.MonthCycle, DatePart.WeekdayCycle, DatePart.HourCycle, DatePart.DayOfYearCycle] }).BuildFeatures(Raw);

        AssertCycle("month", -0.5, 0.8660254037844383);
        AssertCycle("weekday", -0.78183148246803, 0.6234898018587333);
        AssertCycle("hour", -0.25881904510252074, 0.9659258262890684);
        AssertCycle("day of year", -0.017166329754707495, 0.9998526477050271);
        Assert.Equal(10, built.Columns.Count);

        void AssertCycle(string name, double sine, double cosine)
        {
            Assert.Equal([sine, double.NaN, 0], ((NumberColumn)built[$"date: {name} sine"]).Values.ToArray(), new OrMissing(1e-14));
            Assert.Equal([cosine, double.NaN, 1], ((NumberColumn)built[$"date: {name} cosine"]).Values.ToArray(), new OrMissing(1e-14));
        }
    }

    [Fact]
    public void BuildFeatures_WithoutLabelTimeAndDroppedColumns_GivesTheSameFeatures()
    {
        var features = Rule.BuildFeatures(Raw.Without("damage", "cost"));
        Assert.Equal(Rule.Build(Raw).Columns.Take(8).Select(column => column.Name), features.Columns.Select(column => column.Name));
        Assert.Empty(new RowFeatures { Label = "damage", Drop = ["cost", "speed", "size"] }.BuildFeatures(Raw).Columns);
    }

    [Fact]
    public void Build_ColumnThatIsNotThere_IsRefused()
    {
        foreach (var rule in new[] { Rule with { Label = "damages" }, Rule with { Time = "dates" }, Rule with { Drop = ["costs"] }, Rule with { Slices = ["sizes"] } })
        {
            var exception = Assert.Throws<LearningException>(() => rule.Build(Raw));
            Assert.Equal("unknown-column", exception.Code);
            Assert.Contains("Did you mean", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Build_ColumnOfTheWrongKindOrName_IsRefused()
    {
        Assert.Equal("time-column-kind", Assert.Throws<LearningException>(() => (Rule with { Time = "size" }).Build(Raw)).Code);
        Assert.Equal("label-is-time", Assert.Throws<LearningException>(() => (Rule with { Label = "date" }).Build(Raw)).Code);
        var reserved = new Table([.. Raw.Columns, new NumberColumn("@label", [1, 2, 3])]);
        Assert.Equal("reserved-column", Assert.Throws<LearningException>(() => Rule.Build(reserved)).Code);
        Assert.True((Rule with { Drop = ["@label"] }).Build(reserved).TryGet("@label", out _));
    }

    [Fact]
    public void RowFeatures_ThroughJson_BuildsTheSame()
    {
        var json = JsonSerializer.Serialize(Rule, LearningJson.Default.RowFeatures);
        Assert.Contains("""
            "positive":{"kind":"Not","value":"None"
            """, json, StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(json, LearningJson.Default.RowFeatures)!;
        Assert.Equal(Rule.Build(Raw).Schema, read.Build(Raw).Schema);
        Assert.Equal(json, JsonSerializer.Serialize(read, LearningJson.Default.RowFeatures));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"label":"x"}""", LearningJson.Default.RowFeatures));
        var recipe = JsonSerializer.Serialize(
            new FeatureRecipe
            {
                FoldRarerThan = 3,
                Encoding = CategoryEncoding.Ordinal,
                Encodings = ImmutableSortedDictionary<string, ColumnEncoding>.Empty.Add("size", new TargetEncoding { Smooth = 3 }).Add("tail", new HashEncoding()),
                Interactions = [new("speed", "height")],
            },
            LearningJson.Default.FeatureRecipe);
        Assert.Contains("""
            "size":{"kind":"target","smooth":3},"tail":{"kind":"hash","buckets":4096}
            """.Trim(), recipe, StringComparison.Ordinal);
        Assert.Equal(recipe, JsonSerializer.Serialize(JsonSerializer.Deserialize(recipe, LearningJson.Default.FeatureRecipe), LearningJson.Default.FeatureRecipe));
    }

    [Fact]
    public void LabeledRowsFrom_MissingLabels_LeavesThemOut()
    {
        var rows = LabeledRows.From(Rule.Build(Raw));
        Assert.Equal([0, 1], rows.Labels);
        Assert.Equal(2, rows.Features.RowCount);
        Assert.DoesNotContain(rows.Features.Columns, column => column.Name.StartsWith('@'));
    }

    private static IEnumerable<string?> Texts(Column column) => Enumerable.Range(0, column.Count).Select(((CategoryColumn)column).TextAt);

    private static long Ticks(string time) => DateTimeOffset.Parse(time).UtcTicks;

    private sealed class OrMissing(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => (double.IsNaN(x) && double.IsNaN(y)) || Math.Abs(x - y) <= tolerance;

        public int GetHashCode(double obj) => 0;
    }
}
