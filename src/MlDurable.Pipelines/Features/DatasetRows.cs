using MlDurable.Learning;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Features;

/// <summary>The labelled rows of some partitions, in the order of the partitions and of their rows.</summary>
/// <param name="Table">Feature columns, and the slice columns that are not features.</param>
/// <param name="Labels">0 or 1 for each row.</param>
/// <param name="Times">UTC ticks for each row, <see cref="long.MinValue"/> where missing; null without a time column.</param>
/// <param name="Partition">For each row, the place of its partition in <paramref name="Partitions"/>.</param>
/// <param name="RowInPartition">For each row, its place among all rows of its partition, unlabelled ones included.</param>
/// <param name="Partitions">The partitions.</param>
/// <param name="Groups">Which rows belong together; null where nothing asks for it.</param>
internal sealed record DatasetRows(
    Table Table,
    double[] Labels,
    long[]? Times,
    int[] Partition,
    int[] RowInPartition,
    IReadOnlyList<PartitionLineage> Partitions,
    CategoryColumn? Groups = null)
{
    public int Count => Labels.Length;

    /// <summary>Reads and joins the features of partitions.</summary>
    public static async Task<DatasetRows> LoadAsync(
        IBlobStore store,
        string pipeline,
        string featureSet,
        IEnumerable<PartitionLineage> partitions,
        CancellationToken cancellationToken)
    {
        var tables = new List<(PartitionLineage, Table)>();
        foreach (var partition in partitions)
        {
            tables.Add((partition, await ReadAsync(store, BlobNames.Features(pipeline, featureSet, partition.Hash), cancellationToken)));
        }

        return Join(tables);
    }

    /// <summary>Joins the featurized rows of partitions; rows without a label are left out, and the counts of labelled rows are filled in.</summary>
    public static DatasetRows Join(IEnumerable<(PartitionLineage Partition, Table Table)> partitions)
    {
        var tables = new List<Table>();
        var lineage = new List<PartitionLineage>();
        var partitionOfRow = new List<int>();
        var rowInPartition = new List<int>();
        foreach (var (partition, table) in partitions)
        {
            var labels = ((NumberColumn)table[RowFeatures.LabelColumn]).Values;
            var labelled = new List<int>(table.RowCount);
            for (var row = 0; row < labels.Length; row++)
            {
                if (!double.IsNaN(labels[row]))
                {
                    partitionOfRow.Add(lineage.Count);
                    labelled.Add(row);
                }
            }

            rowInPartition.AddRange(labelled);
            lineage.Add(partition with { Rows = labelled.Count });
            tables.Add(labelled.Count == table.RowCount ? table : table.Take(labelled.ToArray()));
        }

        var all = Table.Concat(tables);
        return new DatasetRows(
            all.Without(RowFeatures.LabelColumn, RowFeatures.TimeColumnName, RowFeatures.GroupColumn),
            ((NumberColumn)all[RowFeatures.LabelColumn]).Values.ToArray(),
            all.TryGet(RowFeatures.TimeColumnName, out var time) ? ((TimeColumn)time).Ticks.ToArray() : null,
            [.. partitionOfRow],
            [.. rowInPartition],
            lineage,
            all.TryGet(RowFeatures.GroupColumn, out var groups) ? (CategoryColumn)groups : null);
    }

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
