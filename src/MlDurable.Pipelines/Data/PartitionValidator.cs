using MlDurable.Learning.Drift;
using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Data;

/// <summary>Judges the quality of partitions against the declared expectations, the frozen schema and the champion's reference profile.</summary>
internal sealed class PartitionValidator(IBlobStore store, ModelRegistry registry)
{
    public async Task<PartitionQuality> ValidateAsync(
        PipelineDefinition pipeline, PartitionPlan partition, TableSchema schema, CancellationToken cancellationToken)
    {
        CsvContent content;
        try
        {
            content = await PartitionSource.ReadAsync(store, partition.Name, partition.ETag, schema, cancellationToken);
        }
        catch (CsvException exception)
        {
            return QualityCheck.Unreadable(partition.Name, partition.Hash, exception);
        }

        return Check(pipeline, partition.Name, partition.Hash, content, await ReferenceAsync(pipeline.Promote.Model, cancellationToken));
    }

    /// <summary>Judges what was read from a partition.</summary>
    public static PartitionQuality Check(
        PipelineDefinition pipeline, string name, string hash, CsvContent content, ReferenceProfile? reference) =>
        QualityCheck.Check(
            name,
            hash,
            content,
            reference is null ? null : FeatureSet.RowFeatures(pipeline).BuildFeatures(content.Table),
            pipeline.Quality,
            reference);

    /// <summary>The profile of the rows that the champion learned from; null before there is a champion.</summary>
    public async Task<ReferenceProfile?> ReferenceAsync(string model, CancellationToken cancellationToken) =>
        (await registry.ReadAsync(model, cancellationToken)).ChampionVersion is { } champion
            ? (await store.ReadJsonAsync(
                BlobNames.Version(model, champion, VersionFiles.Profile), PipelinesJson.Default.ReferenceProfile, ct: cancellationToken))?.Value
            : null;
}
