using FsCheck;
using FsCheck.Fluent;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Tests.Orchestrations;

namespace MlDurable.Pipelines.Tests.Features;

public sealed class SplitTests
{
    private static readonly PipelineDefinition ByTime = FlowHarness.Source().Definition;

    private static readonly PipelineDefinition ByHash =
        ByTime with { Split = ByTime.Split with { By = SplitBy.Hash, Validation = 0.2, Holdout = 0.3 } };

    [Fact]
    public void Choose_ByTime_OldestTrainAndNewestJudge()
    {
        var rows = Rows([.. Enumerable.Range(0, 100).Select(day => (long?)day)]);

        var split = Split.Choose(rows, ByTime);

        Assert.Equal((65, 15, 20), (split.TrainingRows, split.ValidationRows, split.HoldoutRows));
        Assert.Equal(Enumerable.Range(80, 20), Indexes(rows, split, RowPart.Holdout));
    }

    [Fact]
    public void Parts_ByTime_AreOrderedAndKeepEqualInstantsTogether() =>
        Prop.ForAll(Gen.Choose(0, 30).Select(day => (long?)day).NonEmptyListOf().Where(days => days.Distinct().Count() > 10).ToArbitrary(), days =>
        {
            var rows = Rows([.. days]);
            if (Record.Exception(() => Split.Choose(rows, ByTime)) is PipelineException refused)
            {
                return refused.Code == "empty-part";
            }

            var parts = Split.Parts(rows, Split.Choose(rows, ByTime));
            return Enumerable.Range(0, rows.Count).All(a => Enumerable.Range(0, rows.Count).All(
                b => rows.Times![a] < rows.Times[b] ? parts[a] <= parts[b] : rows.Times[a] != rows.Times[b] || parts[a] == parts[b]));
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Parts_RowWithoutTime_IsLearnedFromAndNeverJudges()
    {
        var rows = Rows([null, .. Enumerable.Range(0, 50).Select(day => (long?)day)]);

        Assert.Equal(RowPart.Training, Split.Parts(rows, Split.Choose(rows, ByTime))[0]);
    }

    [Fact]
    public void Choose_Days_LeavesOlderRowsOut()
    {
        var rows = Rows([.. Enumerable.Range(0, 100).Select(day => (long?)day)]);
        var split = Split.Choose(rows, ByTime with { Data = ByTime.Data with { Window = new DataWindow.Days(39) } });

        Assert.Equal(Enumerable.Range(0, 60), Indexes(rows, split, RowPart.Outside));
        Assert.Equal(40, split.TrainingRows + split.ValidationRows + split.HoldoutRows);
    }

    [Fact]
    public void Parts_ByHash_SharesAreAsAsked()
    {
        var rows = Rows([.. Enumerable.Repeat((long?)0, 20_000)]);

        var split = Split.Choose(rows, ByHash);

        Assert.InRange(split.HoldoutRows / 20_000.0, 0.29, 0.31);
        Assert.InRange(split.ValidationRows / 20_000.0, 0.19, 0.21);
    }

    [Fact]
    public void Parts_ByHash_RowKeepsItsPartWhenDataIsAdded()
    {
        var few = Rows([.. Enumerable.Repeat((long?)0, 500)]);
        var more = few with
        {
            Labels = new double[1000],
            Partition = [.. Enumerable.Repeat(1, 500), .. Enumerable.Repeat(0, 500)],
            RowInPartition = [.. Enumerable.Range(0, 500), .. Enumerable.Range(0, 500)],
            Partitions = [few.Partitions[0], few.Partitions[0] with { Hash = ContentHash.OfParts("new") }],
            Times = new long[1000],
        };

        Assert.Equal(Split.Parts(few, Split.Choose(few, ByHash)), Split.Parts(more, Split.Choose(more, ByHash))[500..]);
    }

    [Fact]
    public void HasSeen_ModelOfAnEarlierWindow_KnowsItsOwnRowsOnly()
    {
        var rows = Rows([.. Enumerable.Range(0, 100).Select(day => (long?)day)]);
        var model = new DatasetLineage("d", "f", [.. rows.Partitions], Split.Choose(rows, ByTime));
        var own = rows.Partitions.Select(partition => partition.Hash).ToHashSet();

        var seen = Enumerable.Range(0, 100).Where(row => Split.HasSeen(model, own, rows, row));

        Assert.Equal(Enumerable.Range(0, 80), seen);
        Assert.DoesNotContain(Enumerable.Range(0, 100), row => Split.HasSeen(model, [], rows, row));
    }

    [Fact]
    public void Choose_EqualInstants_SaysWhichPartIsEmpty()
    {
        var exception = Assert.Throws<PipelineException>(() => Split.Choose(Rows([.. Enumerable.Repeat((long?)1, 50)]), ByTime));

        Assert.Equal("empty-part", exception.Code);
        Assert.Contains("0 training", exception.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Indexes(DatasetRows rows, SplitLineage split, RowPart part) =>
        Split.Parts(rows, split).Index().Where(row => row.Item == part).Select(row => row.Index);

    /// <summary>Rows of one partition, by the day of each; null for a row without a time.</summary>
    private static DatasetRows Rows(long?[] days) => new(
        new Table(new NumberColumn("x", new double[days.Length])),
        new double[days.Length],
        Array.ConvertAll(days, day => day is { } known ? new DateTime(2000, 1, 1).AddDays(known).Ticks : long.MinValue),
        new int[days.Length],
        [.. Enumerable.Range(0, days.Length)],
        [new PartitionLineage("p.csv", ContentHash.OfParts("p"), days.Length)]);
}
