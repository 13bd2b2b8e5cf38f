using MlDurable.Learning.Explaining;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Explaining;

public sealed class PartialDependenceTests
{
    private static readonly Table Rows = new(
        new NumberColumn("x", [.. Enumerable.Range(0, 200).Select(row => row % 10 == 9 ? double.NaN : row)]),
        new NumberColumn("few", [.. Enumerable.Range(0, 200).Select(row => (double)(row % 3))]),
        CategoryColumn.FromTexts("c", Enumerable.Range(0, 200).Select(row => row % 2 == 0 ? "often" : row % 3 == 0 ? null : row % 7 == 0 ? "seldom" : "sometimes")),
        Column.AllMissing("nothing", ColumnKind.Number, 200),
        new TimeColumn("time", new long[200]));

    [Fact]
    public void Compute_SumOfAColumnAndOthers_HasItsSlopeInRawUnits()
    {
        var curve = PartialDependence.Compute(Predict, Rows, "x", new DependenceOptions { GridPoints = 10 });
        Assert.Equal(11, curve.Points.Length);
        Assert.Null(curve.Points[^1].Number);
        var mean = ((NumberColumn)Rows["few"]).Values.ToArray().Average();
        Assert.All(curve.Points[..10], point => Assert.Equal((2 * point.Number!.Value) + mean, point.Mean, 1e-9));
        Assert.Equal(-1 + mean, curve.Points[^1].Mean, 1e-9);
        Assert.Equal(curve.Points[..10].Select(point => point.Number).Order(), curve.Points[..10].Select(point => point.Number));
        Assert.InRange(curve.Points[0].Number!.Value, 5, 15);
    }

    [Fact]
    public void Compute_FewValues_TriesEachOnce() =>
        Assert.Equal([0, 1, 2], PartialDependence.Compute(Predict, Rows, "few", new DependenceOptions()).Points.Select(point => point.Number!.Value));

    [Fact]
    public void Compute_Categories_AreTriedFromTheMostFrequentAndThenNone()
    {
        var curve = PartialDependence.Compute(Lengths, Rows, "c", new DependenceOptions());
        Assert.Equal(["often", "sometimes", "seldom", null], curve.Points.Select(point => point.Category));
        Assert.Equal([5, 9, 6, 0], curve.Points.Select(point => point.Mean));
        Assert.Equal(["often", "sometimes", null], PartialDependence.Compute(Lengths, Rows, "c", new DependenceOptions { GridPoints = 2 }).Points.Select(point => point.Category));
    }

    [Fact]
    public void Compute_ColumnWithoutAnyValue_TriesOnlyTheMissingOne() =>
        Assert.Equal(new DependencePoint(null, null, 7), Assert.Single(PartialDependence.Compute(rows => [.. Enumerable.Repeat(7.0, rows.RowCount)], Rows, "nothing", new DependenceOptions()).Points));

    [Fact]
    public void Compute_Lines_AreThoseOfTheFirstRowsAndAverageToTheCurve()
    {
        var curve = PartialDependence.Compute(Predict, Rows, "few", new DependenceOptions { Lines = 1000 });
        Assert.Equal(200, curve.Lines.Length);
        Assert.Equal([6, 7, 8], curve.Lines[3].AsEnumerable());
        Assert.All(curve.Points.Select((point, place) => (point.Mean, place)), pair => Assert.Equal(curve.Lines.Average(line => line[pair.place]), pair.Mean, 1e-9));
        Assert.Equal(2, PartialDependence.Compute(Predict, Rows, "few", new DependenceOptions { Lines = 2 }).Lines.Length);
    }

    [Fact]
    public void Centered_AnyCurve_BeginsAtZeroAndKeepsItsShape()
    {
        var centered = PartialDependence.Compute(Predict, Rows, "few", new DependenceOptions { Lines = 20 }).Centered();
        Assert.Equal([0, 1, 2], centered.Points.Select(point => point.Mean), new Within(1e-9));
        Assert.All(centered.Lines, line => Assert.Equal([0, 1, 2], line, new Within(1e-9)));
    }

    [Fact]
    public void Compute_MoreRowsThanAllowed_DrawsTheSameOnesForTheSameSeed()
    {
        var drawn = new List<int>();
        double[] Counted(Table rows)
        {
            drawn.Add(rows.RowCount);
            return Predict(rows);
        }

        var options = new DependenceOptions { MaxRows = 50, Lines = 50, Seed = 3 };
        var first = PartialDependence.Compute(Counted, Rows, "few", options);
        Assert.All(drawn, rows => Assert.Equal(50, rows));
        Assert.Equal(first.Points.AsEnumerable(), PartialDependence.Compute(Predict, Rows, "few", options).Points);
        Assert.NotEqual(first.Points.AsEnumerable(), PartialDependence.Compute(Predict, Rows, "few", options with { Seed = 4 }).Points);
    }

    [Fact]
    public void Compute_WrongInput_IsRefused()
    {
        AssertCode("unknown-column", Rows, "y");
        AssertCode("time-feature", Rows, "time");
        AssertCode("no-rows", Rows.Take([]), "x");
        Assert.Throws<OperationCanceledException>(() => PartialDependence.Compute(Predict, Rows, "x", new DependenceOptions(), new CancellationToken(canceled: true)));
        foreach (var options in new DependenceOptions[] { new() { GridPoints = 1 }, new() { GridPoints = 1001 }, new() { MaxRows = 0 }, new() { Lines = -1 } })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => PartialDependence.Compute(Predict, Rows, "x", options));
        }
    }

    private static void AssertCode(string code, Table rows, string column) =>
        Assert.Equal(code, Assert.Throws<LearningException>(() => PartialDependence.Compute(Predict, rows, column, new DependenceOptions())).Code);

    private static double[] Predict(Table rows)
    {
        var x = ((NumberColumn)rows["x"]).Values.ToArray();
        var few = ((NumberColumn)rows["few"]).Values.ToArray();
        return [.. x.Zip(few, (a, b) => (double.IsNaN(a) ? -1 : 2 * a) + b)];
    }

    private static double[] Lengths(Table rows)
    {
        var texts = (CategoryColumn)rows["c"];
        return [.. Enumerable.Range(0, rows.RowCount).Select(row => (double)(texts.TextAt(row)?.Length ?? 0))];
    }
}
