using System.Text;
using System.Text.Json;
using MlDurable.Learning;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Tests.Training;
using MlDurable.Testing.Serving;

namespace MlDurable.Pipelines.Tests.Serving;

public sealed class CsvScoringTests
{
    private static readonly string[] Appended = [CsvScoring.ProbabilityColumn, CsvScoring.DecisionColumn];

    [Theory]
    [InlineData("x,probability")]
    [InlineData("\"decision\",x")]
    public async Task RequireNewColumnsAsync_ColumnThatIsAppended_IsRefused(string header)
    {
        var exception = await Assert.ThrowsAsync<CsvException>(
            () => CsvScoring.RequireNewColumnsAsync(Encoding.UTF8.GetBytes(header), Appended, CancellationToken.None));

        Assert.Equal("csv-duplicate-column", exception.Code);
    }

    [Theory]
    [InlineData("\"x,probability\",y")]
    [InlineData("x,probability of rain")]
    [InlineData("\"a, decision\"")]
    [InlineData("explanation")]
    public async Task RequireNewColumnsAsync_OtherColumns_AreAccepted(string header) =>
        await CsvScoring.RequireNewColumnsAsync(Encoding.UTF8.GetBytes(header), Appended, CancellationToken.None);

    [Fact]
    public async Task ScoreAsync_WithReasons_AppendsThemAsJson()
    {
        using var temporary = new TemporaryStore();
        var models = await SampleModels.CreateAsync(temporary.Store);
        var (number, model) = await models.AddAsync("gradient-boosting", ("trees", 20));
        var predictor = await Predictor.OpenAsync(temporary.Store, new ModelRegistry(temporary.Store, TimeProvider.System), $"{SampleModels.Name}/{number}");
        var expected = predictor.Explainer.Explain(models.Raw, 2);

        await using var input = File.OpenRead(SampleModels.DataFile(1990));
        using var output = new StringWriter();
        await new CsvScoring(predictor) { Reasons = 2 }.ScoreAsync(input, output);

        using var scored = new MemoryStream(Encoding.UTF8.GetBytes(output.ToString()));
        var table = (await CsvTable.ReadAsync(scored, new CsvOptions())).Table;
        var texts = (CategoryColumn)table[CsvScoring.ExplanationColumn];
        Assert.Equal(models.Expected(model), ((NumberColumn)table[CsvScoring.ProbabilityColumn]).Values);
        for (var row = 0; row < table.RowCount; row++)
        {
            var read = JsonSerializer.Deserialize(texts.TextAt(row)!, ExplainingJsonContext.Default.Explanation)!;
            Assert.Equal(expected[row].Reasons.AsEnumerable(), read.Reasons);
            Assert.Equal(expected[row] with { Reasons = read.Reasons }, read);
        }
    }

    [Fact]
    public async Task ScoreAsync_ReasonsOfAModelThatHasNone_IsRefusedBeforeAnythingIsWritten()
    {
        using var temporary = new TemporaryStore();
        var models = await SampleModels.CreateAsync(temporary.Store);
        var (number, _) = await models.AddAsync(LevelsTrainer.Registered);
        var predictor = await Predictor.OpenAsync(temporary.Store, new ModelRegistry(temporary.Store, TimeProvider.System), $"{SampleModels.Name}/{number}");
        await using var input = File.OpenRead(SampleModels.DataFile(1990));
        using var output = new StringWriter();
        var exception = await Assert.ThrowsAsync<LearningException>(() => new CsvScoring(predictor) { Reasons = 2 }.ScoreAsync(input, output));
        Assert.Equal("explanation-unavailable", exception.Code);
        Assert.Empty(output.ToString());
    }
}
