using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Features;

/// <summary>The labelled rows of some partitions, in the order of the partitions and of their rows.</summary>
/// <param name="Table">Feature columns, and the slice columns that are not features.</param>
/// <param name="Labels">A label of <see cref="Target"/> for each row.</param>
/// <param name="Times">UTC ticks for each row, <see cref="long.MinValue"/> where missing; null without a time column.</param>
/// <param name="Partition">For each row, the place of its partition in <paramref name="Partitions"/>.</param>
/// <param name="RowInPartition">For each row, its place among all rows of its partition, unlabelled ones included.</param>
/// <param name="Partitions">The partitions.</param>
internal sealed record DatasetRows(
    Table Table, double[] Labels, long[]? Times, int[] Partition, int[] RowInPartition, IReadOnlyList<PartitionLineage> Partitions)
{
    public int Count => Labels.Length;

    /// <summary>What the labels are.</summary>
    public Target Target { get; init; } = Target.Binary;

    /// <summary>How much each row counts in training; null where each counts 1.</summary>
    public double[]? Weights { get; init; }

    /// <summary>Which rows belong together; null where nothing asks for it.</summary>
    public CategoryColumn? Groups { get; init; }

    /// <summary>Reads and joins the features of partitions.</summary>
    public static async Task<DatasetRows> LoadAsync(
        IBlobStore store,
        string pipeline,
        string featureSet,
        IEnumerable<PartitionLineage> partitions,
        LearningTask task,
        CancellationToken cancellationToken)
    {
        var tables = new List<(PartitionLineage, Table)>();
        foreach (var partition in partitions)
        {
            tables.Add((partition, await ReadAsync(store, BlobNames.Features(pipeline, featureSet, partition.Hash), cancellationToken)));
        }

        return Join(tables, task);
    }

    /// <summary>Joins the featurized rows of partitions; rows without a label are left out, and the counts of labelled rows are filled in.</summary>
    public static DatasetRows Join(IEnumerable<(PartitionLineage Partition, Table Table)> partitions, LearningTask task)
    {
        var tables = new List<Table>();
        var lineage = new List<PartitionLineage>();
        var partitionOfRow = new List<int>();
        var rowInPartition = new List<int>();
        foreach (var (partition, table) in partitions)
        {
            var labels = table[RowFeatures.LabelColumn];
            var labelled = Enumerable.Range(0, table.RowCount).Where(row => HasLabel(labels, row)).ToList();
            partitionOfRow.AddRange(Enumerable.Repeat(lineage.Count, labelled.Count));
            rowInPartition.AddRange(labelled);
            lineage.Add(partition with { Rows = labelled.Count });
            tables.Add(labelled.Count == table.RowCount ? table : table.Take(labelled.ToArray()));
        }

        var all = Table.Concat(tables);
        var rows = LabeledRows.From(all, task);
        return new DatasetRows(
            all.Without(RowFeatures.LabelColumn, RowFeatures.WeightColumn, RowFeatures.TimeColumnName, RowFeatures.GroupColumn),
            rows.Labels,
            all.TryGet(RowFeatures.TimeColumnName, out var time) ? ((TimeColumn)time).Ticks.ToArray() : null,
            [.. partitionOfRow],
            [.. rowInPartition],
            lineage)
        {
            Target = rows.Target,
            Weights = rows.Weights,
            Groups = all.TryGet(RowFeatures.GroupColumn, out var groups) ? (CategoryColumn)groups : null,
        };
    }

    private static bool HasLabel(Column labels, int row) =>
        labels is CategoryColumn classes ? classes.Codes[row] != CategoryColumn.MissingCode : !double.IsNaN(((NumberColumn)labels).Values[row]);

    private static async Task<Table> ReadAsync(IBlobStore store, string name, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenReadAsync(name, ct: cancellationToken);
        using var content = new MemoryStream();
        await reader.Content.CopyToAsync(content, cancellationToken);
        content.Position = 0;
        try
        {
            return ColumnFile.Read(content);
        }
        catch (LearningException exception)
        {
            throw new PipelineException(exception.Code, $"'{name}' in {store.Description}: {exception.Message}", exception);
        }
    }
}
