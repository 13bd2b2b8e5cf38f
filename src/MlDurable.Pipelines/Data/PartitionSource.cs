using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Data;

/// <summary>An incoming blob and its content's identity.</summary>
internal sealed record Partition(string Name, long Length, string ETag, string Hash);

/// <summary>Finds and reads incoming data.</summary>
internal static class PartitionSource
{
    /// <summary>The partitions in a pipeline's window, ordered by name. Empty blobs are uploads that have not arrived and are left alone.</summary>
    /// <exception cref="PipelineException"><c>no-partitions</c>.</exception>
    public static async Task<IReadOnlyList<Partition>> ListAsync(IBlobStore store, DataDefinition data, CancellationToken cancellationToken)
    {
        var pattern = new PartitionPattern(data.Files);
        var found = new List<BlobProperties>();
        await foreach (var blob in store.ListAsync(BlobNames.Data + pattern.LiteralPrefix, ct: cancellationToken))
        {
            if (blob.Length > 0 && pattern.Matches(blob.Name[BlobNames.Data.Length..]))
            {
                found.Add(blob);
            }
        }

        if (found.Count == 0)
        {
            throw new PipelineException(
                "no-partitions",
                $"no data matches '{data.Files}' below {BlobNames.Data} in {store.Description}; put files there, or give them with `--data`");
        }

        var window = data.Window is DataWindow.Last last ? found.TakeLast(last.Partitions) : found;
        var partitions = new List<Partition>();
        foreach (var blob in window)
        {
            await using var reader = await store.OpenReadAsync(blob.Name, blob.ETag, cancellationToken);
            partitions.Add(new Partition(
                blob.Name[BlobNames.Data.Length..], blob.Length, blob.ETag, await ContentHash.OfAsync(reader.Content, cancellationToken)));
        }

        return partitions;
    }

    /// <summary>Reads a partition as the schema says; the content is the one that was planned, or the reading fails.</summary>
    public static async Task<CsvContent> ReadAsync(
        IBlobStore store, string name, string? etag, TableSchema? schema, CancellationToken cancellationToken)
    {
        await using var reader = await store.OpenReadAsync(BlobNames.Data + name, etag, cancellationToken);
        return await CsvTable.ReadAsync(reader.Content, new CsvOptions { Schema = schema }, cancellationToken);
    }

    /// <summary>The schema that all partitions together have.</summary>
    public static async Task<TableSchema> InferSchemaAsync(IBlobStore store, IReadOnlyList<Partition> partitions, CancellationToken cancellationToken)
    {
        TableSchema? merged = null;
        foreach (var partition in partitions)
        {
            try
            {
                var content = await ReadAsync(store, partition.Name, partition.ETag, schema: null, cancellationToken);
                merged = merged is null ? content.Table.Schema : TableSchema.Merge(merged, content.Table.Schema);
            }
            catch (CsvException)
            {
                // An unreadable partition teaches nothing; its validation reports what is wrong with it.
            }
        }

        return merged ?? throw new PipelineException(
            "no-readable-partition", $"none of the {partitions.Count} partitions is readable CSV; `mldurable validate` says what is wrong with each");
    }
}
