using System.Text.Json;
using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

public sealed class TableTests
{
    private static readonly Table Sample = new(
        new NumberColumn("number", [1, double.NaN, 3]),
        CategoryColumn.FromTexts("category", ["a", null, "b"]),
        new TimeColumn("time", [10, TimeColumn.MissingTicks, 30]));

    [Fact]
    public void Constructor_ColumnsThatDoNotFit_AreRefused()
    {
        AssertCode("invalid-table", () => new Table(new NumberColumn("a", [1]), new NumberColumn("a", [1])));
        AssertCode("invalid-table", () => new Table(new NumberColumn("a", [1]), new NumberColumn("b", [1, 2])));
        AssertCode("infinite-number", () => new NumberColumn("a", [double.NegativeInfinity]));
        AssertCode("invalid-time", () => new TimeColumn("a", [-1]));
        AssertCode("invalid-time", () => new TimeColumn("a", [DateTime.MaxValue.Ticks + 1]));
        AssertCode("invalid-categories", () => new CategoryColumn("a", [1], ["x"]));
        AssertCode("invalid-categories", () => new CategoryColumn("a", [-2], ["x"]));
        AssertCode("invalid-categories", () => new CategoryColumn("a", [0], ["x", "x"]));
    }

    [Fact]
    public void Indexer_UnknownName_GivesTheNearest()
    {
        var exception = Assert.Throws<LearningException>(() => Sample["Categroy"]);
        Assert.Equal("unknown-column", exception.Code);
        Assert.Contains("'category'", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mean", Assert.Throws<LearningException>(() => Sample["zzzzzzzz"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_RepeatedAndReorderedRows_TakesThem()
    {
        var taken = Sample.Take([2, 1, 2]);
        Assert.Equal([3, double.NaN, 3], ((NumberColumn)taken["number"]).Values);
        Assert.Equal(["b", null, "b"], Enumerable.Range(0, 3).Select(((CategoryColumn)taken["category"]).TextAt));
        Assert.Equal([30, TimeColumn.MissingTicks, 30], ((TimeColumn)taken["time"]).Ticks);
        Assert.Equal([1, 1, 1], taken.Columns.Select(column => column.MissingCount));
    }

    [Fact]
    public void SelectAndWithout_GiveTheNamedColumns()
    {
        Assert.Equal(["time", "number"], Sample.Select(["time", "number"]).Columns.Select(column => column.Name));
        Assert.Equal(["category"], Sample.Without("time", "number", "absent").Columns.Select(column => column.Name));
        AssertCode("unknown-column", () => Sample.Select(["absent"]));
    }

    [Fact]
    public void Rename_AnyColumn_KeepsTheCells() =>
        TableAssert.Equal(
            new Table(Sample.Columns[1]), new Table(Sample.Columns[1].Rename("other").Rename("category")));

    [Fact]
    public void Concat_DifferentDictionariesAndOrders_MergesThem()
    {
        var other = new Table(
            new TimeColumn("time", [40, 50]), CategoryColumn.FromTexts("category", ["c", "a"]), new NumberColumn("number", [4, 5]));
        var joined = Table.Concat([Sample, other]);
        Assert.Equal(Sample.Schema, joined.Schema);
        Assert.Equal(["a", "b", "c"], ((CategoryColumn)joined["category"]).Categories);
        Assert.Equal(["a", null, "b", "c", "a"], Enumerable.Range(0, 5).Select(((CategoryColumn)joined["category"]).TextAt));
        Assert.Equal([1, double.NaN, 3, 4, 5], ((NumberColumn)joined["number"]).Values);
    }

    [Fact]
    public void Concat_DifferentColumns_IsRefused()
    {
        AssertCode("schema-mismatch", () => Table.Concat([Sample, Sample.Without("time")]));
        AssertCode("schema-mismatch", () => Table.Concat([Sample.Without("time"), Sample]));
        AssertCode("schema-mismatch", () => Table.Concat([new Table(new NumberColumn("a", [1])), new Table(CategoryColumn.FromTexts("a", ["1"]))]));
    }

    [Fact]
    public void Merge_DifferentKinds_BecomeACategory()
    {
        static TableSchema Schema(params (string Name, ColumnKind Kind)[] columns) => new([.. columns.Select(column => new ColumnSchema(column.Name, column.Kind))]);
        Assert.Equal(
            Schema(("a", ColumnKind.Category), ("b", ColumnKind.Number), ("c", ColumnKind.Time)),
            TableSchema.Merge(Schema(("a", ColumnKind.Number), ("b", ColumnKind.Number)), Schema(("c", ColumnKind.Time), ("a", ColumnKind.Time))));
    }

    [Fact]
    public void TableSchema_ThroughJson_IsEqual()
    {
        var json = JsonSerializer.Serialize(Sample.Schema, LearningJson.Default.TableSchema);
        Assert.Equal("""{"columns":[{"name":"number","kind":"Number"},{"name":"category","kind":"Category"},{"name":"time","kind":"Time"}]}""", json);
        Assert.Equal(Sample.Schema, JsonSerializer.Deserialize(json, LearningJson.Default.TableSchema));
        Assert.Equal(Sample.Schema.GetHashCode(), JsonSerializer.Deserialize(json, LearningJson.Default.TableSchema)!.GetHashCode());
    }

    private static void AssertCode(string code, Func<object> act) => Assert.Equal(code, Assert.Throws<LearningException>(act).Code);
}
