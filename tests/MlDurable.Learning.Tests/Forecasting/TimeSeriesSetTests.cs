using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Forecasting;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Forecasting;

public sealed class TimeSeriesSetTests
{
    private static readonly DateTime Day = SampleSeries.Start;

    [Fact]
    public void From_RowsInAnyOrder_GivesSeriesWithGaps()
    {
        var set = TimeSeriesSet.From(
            Rows(["b", "a", "a", "b", "a"], [Day, Day.AddDays(3).AddHours(5), Day, Day.AddDays(1), Day.AddDays(9)], [1, 4, 3, 2, double.NaN]),
            "t", "y", TimeStep.Day, "s");

        Assert.Equal(["a", "b"], set.Series.Select(series => series.Name));
        Assert.Equal([3, double.NaN, double.NaN, 4], set.Series[0].Values.AsEnumerable());
        Assert.Equal([1, 2], set.Series[1].Values.AsEnumerable());
        Assert.Equal(set.Series[0].End, set.End);
        Assert.Equal(Day, TimeStep.Day.StartOf(set.Series[0].First));
        Assert.True(double.IsNaN(set.Series[1].At(set.End)));
    }

    [Fact]
    public void From_WithoutASeriesColumn_GivesOne() => Assert.Equal(
        TimeSeriesSet.OnlyName, TimeSeriesSet.From(Rows(["a", "b"], [Day, Day.AddDays(1)], [1, 2]), "t", "y", TimeStep.Day).Series.Single().Name);

    [Fact]
    public void From_RowsThatGiveNoSeries_NamesColumnAndRow()
    {
        var rows = Rows(["a", null], [Day, Day.AddHours(1)], [1, 2]);

        AssertRefused("duplicate-time", "Row 2", () => TimeSeriesSet.From(rows, "t", "y", TimeStep.Day));
        AssertRefused("series-missing", "'s'", () => TimeSeriesSet.From(rows, "t", "y", TimeStep.Hour, "s"));
        AssertRefused("time-column-kind", "'y'", () => TimeSeriesSet.From(rows, "y", "y", TimeStep.Day));
        AssertRefused("value-column-kind", "'t'", () => TimeSeriesSet.From(rows, "t", "t", TimeStep.Day));
        AssertRefused("series-column-kind", "'y'", () => TimeSeriesSet.From(rows, "t", "y", TimeStep.Day, "y"));
        AssertRefused("unknown-column", "'z'", () => TimeSeriesSet.From(rows, "t", "z", TimeStep.Day));
        AssertRefused("no-rows", "'y'", () => TimeSeriesSet.From(Rows(["a"], [Day], [double.NaN]), "t", "y", TimeStep.Day));
        AssertRefused("series-too-long", "greater step", () => TimeSeriesSet.From(Rows(["a", "a"], [DateTime.MinValue, Day], [1, 2]), "t", "y", TimeStep.Hour));
        var untimed = new Table(new TimeColumn("t", [TimeColumn.MissingTicks]), new NumberColumn("y", [1]));
        AssertRefused("time-missing", "Row 1", () => TimeSeriesSet.From(untimed, "t", "y", TimeStep.Day));
    }

    [Fact]
    public void StartOf_IndexOfAnyInstant_IsTheBeginningOfItsStep() => Check.QuickThrowOnFailure(Prop.ForAll(
        (from ticks in Gen.Choose(0, int.MaxValue) from step in Gen.Elements(Enum.GetValues<TimeStep>()) select (At: ticks * 1_400_000_000L, Step: step)).ToArbitrary(),
        item =>
        {
            var instant = new DateTime(item.At, DateTimeKind.Utc);
            var index = item.Step.IndexOf(instant);
            return item.Step.StartOf(index) <= instant && instant < item.Step.StartOf(index + 1) && item.Step.IndexOf(item.Step.StartOf(index)) == index;
        }));

    [Fact]
    public void StartOf_AWeek_IsAMonday() => Assert.Equal(DayOfWeek.Monday, TimeStep.Week.StartOf(TimeStep.Week.IndexOf(Day.AddDays(3))).DayOfWeek);

    private static void AssertRefused(string code, string named, Func<object> action)
    {
        var exception = Assert.Throws<LearningException>(action);
        Assert.Equal(code, exception.Code);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    private static Table Rows(string?[] series, DateTime[] times, double[] values) => new(
        CategoryColumn.FromTexts("s", series), new TimeColumn("t", [.. times.Select(time => time.Ticks)]), new NumberColumn("y", values));
}
