using System.Text;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Serving;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class CsvScoringTests
{
    [Theory]
    [InlineData("x,probability")]
    [InlineData("\"decision\",x")]
    public async Task RequireNewColumnsAsync_ColumnThatIsAppended_IsRefused(string header)
    {
        var exception = await Assert.ThrowsAsync<CsvException>(
            () => CsvScoring.RequireNewColumnsAsync(Encoding.UTF8.GetBytes(header), CancellationToken.None));

        Assert.Equal("csv-duplicate-column", exception.Code);
    }

    [Theory]
    [InlineData("\"x,probability\",y")]
    [InlineData("x,probability of rain")]
    [InlineData("\"a, decision\"")]
    public async Task RequireNewColumnsAsync_OtherColumns_AreAccepted(string header) =>
        await CsvScoring.RequireNewColumnsAsync(Encoding.UTF8.GetBytes(header), CancellationToken.None);
}
