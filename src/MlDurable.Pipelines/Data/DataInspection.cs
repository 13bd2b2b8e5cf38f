using System.Collections.Immutable;
using MlDurable.Learning;
using MlDurable.Learning.Drift;
using MlDurable.Learning.Explaining;
using MlDurable.Learning.Features;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Data;

/// <summary>What a pipeline would think of data.</summary>
/// <param name="Partitions">What was found in each partition, ordered by name.</param>
/// <param name="Leaks">Features that alone predict the label suspiciously well.</param>
/// <param name="Rows">Rows in the readable partitions.</param>
/// <param name="Labelled">Rows of them that have a label.</param>
/// <param name="Positives">Labelled rows that are positive; null when the task is another than telling positive rows from negative ones.</param>
public sealed record DataInspectionResult(
    ImmutableArray<PartitionQuality> Partitions, ImmutableArray<LeakWarning> Leaks, int Rows, int Labelled, int? Positives)
{
    /// <summary>The rows of each class, the most frequent class first; null when the label is not one of several classes, or no partition is readable.</summary>
    public ImmutableArray<ClassCount>? Classes { get; init; }

    /// <summary>How the labels spread; null when the label is not a number, or no row has one.</summary>
    public LabelSpread? Numbers { get; init; }
}

/// <summary>How frequent a class is.</summary>
/// <param name="Class">The class, as the label column writes it.</param>
/// <param name="Rows">Labelled rows of the class.</param>
public sealed record ClassCount(string Class, int Rows);

/// <summary>How labels that are numbers spread.</summary>
/// <param name="Min">The least.</param>
/// <param name="Median">The one in the middle; between two, their mean.</param>
/// <param name="Max">The greatest.</param>
public sealed record LabelSpread(double Min, double Median, double Max);

/// <summary>Looks at data as a run would, without running: reads only.</summary>
public sealed class DataInspection(IBlobStore store, TimeProvider timeProvider)
{
    /// <summary>Inspects the partitions that are in the store, or files that are not there yet.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="files">Files to inspect instead of what is in the store; null for what is in the store.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>no-partitions</c>, <c>no-readable-partition</c>, <c>unknown-column</c> or <c>data-name</c>.</exception>
    public async Task<DataInspectionResult> InspectAsync(
        PipelineDefinition pipeline, IReadOnlyList<string>? files = null, CancellationToken cancellationToken = default)
    {
        var sources = files is null
            ? await StoredAsync(pipeline.Data, cancellationToken)
            : [.. files.Select(file => new Source(DataUpload.TargetOf(pipeline.Data, file), _ => Task.FromResult<Stream>(File.OpenRead(file))))];
        var frozen = (await store.ReadJsonAsync(BlobNames.Schema(pipeline.Name), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value;
        var schema = frozen ?? await InferAsync(sources, cancellationToken);
        RunPlanner.CheckColumns(pipeline, schema);

        var reference = await new PartitionValidator(store, new ModelRegistry(store, timeProvider)).ReferenceAsync(pipeline.Promote.Model, cancellationToken);
        var quality = ImmutableArray.CreateBuilder<PartitionQuality>(sources.Count);
        var tables = new List<Table>();
        foreach (var source in sources)
        {
            quality.Add(await InspectAsync(pipeline, source, schema, reference, tables, cancellationToken));
        }

        var task = pipeline.Data.Label.Rule.Task;
        if (tables.Count == 0)
        {
            return new DataInspectionResult(quality.MoveToImmutable(), [], 0, 0, task == LearningTask.Binary ? 0 : null);
        }

        var rows = DatasetRows.Join(tables.Select(table => (new PartitionLineage("", "", 0), FeatureSet.RowFeatures(pipeline).Build(table))), task);
        var found = new DataInspectionResult(quality.MoveToImmutable(), FindLeaks(rows), tables.Sum(table => table.RowCount), rows.Count, null);
        return task switch
        {
            LearningTask.Multiclass => found with { Classes = CountClasses(rows) },
            LearningTask.Regression => found with { Numbers = SpreadOf(rows.Labels) },
            _ => found with { Positives = rows.Labels.Count(label => label == 1) },
        };
    }

    private static ImmutableArray<LeakWarning> FindLeaks(DatasetRows rows)
    {
        var slices = rows.Table.Columns.Select(column => column.Name).Where(name => name.StartsWith(RowFeatures.SlicePrefix, StringComparison.Ordinal));
        return LeakDetector.Find(rows.Table.Without([.. slices]), rows.Labels, rows.Target);
    }

    private static ImmutableArray<ClassCount> CountClasses(DatasetRows rows)
    {
        var counts = new int[rows.Target.Classes.Length];
        foreach (var label in rows.Labels)
        {
            counts[(int)label]++;
        }

        return [.. rows.Target.Classes.Zip(counts, (name, count) => new ClassCount(name, count)).OrderByDescending(count => count.Rows)];
    }

    private static LabelSpread? SpreadOf(double[] labels)
    {
        if (labels.Length == 0)
        {
            return null;
        }

        double[] sorted = [.. labels.Order()];
        var middle = sorted.Length / 2;

        // Halved before they are added, so that the sum of two great numbers is no infinity.
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] / 2) + (sorted[middle] / 2);
        return new LabelSpread(sorted[0], median, sorted[^1]);
    }

    private static async Task<PartitionQuality> InspectAsync(
        PipelineDefinition pipeline, Source source, TableSchema schema, ReferenceProfile? reference, List<Table> tables, CancellationToken cancellationToken)
    {
        await using var hashed = await source.OpenAsync(cancellationToken);
        var hash = await ContentHash.OfAsync(hashed, cancellationToken);
        await using var stream = await source.OpenAsync(cancellationToken);
        try
        {
            var content = await CsvTable.ReadAsync(stream, new CsvOptions { Schema = schema }, cancellationToken);
            tables.Add(content.Table);
            return PartitionValidator.Check(pipeline, source.Name, hash, content, reference);
        }
        catch (CsvException exception)
        {
            return QualityCheck.Unreadable(source.Name, hash, exception);
        }
    }

    private async Task<List<Source>> StoredAsync(DataDefinition data, CancellationToken cancellationToken)
    {
        var partitions = await PartitionSource.ListAsync(store, data, DataLimits.None, schema: null, cancellationToken);
        return
        [
            .. partitions.Select(partition => new Source(
                partition.Name,
                async token => (await store.OpenReadAsync(BlobNames.Data + partition.Name, partition.ETag, token)).Content)),
        ];
    }

    private static async Task<TableSchema> InferAsync(List<Source> sources, CancellationToken cancellationToken)
    {
        TableSchema? merged = null;
        CsvException? first = null;
        foreach (var source in sources)
        {
            try
            {
                await using var stream = await source.OpenAsync(cancellationToken);
                var schema = await CsvTable.InferSchemaAsync(stream, new CsvOptions(), cancellationToken);
                merged = merged is null ? schema : TableSchema.Merge(merged, schema);
            }
            catch (CsvException exception)
            {
                first ??= exception;
            }
        }

        return merged ?? throw new PipelineException(
            "no-readable-partition", $"none of the {sources.Count} partitions is readable CSV; {sources[0].Name}: {first!.Message}", first);
    }

    private sealed record Source(string Name, Func<CancellationToken, Task<Stream>> OpenAsync);
}
