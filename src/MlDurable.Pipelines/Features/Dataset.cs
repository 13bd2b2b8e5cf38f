using MlDurable.Learning.Features;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Features;

/// <summary>A run's rows, divided.</summary>
internal sealed class Dataset(DatasetLineage lineage, DatasetRows rows)
{
    /// <summary>What tells the order of the rows of a share from those of parts and folds, which depend on the seed too.</summary>
    private const ulong ShareSalt = 0x7368617265;

    /// <summary>The training rows of each class, in the order of their hash; all of them together where numbers are predicted. Null until one asks.</summary>
    private int[][]? strata;

    private readonly RowPart[] parts = Split.Parts(rows, lineage.Split);
    private readonly string[] sliceColumns = [.. rows.Table.Columns.Select(column => column.Name).Where(name => name.StartsWith(RowFeatures.SlicePrefix, StringComparison.Ordinal))];

    public DatasetLineage Lineage => lineage;

    public DatasetRows Rows => rows;

    /// <summary>The indexes of the rows that play one of some parts, ascending.</summary>
    public int[] Indexes(params RowPart[] some) => [.. Enumerable.Range(0, parts.Length).Where(row => some.Contains(parts[row]))];

    /// <summary>
    /// The indexes of one of so many training rows of each class, ascending, and of one at least. Those of a lesser share are among those of a greater one.
    /// </summary>
    public int[] TrainingShare(int divisor) =>
        divisor == 1
            ? Indexes(RowPart.Training)
            :
            [
                .. LazyInitializer.EnsureInitialized(
                    ref strata,
                    () => [.. Split.Strata(rows, Indexes(RowPart.Training), rows.Target.Task != LearningTask.Regression, lineage.Split.Seed ^ ShareSalt)])
                    .SelectMany(stratum => stratum.Take((stratum.Length + divisor - 1) / divisor))
                    .Order(),
            ];

    /// <summary>Feature columns and labels of some rows; slice columns that are not features are left out.</summary>
    public LabeledRows Take(int[] indexes) =>
        new LabeledRows(rows.Table.Without(sliceColumns), rows.Labels) { Target = rows.Target, Weights = rows.Weights }.Take(indexes);

    /// <summary>Divides the rows of a plan for the first time.</summary>
    public static async Task<DatasetLineage> AssembleAsync(
        IBlobStore store, PipelineDefinition pipeline, RunPlan plan, IReadOnlyCollection<int> leftOut, CancellationToken cancellationToken)
    {
        var partitions = plan.Partitions.Where((_, index) => !leftOut.Contains(index)).Select(partition => new PartitionLineage(partition.Name, partition.Hash, 0)).ToList();
        var task = pipeline.Data.Label.Rule.Task;
        var rows = await DatasetRows.LoadAsync(store, plan.Pipeline, plan.FeatureSet, partitions, task, cancellationToken);
        var split = Split.Choose(rows, pipeline, plan.AsOf);
        var hash = ContentHash.OfParts(
            [plan.FeatureSet, System.Text.Json.JsonSerializer.Serialize(split, PipelinesJson.Default.SplitLineage), .. partitions.Select(partition => partition.Hash)]);
        return new DatasetLineage(hash, plan.FeatureSet, [.. rows.Partitions], split) { Task = task };
    }

    /// <summary>Reads the rows of a lineage and divides them as it says.</summary>
    public static async Task<Dataset> LoadAsync(IBlobStore store, string pipeline, DatasetLineage lineage, CancellationToken cancellationToken)
    {
        var rows = await DatasetRows.LoadAsync(store, pipeline, lineage.FeatureSet, lineage.Partitions, lineage.Task, cancellationToken);
        return new Dataset(lineage, rows);
    }
}
