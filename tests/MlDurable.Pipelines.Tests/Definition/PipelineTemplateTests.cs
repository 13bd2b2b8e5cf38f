using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Definition;

public sealed class PipelineTemplateTests
{
    [Theory]
    [InlineData("customers.csv", "customers")]
    [InlineData("Customers 2024 (final).csv.gz", "customers-2024-final")]
    [InlineData("2024_churn", "churn")]
    [InlineData("--a__b--", "a-b")]
    [InlineData("été.csv", "t")]
    [InlineData("...", "pipeline")]
    [InlineData("", "pipeline")]
    public void NameFrom_Text_IsAName(string text, string name) => Assert.Equal(name, PipelineTemplate.NameFrom(text));

    [Fact]
    public void NameFrom_LongText_IsCutToAName()
    {
        var name = PipelineTemplate.NameFrom(string.Concat(Enumerable.Repeat("abc ", 100)));

        Assert.InRange(name.Length, 60, 64);
        Assert.Equal(name, Load(PipelineTemplate.Example(name)).Name);
    }

    [Fact]
    public void Example_Name_IsAValidPipeline()
    {
        var pipeline = Load(PipelineTemplate.Example("my-pipeline"));

        Assert.Equal(("my-pipeline", "my-pipeline", "my-pipeline/*.csv*"), (pipeline.Name, pipeline.Promote.Model, pipeline.Data.Files));
        Assert.Equal(SplitBy.Hash, pipeline.Split.By);
    }

    [Fact]
    public async Task From_BirdStrikes_GuessesLabelTimeAndLeaks()
    {
        var years = await Task.WhenAll(Enumerable.Range(1990, 9).Select(static year =>
            ReadAsync(Repository.Read("samples", "bird-strikes", "data", $"birdstrikes-{year}.csv"))));
        var table = Table.Concat(years);

        var text = PipelineTemplate.From("bird-strikes", table);
        var pipeline = Load(text);

        Assert.Equal(new LabelDefinition("Effect Amount of damage", LabelRule.Not("None")), pipeline.Data.Label);
        Assert.Equal("Flight Date", pipeline.Data.Time);
        Assert.Equal(SplitBy.Time, pipeline.Split.By);
        Assert.Contains("Cost Total $", pipeline.Data.Drop);
        Assert.Contains("Cost Repair", pipeline.Data.Drop);
        Assert.DoesNotContain("Speed IAS in knots", pipeline.Data.Drop);
        Assert.Equal(["Wildlife Size", "Time of day"], pipeline.Evaluate.Slices.ToArray());
        Assert.Equal(text, PipelineTemplate.From("bird-strikes", table));
        Assert.True(new SchemaValidator(PipelineSchema.Generate()).IsValid(text));
    }

    public static TheoryData<string, string, LabelRule> Labels => new()
    {
        { "a,b\n1,x\n2,y\n2,y\n", "b", LabelRule.EqualTo("x") },
        { "a,b\n1,x\n2,y\n3,z\n", "b", LabelRule.Not("x") },
        { "churned,b\n1,x\n0,y\n0,y\n", "churned", LabelRule.Boolean },
        { "paid,amount\nyes,3.5\nno,4.5\nno,5.5\n", "paid", LabelRule.Boolean },
        { "a,amount\nx,3.5\ny,4.5\nz,5.5\n", "amount", LabelRule.Above(4.5) },
        { "Customer Outcome,b\nlost,1\nkept,0\nhalf,0\n", "Customer Outcome", LabelRule.Not("half") },
        { "amount,day\n3,2024-01-01\n3,2024-01-02\n7,2024-01-03\n", "amount", LabelRule.EqualTo("7") },
        { "amount\n3\n3\n3\n", "amount", LabelRule.Above(3) },
        { "text\nsame\nsame\n", "text", LabelRule.Not("same") },
    };

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task From_Table_GuessesTheLabel(string csv, string column, LabelRule rule) =>
        Assert.Equal(new LabelDefinition(column, rule), Load(PipelineTemplate.From("p", await ReadAsync(csv))).Data.Label);

    [Fact]
    public async Task From_IdentifiersAndEmptyColumns_AreDropped()
    {
        var csv = new StringBuilder("row_id,code,empty,same,amount,label\n");
        for (var row = 0; row < 40; row++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{row + 1000},c{row},,5,{row * 1.5},{row % 2}\n");
        }

        Assert.Equal(["code", "empty", "row_id", "same"], Load(PipelineTemplate.From("p", await ReadAsync(csv.ToString()))).Data.Drop.ToArray());
    }

    [Fact]
    public void From_OnlyTimes_SaysThatNothingCanBePredicted()
    {
        var table = new Table(new TimeColumn("day", [0, 1]));

        Assert.Equal("no-label-column", Assert.Throws<LearningException>(() => PipelineTemplate.From("p", table)).Code);
    }

    [Fact]
    public void From_AnyTable_GivesAPipelineWithoutProblems()
    {
        string[] texts =
        [
            "a", "yes", "no", "true", "null", "~", "08", "1e5", "-", "- x", "a: b", "a #b", "#", "\"", "'", "\\", "${x}", "$${", "{", "[", ",", "*a", "&a", "!t", "%", "@", "`", "é", "日本",
            " lead", "trail ", "two  spaces", "line\nbreak", "tab\t", "\u0085", "\u2028", "\uFEFF", "😀", "label", "<<", "?", "|", ">", "", "\0",
        ];
        var names = Gen.Elements(texts).Where(static text => text.Length > 0);
        var tables =
            from count in Gen.Choose(1, 6)
            from columnNames in Gen.ListOf(names, count)
            from rows in Gen.Choose(1, 30)
            from cells in Gen.ListOf(Gen.ListOf(Gen.Elements(texts), rows), count)
            from kinds in Gen.ListOf(Gen.Choose(0, 3), count)
            select new Table([.. columnNames.Distinct().Select((name, index) => ColumnOf(name, kinds.ElementAt(index), [.. cells.ElementAt(index)]))]);
        var property = Prop.ForAll(
            tables.ToArbitrary(),
            static table =>
            {
                if (table.Columns.Any(static column => column.Kind != ColumnKind.Time && column.MissingCount < column.Count))
                {
                    var pipeline = Load(PipelineTemplate.From("p", table));
                    Assert.True(table.TryGet(pipeline.Data.Label.Column, out _));
                    Assert.All(pipeline.Data.Drop, name => Assert.True(table.TryGet(name, out _)));
                    Assert.All(pipeline.Quality.OfType<ColumnQualityRule>(), rule => Assert.True(table.TryGet(rule.Column, out _)));
                }
            });

        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    private static Column ColumnOf(string name, int kind, string[] texts) => kind switch
    {
        0 => new NumberColumn(name, [.. texts.Select(static text => text.Length > 4 ? double.NaN : text.Length)]),
        1 => new TimeColumn(name, [.. texts.Select(static text => text.Length == 0 ? TimeColumn.MissingTicks : text.Length)]),
        _ => CategoryColumn.FromTexts(name, texts.Select(static text => text.Length == 0 ? null : text)),
    };

    private static PipelineDefinition Load(string text) => PipelineText.LoadValid(text);

    private static async Task<Table> ReadAsync(string csv)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        return (await CsvTable.ReadAsync(stream, new CsvOptions(), CancellationToken.None)).Table;
    }
}
