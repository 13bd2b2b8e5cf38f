using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MlDurable.Learning.Features;
using MlDurable.Learning.Models;
using MlDurable.Learning.Tables;
using MlDurable.Learning.Training;

namespace MlDurable.Learning.Tests.Models;

public sealed class RowScorerTests
{
    private static readonly RowFeatures Rule = new() { Label = "label", Drop = ["dropped"], DateParts = [DatePart.Month, DatePart.Weekday, DatePart.DayOfYearCycle] };

    [Theory]
    [InlineData("baseline", NumberImputation.Median, CategoryEncoding.OneHot, CalibrationMethod.None)]
    [InlineData("logistic-regression", NumberImputation.Median, CategoryEncoding.OneHot, CalibrationMethod.Platt)]
    [InlineData("logistic-regression", NumberImputation.Mean, CategoryEncoding.OneHot, CalibrationMethod.None)]
    [InlineData("elastic-net", NumberImputation.Median, CategoryEncoding.OneHot, CalibrationMethod.None)]
    [InlineData("gradient-boosting", NumberImputation.None, CategoryEncoding.Ordinal, CalibrationMethod.None)]
    [InlineData("gradient-boosting", NumberImputation.Median, CategoryEncoding.Ordinal, CalibrationMethod.Isotonic)]
    [InlineData("naive-bayes", NumberImputation.None, CategoryEncoding.OneHot, CalibrationMethod.None)]
    [InlineData("random-forest", NumberImputation.Median, CategoryEncoding.OneHot, CalibrationMethod.None)]
    [InlineData("random-forest", NumberImputation.Median, CategoryEncoding.OneHot, CalibrationMethod.Platt)]
    public async Task Probability_EveryRowOfRealData_IsTheSameToTheLastBitAsInATable(
        string trainer, NumberImputation imputation, CategoryEncoding encoding, CalibrationMethod calibration)
    {
        var built = await BirdStrikes.BuiltAsync(1990, 1996);
        var raw = await BirdStrikes.RawAsync();
        var rows = new LabeledRows(built, ((NumberColumn)built[RowFeatures.LabelColumn]).Values.ToArray());
        var model = Trainers.Get(trainer).Fit(new TrainingRequest
        {
            Training = rows,
            Validation = rows,
            Calibration = calibration,
            Recipe = new FeatureRecipe { Imputation = imputation, Encoding = encoding },
            Hyperparameters = trainer is "gradient-boosting" or "random-forest"
                ? ImmutableSortedDictionary<string, double>.Empty.Add("trees", 30)
                : ImmutableSortedDictionary<string, double>.Empty,
        });
        var expected = model.Predict(BirdStrikes.Rule.BuildFeatures(raw));
        var scorer = new RowScorer(model, BirdStrikes.Rule, raw.Schema);
        var row = scorer.NewRow();

        Assert.Equal(raw.Columns.Select(column => column.Name), scorer.Columns.Select(column => column.Name));
        for (var i = 0; i < raw.RowCount; i++)
        {
            Assert.Equal(expected[i], Score(row, raw, i, asText: i % 2 == 0));
        }
    }

    [Fact]
    public void Probability_NeededColumnsNotSet_AreNamedWithTheirKinds()
    {
        var row = Scorer().NewRow();
        row.SetNumber(0, 3);
        row.Clear();
        row.SetMissing(1);

        var exception = Assert.Throws<LearningException>(() => row.Predict());
        Assert.Equal("signature-mismatch", exception.Code);
        Assert.Equal("The row lacks 'speed' (number), 'date' (time).", exception.Message);
    }

    [Fact]
    public void Columns_LabelAndDroppedOnes_AreNotNeeded()
    {
        var scorer = Scorer();
        Assert.Equal(["speed", "size", "date"], scorer.Columns.Where(column => column.IsNeeded).Select(column => column.Name));
        Assert.Equal(1, scorer.Find("size"));
        Assert.Equal(-1, scorer.Find("Size"));
    }

    [Theory]
    [InlineData(0, "12.5", true)]
    [InlineData(0, " 12.5 ", true)]
    [InlineData(0, "NA", true)]
    [InlineData(0, "", true)]
    [InlineData(0, "fast", false)]
    [InlineData(0, "1e999", false)]
    [InlineData(1, "never seen", true)]
    [InlineData(2, "2001-02-03", true)]
    [InlineData(2, "2001-02-30", false)]
    [InlineData(3, "anything", true)]
    [InlineData(4, "anything", true)]
    public void TrySetCell_Text_IsTakenWhenItIsOfTheKind(int column, string text, bool expected) =>
        Assert.Equal(expected, Scorer().NewRow().TrySetCell(column, Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void SetCells_WrongKindOrInfinite_AreRefused()
    {
        var row = Scorer().NewRow();
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => row.SetNumber(1, 1)).Code);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => row.SetText(0, "x")).Code);
        Assert.Equal("signature-mismatch", Assert.Throws<LearningException>(() => row.SetTime(0, DateTimeOffset.UnixEpoch)).Code);
        Assert.Equal("infinite-number", Assert.Throws<LearningException>(() => row.SetNumber(0, double.PositiveInfinity)).Code);
    }

    [Fact]
    public void Constructor_RawColumnsThatDoNotGiveTheFeatures_AreRefused()
    {
        var (model, schema) = Model();
        var without = new TableSchema([.. schema.Columns.Where(column => column.Name != "size")]);
        var retyped = new TableSchema([.. schema.Columns.Select(column => column.Name == "speed" ? column with { Kind = ColumnKind.Category } : column)]);

        Assert.Contains("'size' is missing", Assert.Throws<LearningException>(() => new RowScorer(model, Rule, without)).Message, StringComparison.Ordinal);
        Assert.Contains("'speed' is Category", Assert.Throws<LearningException>(() => new RowScorer(model, Rule, retyped)).Message, StringComparison.Ordinal);
    }

    private static RowScorer Scorer()
    {
        var (model, schema) = Model();
        return new RowScorer(model, Rule, schema);
    }

    private static (TrainedModel Model, TableSchema Schema) Model()
    {
        var day = TimeSpan.TicksPerDay;
        var raw = new Table(
            new NumberColumn("speed", [100, 90, 120, 10]),
            CategoryColumn.FromTexts("size", ["Small", "Large", "Small", null]),
            new TimeColumn("date", [800_000 * day, 700_100 * day, 730_010 * day, 710_444 * day]),
            new NumberColumn("dropped", [0, 5, 0, 1]),
            CategoryColumn.FromTexts("label", ["yes", "no", "no", "yes"]));
        var rows = new LabeledRows(Rule.BuildFeatures(raw), [1, 0, 0, 1]);
        var model = Trainers.Get("logistic-regression").Fit(
            new TrainingRequest { Training = rows, Validation = rows, Recipe = new FeatureRecipe { FoldRarerThan = 1 } });
        return (model, raw.Schema);
    }

    private static double Score(ScoringRow row, Table raw, int index, bool asText)
    {
        row.Clear();
        for (var place = 0; place < raw.Columns.Count; place++)
        {
            switch (raw.Columns[place])
            {
                case NumberColumn numbers when asText && !double.IsNaN(numbers.Values[index]):
                    Assert.True(row.TrySetCell(place, Encoding.UTF8.GetBytes(numbers.Values[index].ToString("R", CultureInfo.InvariantCulture))));
                    break;
                case NumberColumn numbers:
                    row.SetNumber(place, numbers.Values[index]);
                    break;
                case CategoryColumn categories when categories.TextAt(index) is { } text:
                    if (asText)
                    {
                        Assert.True(row.TrySetCell(place, Encoding.UTF8.GetBytes(text)));
                    }
                    else
                    {
                        row.SetText(place, text);
                    }

                    break;
                case TimeColumn times when times.At(index) is { } time:
                    if (asText)
                    {
                        Assert.True(row.TrySetCell(place, Encoding.UTF8.GetBytes(time.ToString("O", CultureInfo.InvariantCulture))));
                    }
                    else
                    {
                        row.SetTime(place, new DateTimeOffset(time));
                    }

                    break;
                default:
                    row.SetMissing(place);
                    break;
            }
        }

        return row.Predict();
    }
}
