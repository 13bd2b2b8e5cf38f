using System.Text;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Data;
using MlDurable.Pipelines.Definition;

namespace MlDurable.Pipelines.Tests.Data;

public sealed class QualityCheckTests
{
    private static readonly TableSchema Schema = new(
    [
        new ColumnSchema("id", ColumnKind.Number),
        new ColumnSchema("speed", ColumnKind.Number),
        new ColumnSchema("phase", ColumnKind.Category),
        new ColumnSchema("date", ColumnKind.Time),
    ]);

    [Fact]
    public async Task Check_SoundPartition_Passes()
    {
        var quality = await CheckAsync(
            "id,speed,phase,date\n1,100,Climb,1999-01-01\n2,,Approach,1999-01-02\n",
            new RowCountRule(2, 2) { Line = 1 },
            new RangeRule(0, 500) { Column = "speed", Line = 2 },
            new MissingShareRule(0.5) { Column = "speed", Line = 3 },
            new AllowedValuesRule(["Climb", "Approach"]) { Column = "phase", Line = 4 },
            new UniqueRule { Column = "id", Line = 5 },
            new ColumnTypeRule(ColumnKind.Time) { Column = "date", Line = 6 },
            new RequiredColumnRule { Column = "id", Line = 7 });

        Assert.True(quality.Passed);
        Assert.Empty(quality.Findings);
    }

    [Fact]
    public async Task Check_EveryRuleBroken_ReportsEachWithItsLine()
    {
        var quality = await CheckAsync(
            "id,speed,phase,date\n1,900,Hover,1999-01-01\n1,,Climb,1999-01-02\n",
            new RowCountRule(100, null) { Line = 1 },
            new RangeRule(0, 500) { Column = "speed", Line = 2 },
            new MissingShareRule(0.1) { Column = "speed", Line = 3 },
            new AllowedValuesRule(["Climb", "Approach"]) { Column = "phase", Line = 4 },
            new UniqueRule { Column = "id", Line = 5 },
            new ColumnTypeRule(ColumnKind.Number) { Column = "date", Line = 6 });

        Assert.False(quality.Passed);
        Assert.Equal([1, 2, 3, 4, 5, 6], quality.Findings.Select(finding => finding.PipelineLine ?? 0));
        Assert.Contains("900", quality.Findings[1].Found, StringComparison.Ordinal);
        Assert.Contains("'Hover'", quality.Findings[3].Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_BrokenWarning_Passes()
    {
        var quality = await CheckAsync(
            "id,speed,phase,date\n1,900,Climb,1999-01-01\n",
            new RangeRule(0, 500) { Column = "speed", Line = 2, Level = QualityLevel.Warning });

        Assert.True(quality.Passed);
        Assert.Equal("warning", Assert.Single(quality.Findings).Level);
    }

    [Fact]
    public async Task Check_MissingColumn_IsReportedOnce()
    {
        var quality = await CheckAsync(
            "id,phase,date\n1,Climb,1999-01-01\n",
            new RangeRule(0, 500) { Column = "speed", Line = 2 },
            new RequiredColumnRule { Column = "speed", Line = 3 });

        Assert.False(quality.Passed);
        Assert.Equal("speed", Assert.Single(quality.Findings).Column);
    }

    [Fact]
    public async Task Check_NewColumn_IsAWarning()
    {
        var quality = await CheckAsync("id,speed,phase,date,extra\n1,2,Climb,1999-01-01,x\n");

        Assert.True(quality.Passed);
        Assert.Equal("extra", Assert.Single(quality.Findings).Column);
    }

    [Fact]
    public async Task Check_ShiftedColumns_BreakTheSchema()
    {
        var quality = await CheckAsync("id,speed,phase,date\n1,Climb,1999-01-01,100\n2,Climb,1999-01-02,100\n");

        Assert.False(quality.Passed);
        Assert.Equal(["speed", "date"], quality.Findings.Where(finding => finding.Level == "error").Select(finding => finding.Column!));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(99, false)]
    public async Task Check_TypeErrors_AreToleratedUpToOnePercent(int rows, bool passes)
    {
        var text = new StringBuilder("id,speed,phase,date\n0,fast,Climb,1999-01-01\n");
        for (var row = 1; row < rows; row++)
        {
            text.Append(row).Append(",100,Climb,1999-01-01\n");
        }

        Assert.Equal(passes, (await CheckAsync(text.ToString())).Passed);
    }

    private static async Task<PartitionQuality> CheckAsync(string csv, params QualityRule[] rules)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(csv));
        var content = await CsvTable.ReadAsync(stream, new CsvOptions { Schema = Schema });
        return QualityCheck.Check("p.csv", "hash", content, features: null, rules, reference: null);
    }
}
