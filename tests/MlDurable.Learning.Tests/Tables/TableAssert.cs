using MlDurable.Learning.Tables;

namespace MlDurable.Learning.Tests.Tables;

internal static class TableAssert
{
    /// <summary>Same columns, cells and dictionaries.</summary>
    public static void Equal(Table expected, Table actual)
    {
        Assert.Equal(expected.Schema, actual.Schema);
        foreach (var (left, right) in expected.Columns.Zip(actual.Columns))
        {
            Assert.Equal(left.MissingCount, right.MissingCount);
            switch (left)
            {
                case NumberColumn numbers:
                    Assert.Equal(numbers.Values, ((NumberColumn)right).Values);
                    break;
                case TimeColumn times:
                    Assert.Equal(times.Ticks, ((TimeColumn)right).Ticks);
                    break;
                case CategoryColumn categories:
                    Assert.Equal(categories.Codes, ((CategoryColumn)right).Codes);
                    Assert.Equal(categories.Categories, ((CategoryColumn)right).Categories);
                    break;
            }
        }
    }
}
