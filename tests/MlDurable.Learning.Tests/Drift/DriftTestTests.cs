using System.Text.Json;
using MlDurable.Learning.Drift;
using MlDurable.Learning.Numerics;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Drift;

public sealed class DriftTestTests
{
    [Fact]
    public void Compare_SameDistribution_IsNone()
    {
        var report = DriftTest.Compare(ReferenceProfile.From(Rows(2000, 1)), Rows(1000, 2));

        Assert.Equal(DriftLevel.None, report.Level);
        Assert.Equal(0, report.DriftedShare);
        Assert.All(report.Columns, column => Assert.Equal(DriftLevel.None, column.Level));
    }

    [Theory]
    [InlineData(0.0, DriftLevel.None)]
    [InlineData(0.2, DriftLevel.Watch)]
    [InlineData(0.6, DriftLevel.Act)]
    public void Compare_ShiftedNumbers_ReachTheLevelOfTheShift(double shift, DriftLevel expected)
    {
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Numbers("x", 4000, 1))), new Table(Numbers("x", 4000, 2, shift))).Columns);

        Assert.Equal(expected, column.Level);
        Assert.Equal(shift, column.Wasserstein!.Value, 0.06);
    }

    [Fact]
    public void Compare_OneStandardDeviation_ReadsTheTabledValues()
    {
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Numbers("x", 100_000, 1))), new Table(Numbers("x", 100_000, 2, 1))).Columns);

        // The table of one shift and what each statistic reads has 0.919, 0.390, 0.996 and 0.381; our bins beyond the extremes add a little.
        Assert.Equal(0.919, column.PopulationStability!.Value, 0.02);
        Assert.Equal(0.390, column.JensenShannon!.Value, 0.01);
        Assert.Equal(0.996, column.Wasserstein!.Value, 0.015);
        Assert.Equal(0.381, column.KolmogorovSmirnov!.Value, 0.01);
    }

    [Fact]
    public void Compare_EightRows_IsNotEnoughDataAndNeverNoDrift()
    {
        var report = DriftTest.Compare(ReferenceProfile.From(Rows(2000, 1)), Rows(8, 2));

        Assert.Equal(DriftLevel.NotEnoughData, report.Level);
        Assert.Equal(DriftLevel.NotEnoughData, report.HighestColumnLevel);
        Assert.Null(report.DriftedShare);
        Assert.All(report.Columns, column => Assert.Null(column.PValue));
    }

    [Theory]
    [InlineData(199, DriftLevel.NotEnoughData)]
    [InlineData(200, DriftLevel.None)]
    public void Compare_AroundTheMinimum_NeedsTwoHundredRows(int rows, DriftLevel expected) =>
        Assert.Equal(expected, DriftTest.Compare(ReferenceProfile.From(Rows(2000, 1)), Rows(rows, 2)).Level);

    [Fact]
    public void Compare_SmallWindowsWithoutDrift_SeldomAlarm()
    {
        var reports = Enumerable.Range(0, 300)
            .Select(window => (ulong)(window * 7919) + 10)
            .Select(seed => DriftTest.Compare(ReferenceProfile.From(Rows(1000, seed)), Rows(200, seed + 3001)))
            .ToList();

        // The stability index alone reads 0.1 in many windows. With its floor and the q-value at most 5 % alarm: 15, with a deviation of 4.
        Assert.InRange(reports.Count(report => report.Columns.Any(column => column.PopulationStability >= 0.1)), 30, 300);
        Assert.InRange(reports.Count(report => report.HighestColumnLevel > DriftLevel.None), 0, 25);
    }

    [Fact]
    public void Compare_LargeWindowWithATinyShift_IsSignificantButNone()
    {
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Numbers("x", 100_000, 1))), new Table(Numbers("x", 100_000, 2, 0.03))).Columns);

        Assert.True(column.QValue < 0.05, $"{column.QValue}");
        Assert.Equal(DriftLevel.None, column.Level);
    }

    [Fact]
    public void Compare_OneFarOutlier_NeitherAlarmsNorHidesAShift()
    {
        var profile = ReferenceProfile.From(new Table(Numbers("x", 2000, 1)));
        var calm = Assert.Single(DriftTest.Compare(profile, new Table(WithOutlier(0))).Columns);
        var shifted = Assert.Single(DriftTest.Compare(profile, new Table(WithOutlier(1))).Columns);

        Assert.Equal(DriftLevel.None, calm.Level);
        Assert.Equal(DriftLevel.Act, shifted.Level);
        Assert.True(shifted.PopulationStability > 0.7);

        static NumberColumn WithOutlier(double shift)
        {
            var values = Numbers("x", 400, 2, shift).Values.ToArray();
            values[17] = 100;
            return new NumberColumn("x", values);
        }
    }

    [Fact]
    public void Compare_OneRowOfANewCategory_IsNoDrift()
    {
        string[] texts = [.. Enumerable.Range(0, 999).Select(row => row % 2 == 0 ? "a" : "b"), "new"];
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Letters("c", 1000, 2))), new Table(CategoryColumn.FromTexts("c", texts))).Columns);

        Assert.Equal(DriftLevel.None, column.Level);
        Assert.True(column.PValue > 0.1, $"{column.PValue}");
        Assert.Equal(0.001, column.Unseen!.Value, 12);
    }

    [Fact]
    public void Compare_FloodOfNewCategories_IsToBeActedOn()
    {
        var texts = Enumerable.Range(0, 1000).Select(row => row % 2 == 0 ? $"new {row}" : "a");
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Letters("c", 1000, 2))), new Table(CategoryColumn.FromTexts("c", texts))).Columns);

        Assert.Equal(DriftLevel.Act, column.Level);
        Assert.Equal(0.5, column.Unseen!.Value, 12);
    }

    [Fact]
    public void Compare_RareCategoryOfTheReference_IsOtherAndNotUnseen()
    {
        // 60 values: 50 have bins of their own, ten are "other".
        var profile = ReferenceProfile.From(new Table(Letters("c", 6000, 60)));
        var column = Assert.Single(DriftTest.Compare(profile, new Table(Letters("c", 600, 60))).Columns);

        Assert.Equal(10, profile.Columns[0].Category!.Other.Length);
        Assert.Equal(0, column.Unseen);
        Assert.Equal(DriftLevel.None, column.Level);
    }

    [Fact]
    public void Compare_MoreCategoriesThanNamesKept_CountsUnlistedOnesAsOther()
    {
        var profile = ReferenceProfile.From(new Table(Letters("c", 3000, 1500)));
        var column = Assert.Single(DriftTest.Compare(profile, new Table(Letters("c", 3000, 1500))).Columns);

        Assert.Equal(CategoryProfile.OtherNames, profile.Columns[0].Category!.Other.Length);
        Assert.False(profile.Columns[0].Category!.OtherIsComplete);
        Assert.Equal(0, column.Unseen);
        Assert.Equal(DriftLevel.None, column.Level);
    }

    [Fact]
    public void Compare_MoreMissingValues_Drifts()
    {
        var values = Numbers("x", 1000, 2).Values.ToArray();
        values.AsSpan(0, 300).Fill(double.NaN);
        var column = Assert.Single(DriftTest.Compare(
            ReferenceProfile.From(new Table(Numbers("x", 2000, 1))), new Table(new NumberColumn("x", values))).Columns);

        Assert.Equal(DriftLevel.Act, column.Level);
        Assert.Equal(0.3, column.CurrentMissing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compare_NoValueAtAllOnOneSide_Drifts(bool inReference)
    {
        var full = new Table(Numbers("x", 500, 1));
        var empty = new Table(Column.AllMissing("x", ColumnKind.Number, 500));

        var column = Assert.Single(DriftTest.Compare(ReferenceProfile.From(inReference ? empty : full), inReference ? full : empty).Columns);

        Assert.Equal(DriftLevel.Act, column.Level);
        Assert.Null(column.KolmogorovSmirnov);
    }

    [Fact]
    public void Compare_NoValueOnEitherSide_IsNone()
    {
        var empty = new Table(Column.AllMissing("x", ColumnKind.Category, 500));

        Assert.Equal(DriftLevel.None, Assert.Single(DriftTest.Compare(ReferenceProfile.From(empty), empty).Columns).Level);
    }

    [Fact]
    public void Compare_ConstantColumn_IsNoneUntilItMoves()
    {
        var profile = ReferenceProfile.From(new Table(new NumberColumn("x", Enumerable.Repeat(5.0, 1000).ToArray())));

        Assert.Equal(DriftLevel.None, DriftTest.Compare(profile, new Table(new NumberColumn("x", Enumerable.Repeat(5.0, 300).ToArray()))).HighestColumnLevel);
        Assert.Equal(DriftLevel.Act, DriftTest.Compare(profile, new Table(new NumberColumn("x", Enumerable.Repeat(6.0, 300).ToArray()))).HighestColumnLevel);
    }

    [Fact]
    public void Compare_ColumnGoneOrOfAnotherKind_IsToBeActedOn()
    {
        var profile = ReferenceProfile.From(new Table(Numbers("x", 500, 1), Numbers("y", 500, 2)));
        var report = DriftTest.Compare(profile, new Table(Letters("x", 500, 3)));

        Assert.All(report.Columns, column => Assert.Equal(DriftLevel.Act, column.Level));
        Assert.Contains("holds texts", report.Columns[0].Detail, StringComparison.Ordinal);
        Assert.Contains("is not there", report.Columns[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_ThresholdOfZero_IsAThreshold_AndNullIsNone()
    {
        // The shift is significant and too small for every default.
        var profile = ReferenceProfile.From(new Table(Numbers("x", 20_000, 1)));
        var current = new Table(Numbers("x", 20_000, 2, 0.05));
        var off = new DriftOptions { PopulationStability = null, JensenShannon = null, Wasserstein = null, KolmogorovSmirnov = null };

        Assert.Equal(DriftLevel.None, DriftTest.Compare(profile, current).HighestColumnLevel);
        Assert.Equal(DriftLevel.None, DriftTest.Compare(profile, current, off).HighestColumnLevel);
        Assert.Equal(DriftLevel.Act, DriftTest.Compare(profile, current, off with { JensenShannon = new DriftThreshold(0, 0) }).HighestColumnLevel);
        Assert.Equal(DriftLevel.Watch, DriftTest.Compare(profile, current, off with { JensenShannon = new DriftThreshold(0, 0.9) }).HighestColumnLevel);
    }

    [Theory]
    [InlineData(1, DriftLevel.None)]
    [InlineData(4, DriftLevel.Watch)]
    [InlineData(6, DriftLevel.Act)]
    public void Compare_ShareOfDriftedColumns_DecidesTheDataSetsLevel(int shifted, DriftLevel expected)
    {
        var profile = ReferenceProfile.From(new Table([.. Enumerable.Range(0, 10).Select(i => Numbers($"x{i}", 1000, (ulong)i + 1))]));
        var current = new Table([.. Enumerable.Range(0, 10).Select(i => Numbers($"x{i}", 1000, (ulong)i + 101, i < shifted ? 1 : 0))]);

        var report = DriftTest.Compare(profile, current);

        Assert.Equal(shifted / 10.0, report.DriftedShare);
        Assert.Equal(expected, report.Level);
        Assert.Equal(DriftLevel.Act, report.HighestColumnLevel);
    }

    [Fact]
    public void From_EmptyTable_Throws() =>
        Assert.Equal("no-rows", Assert.Throws<LearningException>(() => ReferenceProfile.From(new Table(new NumberColumn("x", [])))).Code);

    [Fact]
    public void From_TimeColumn_IsLeftOut() =>
        Assert.Equal("x", Assert.Single(ReferenceProfile.From(new Table(new TimeColumn("t", [1, 2]), new NumberColumn("x", [1, 2]))).Columns).Name);

    [Fact]
    public void From_ManyRows_KeepsASketchThatReadsAsTheSample()
    {
        var (reference, current) = (Numbers("x", 50_000, 1).Values.ToArray(), Numbers("x", 50_000, 2, 0.2).Values.ToArray());
        var profile = NumberProfile.From(new NumberColumn("x", reference));
        Array.Sort(reference);
        Array.Sort(current);

        Assert.Equal(NumberProfile.SketchSize, profile.Sketch.Length);
        Assert.Equal(KolmogorovSmirnov.Statistic(reference, current), KolmogorovSmirnov.Statistic(profile.Sketch.AsSpan(), current), 0.0011);
        Assert.Equal(Distances.Wasserstein(reference, current), Distances.Wasserstein(profile.Sketch.AsSpan(), current), 0.005);
    }

    [Fact]
    public void Json_ProfileAndReport_RoundTripAndStaySmall()
    {
        var profile = ReferenceProfile.From(Rows(5000, 1));
        var json = JsonSerializer.Serialize(profile, DriftJsonContext.Default.ReferenceProfile);
        var current = Rows(1000, 2);

        var back = JsonSerializer.Deserialize(json, DriftJsonContext.Default.ReferenceProfile)!;

        Assert.Equal(json, JsonSerializer.Serialize(back, DriftJsonContext.Default.ReferenceProfile));
        Assert.InRange(json.Length, 100, 30_000);
        Assert.Equal(
            JsonSerializer.Serialize(DriftTest.Compare(profile, current), DriftJsonContext.Default.DriftReport),
            JsonSerializer.Serialize(DriftTest.Compare(back, current), DriftJsonContext.Default.DriftReport));
    }

    private static Table Rows(int rows, ulong seed) => new(Numbers("x", rows, seed), Numbers("y", rows, seed + 1000), Letters("c", rows, 5, seed));

    private static NumberColumn Numbers(string name, int rows, ulong seed, double shift = 0)
    {
        var random = new SplitMix64(seed);
        return new NumberColumn(name, Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, 12).Sum(_ => random.NextUniform()) - 6 + shift).ToArray());
    }

    private static CategoryColumn Letters(string name, int rows, int values, ulong? seed = null)
    {
        var random = seed is { } s ? new SplitMix64(s) : null;
        return CategoryColumn.FromTexts(name, Enumerable.Range(0, rows).Select(row => Text(random?.NextInt(values) ?? row % values)));

        static string Text(int value) => value < 26 ? ((char)('a' + value)).ToString() : $"z{value}";
    }
}
