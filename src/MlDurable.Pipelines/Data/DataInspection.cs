using System.Collections.Immutable;
using System.Globalization;
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
/// <param name="Labels">What the labels are, in words: how many are positive, or of the rarest and the most frequent class, or their range.</param>
public sealed record DataInspectionResult(
    ImmutableArray<PartitionQuality> Partitions, ImmutableArray<LeakWarning> Leaks, int Rows, int Labelled, string Labels)
{
    /// <summary>Whether all labels are the same, so that there is nothing to learn.</summary>
    public bool HasOneLabel { get; init; }
}

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

        if (tables.Count == 0)
        {
            return new DataInspectionResult(quality.MoveToImmutable(), [], 0, 0, "no labels");
        }

        var rows = DatasetRows.Join(tables.Select(table => (new PartitionLineage("", "", 0), FeatureSet.RowFeatures(pipeline).Build(table))), pipeline.Data.Label.Rule.Task);
        var slices = rows.Table.Columns.Select(column => column.Name).Where(name => name.StartsWith(Learning.Features.RowFeatures.SlicePrefix, StringComparison.Ordinal));
        var hasOneLabel = rows.Labels.Distinct().Take(2).Count() == 1;
        var leaks = hasOneLabel ? [] : LeakDetector.Find(rows.Table.Without([.. slices]), rows.Labels, rows.Target);
        return new DataInspectionResult(quality.MoveToImmutable(), leaks, tables.Sum(table => table.RowCount), rows.Count, Summary(rows)) { HasOneLabel = hasOneLabel };
    }

    private static string Summary(DatasetRows rows)
    {
        switch (rows.Target.Task)
        {
            case LearningTask.Multiclass:
                var classes = rows.Labels.CountBy(label => (int)label).OrderByDescending(ofClass => ofClass.Value).ThenBy(ofClass => ofClass.Key).ToList();
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{classes.Count} classes, from '{rows.Target.Classes[classes[0].Key]}' with {classes[0].Value} rows to '{rows.Target.Classes[classes[^1].Key]}' with {classes[^1].Value}");
            case LearningTask.Regression when rows.Count > 0:
                return string.Create(CultureInfo.InvariantCulture, $"labels from {rows.Labels.Min()} to {rows.Labels.Max()}, on average {rows.Labels.Average():0.####}");
            case LearningTask.Regression:
                return "no labels";
            default:
                var positives = rows.Labels.Count(label => label == 1);
                return string.Create(CultureInfo.InvariantCulture, $"{positives} {(positives == 1 ? "positive" : "positives")}");
        }
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
