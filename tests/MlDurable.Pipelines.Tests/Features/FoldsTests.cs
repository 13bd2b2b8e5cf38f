using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Runs;

namespace MlDurable.Pipelines.Tests.Features;

public sealed class FoldsTests
{
    private static readonly CrossValidationDefinition Stratified = new() { Folds = 5, By = FoldsBy.Stratified };

    [Theory]
    [InlineData(FoldsBy.Random)]
    [InlineData(FoldsBy.Stratified)]
    [InlineData(FoldsBy.Group)]
    public void Divide_ByHash_TestsEveryRowOnceOnAModelOfTheOthers(FoldsBy by)
    {
        var dataset = Data(1000);

        var folds = Folds.Divide(dataset, Stratified with { By = by, Column = by == FoldsBy.Group ? "user" : null });

        var all = dataset.Indexes(RowPart.Training, RowPart.Validation);
        Assert.Equal(all, folds.SelectMany(fold => fold.Test).Order());
        Assert.All(folds, fold => Assert.Equal(all, fold.Training.Concat(fold.Validation).Concat(fold.Test).Order()));
        Assert.All(folds, fold => Assert.InRange(fold.Validation.Length / (double)(fold.Training.Length + fold.Validation.Length), 0.15, 0.35));
    }

    [Fact]
    public void Divide_Stratified_SharesEachClassEquallyAmongTheFolds() =>
        Prop.ForAll(Gen.Choose(100, 400).ToArbitrary(), Gen.Choose(2, 6).ToArbitrary(), (count, number) =>
        {
            var dataset = Data(count);
            var labels = dataset.Rows.Labels;
            var folds = Folds.Divide(dataset, Stratified with { Folds = number });
            return new[] { 0.0, 1 }.All(label => folds.Max(Tested(label)) - folds.Min(Tested(label)) <= 1);

            Func<Fold, int> Tested(double label) => fold => fold.Test.Count(row => labels[row] == label);
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Divide_ByGroup_KeepsTheRowsOfEachTogether()
    {
        var dataset = Data(1000);
        var groups = dataset.Rows.Groups!.Codes.ToArray();

        var folds = Folds.Divide(dataset, new CrossValidationDefinition { Folds = 4, By = FoldsBy.Group, Column = "user" });

        Assert.All(folds, fold =>
        {
            var parts = new[] { fold.Training, fold.Validation, fold.Test }.Select(part => part.Select(row => groups[row]).ToHashSet()).ToList();
            Assert.Empty(parts[0].Intersect(parts[1]));
            Assert.Empty(parts[0].Intersect(parts[2]));
            Assert.Empty(parts[1].Intersect(parts[2]));
        });
        Assert.Contains(CategoryColumn.MissingCode, groups);
    }

    [Fact]
    public void Divide_FewerGroupsThanFolds_IsRefusedByName()
    {
        var exception = Assert.Throws<PipelineException>(
            () => Folds.Divide(Data(1000), new CrossValidationDefinition { Folds = 15, By = FoldsBy.Group, Column = "user" }));

        Assert.Equal("too-few-groups", exception.Code);
        Assert.Contains("'user' has 13 values", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A row that was there before lies in the same fold; where classes are balanced or groups kept together, but for those near a cut.</summary>
    [Theory]
    [InlineData(FoldsBy.Random, 1)]
    [InlineData(FoldsBy.Stratified, 0.85)]
    public void Divide_DataIsAdded_RowsKeepTheirFold(FoldsBy by, double share)
    {
        var few = Data(500);
        var more = Data(500, added: 500);
        var definition = Stratified with { By = by };

        var before = FoldOf(Folds.Divide(few, definition), shift: 0);
        var after = FoldOf(Folds.Divide(more, definition), shift: 500);

        Assert.InRange(before.Count(row => after[row.Key] == row.Value) / (double)before.Count, share, 1);

        static Dictionary<int, int> FoldOf(IEnumerable<Fold> folds, int shift) =>
            folds.Index().SelectMany(fold => fold.Item.Test.Select(row => (Row: row - shift, fold.Index))).ToDictionary(pair => pair.Row, pair => pair.Index);
    }

    // scikit-learn 1.2: TimeSeriesSplit(n_splits=5, gap=6).split(60 rows), whose gap is in rows between; here one row a day, 7 days from row to row.
    [Fact]
    public void Divide_ByTimeWithAGap_IsThatOfTimeSeriesSplit()
    {
        var folds = Folds.Divide(Days(60), new CrossValidationDefinition { Folds = 5, By = FoldsBy.Time, Gap = TimeSpan.FromDays(7) });

        Assert.Equal(
            [(0, 3, 10, 19), (0, 13, 20, 29), (0, 23, 30, 39), (0, 33, 40, 49), (0, 43, 50, 59)],
            folds.Select(fold => (fold.Training[0], fold.Training.Concat(fold.Validation).Max(), fold.Test[0], fold.Test[^1])));
        Assert.All(folds, fold => Assert.True(fold.Validation.Length > 0 && fold.Training[^1] < fold.Validation[0]));
    }

    [Fact]
    public void Divide_ByTime_NeverTestsNearerThanTheGapNorDividesAnInstant() =>
        Prop.ForAll(Gen.Choose(0, 60).ArrayOf(200).ToArbitrary(), Gen.Choose(0, 5).ToArbitrary(), (days, gap) =>
        {
            var dataset = Days(days.Length, row => days[row]);
            var folds = Folds.Divide(dataset, new CrossValidationDefinition { Folds = 3, By = FoldsBy.Time, Gap = TimeSpan.FromDays(gap) });
            return folds.All(fold => fold.Training.Concat(fold.Validation).Max(row => days[row]) + Math.Max(gap, 1) <= fold.Test.Min(row => days[row]))
                && folds.All(fold => fold.Training.Max(row => days[row]) < fold.Validation.Min(row => days[row]))
                && folds.Zip(folds.Skip(1)).All(pair => pair.First.Test.Max(row => days[row]) < pair.Second.Test.Min(row => days[row]));
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Divide_RowWithoutTime_IsLearnedFromAndNeverTests()
    {
        var folds = Folds.Divide(Days(60, row => row == 17 ? null : row), new CrossValidationDefinition { Folds = 3, By = FoldsBy.Time });

        Assert.All(folds, fold => Assert.Contains(17, fold.Training));
        Assert.All(folds, fold => Assert.DoesNotContain(17, fold.Test));
    }

    [Fact]
    public void Divide_GapLongerThanTheTimeBefore_IsRefusedByName()
    {
        var exception = Assert.Throws<PipelineException>(
            () => Folds.Divide(Days(60), new CrossValidationDefinition { Folds = 5, By = FoldsBy.Time, Gap = TimeSpan.FromDays(11) }));

        Assert.Equal("empty-fold", exception.Code);
        Assert.Contains("fold 1 of 5 folds by time, gap 11d has 0 training", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Divide_NoRowHasATime_IsRefused() =>
        Assert.Equal(
            "no-time",
            Assert.Throws<PipelineException>(() => Folds.Divide(Days(60, _ => null), new CrossValidationDefinition { By = FoldsBy.Time })).Code);

    [Fact]
    public void Divide_FoldOfOneClass_IsRefusedByName()
    {
        var exception = Assert.Throws<PipelineException>(() => Folds.Divide(Data(200, rarely: 100), Stratified));

        Assert.Equal("fold-lacks-class", exception.Code);
        Assert.Matches("of fold [1-5] of 5 folds by stratified are all negative", exception.Message);
    }

    [Fact]
    public void Divide_ClassOfFewRows_IsRefusedByItsName()
    {
        var dataset = Data(
            200, rows => rows with { Target = Target.Multiclass(["never", "often", "rare"]), Labels = [.. rows.Labels.Select((_, row) => row == 0 ? 2.0 : row % 2)] });

        var exception = Assert.Throws<PipelineException>(() => Folds.Divide(dataset, Stratified));

        Assert.Equal("fold-lacks-class", exception.Code);
        Assert.Contains("training rows of fold 1 of 5 folds by stratified have none that is 'rare'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Divide_Numbers_NeedNoClasses()
    {
        var dataset = Data(200, rows => rows with { Target = Target.Regression, Labels = new double[rows.Count] });

        Assert.Equal(5, Folds.Divide(dataset, Stratified with { By = FoldsBy.Random }).Length);
    }

    [Fact]
    public void TrainingShare_OfEachDivisor_IsNestedAndHasEachClass()
    {
        var dataset = Data(2000, rarely: 200);

        var shares = new[] { 1, 3, 9, 27, 1000 }.Select(dataset.TrainingShare).ToList();

        Assert.Equal(dataset.Indexes(RowPart.Training), shares[0]);
        Assert.All(shares.Zip(shares.Skip(1)), pair => Assert.Empty(pair.Second.Except(pair.First)));
        Assert.All(
            shares.Zip(new[] { 1, 3, 9, 27, 1000 }),
            pair => Assert.InRange(pair.First.Length, shares[0].Length / pair.Second, (shares[0].Length / pair.Second) + 2));
        Assert.All(shares, share => Assert.Equal(2, share.Select(row => dataset.Rows.Labels[row]).Distinct().Count()));
        Assert.All(shares, share => Assert.Equal(share.Order(), share));
    }

    /// <summary>Rows of twelve users and of none, every third of them positive, divided by hash.</summary>
    /// <param name="count">How many.</param>
    /// <param name="added">How many of another partition come before.</param>
    /// <param name="rarely">Of how many rows one is positive.</param>
    /// <param name="change">What is special about the rows.</param>
    private static Dataset Data(int count, Func<DatasetRows, DatasetRows>? change = null, int added = 0, int rarely = 3)
    {
        int[] places = [.. Enumerable.Range(0, added), .. Enumerable.Range(0, count)];
        var split = new SplitLineage
        {
            By = "hash",
            Validation = 0.2,
            Holdout = 0.2,
            Seed = 7,
            TrainingRows = 0,
            ValidationRows = 0,
            HoldoutRows = 0,
        };
        return Make(
            split,
            places.Length,
            [.. places.Select(place => place % rarely == 0 ? 1.0 : 0)],
            null,
            [.. Enumerable.Repeat(1, added), .. Enumerable.Repeat(0, count)],
            places,
            change);
    }

    /// <summary>Rows whose classes alternate, one a day by default, of which none is held out.</summary>
    private static Dataset Days(int count, Func<int, int?>? dayOf = null)
    {
        var begin = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var split = new SplitLineage
        {
            By = "time",
            ValidationFrom = begin.AddDays(50),
            HoldoutFrom = begin.AddDays(100),
            Validation = 0.2,
            Holdout = 0.2,
            Seed = 7,
            TrainingRows = 0,
            ValidationRows = 0,
            HoldoutRows = 0,
        };
        return Make(
            split,
            count,
            [.. Enumerable.Range(0, count).Select(row => row % 2.0)],
            [.. Enumerable.Range(0, count).Select(row => dayOf is null ? row : dayOf(row)).Select(day => day is { } known ? begin.AddDays(known).Ticks : long.MinValue)],
            new int[count],
            [.. Enumerable.Range(0, count)]);
    }

    private static Dataset Make(
        SplitLineage split,
        int count,
        double[] labels,
        long[]? times,
        int[] partition,
        int[] rowInPartition,
        Func<DatasetRows, DatasetRows>? change = null)
    {
        var partitions = new[] { "p", "q" }.Select(name => new PartitionLineage(name, ContentHash.OfParts(name), count)).ToList();
        var rows = new DatasetRows(
            new Table(new NumberColumn("x", new double[count])),
            labels,
            times,
            partition,
            rowInPartition,
            partitions)
        {
            Groups = CategoryColumn.FromTexts("@group", Enumerable.Range(0, count).Select(row => row % 13 is var user and < 12 ? $"user {user}" : null)),
        };
        return new Dataset(new DatasetLineage("d", "f", [.. partitions], split), change?.Invoke(rows) ?? rows);
    }
}
