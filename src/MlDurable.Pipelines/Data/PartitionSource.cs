using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Definition;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Data;

/// <summary>What a run may use of the data, so that it is as if it were made in the past.</summary>
/// <param name="AsOf">Rows at and after this instant are not used; null for all rows.</param>
/// <param name="Through">Partitions whose names come after this one are not used; null for all partitions.</param>
public sealed record DataLimits(DateTimeOffset? AsOf, string? Through)
{
    /// <summary>All data.</summary>
    public static readonly DataLimits None = new(null, null);

    /// <summary>The column by which a run as of an instant leaves rows out.</summary>
    internal static string RequireTime(DataDefinition data) => data.Time ?? throw new PipelineException(
        "as-of-needs-time", "a run as of an instant needs `data.time`, the column that says when a row was; name it in the pipeline file");
}

/// <summary>An incoming blob and its content's identity.</summary>
internal sealed record Partition(string Name, long Length, string ETag, string Hash);

/// <summary>Finds and reads incoming data.</summary>
internal static class PartitionSource
{
    /// <summary>The blobs that match a pattern, ordered by name. Empty blobs are uploads that have not arrived and are left alone.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="files">The pattern.</param>
    /// <param name="through">The name of the last partition that is taken; null for all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="PipelineException"><c>no-partitions</c>.</exception>
    public static async Task<List<BlobProperties>> FindAsync(IBlobStore store, string files, string? through, CancellationToken cancellationToken)
    {
        var pattern = new PartitionPattern(files);
        var found = new List<BlobProperties>();
        await foreach (var blob in store.ListAsync(BlobNames.Data + pattern.LiteralPrefix, ct: cancellationToken))
        {
            var name = blob.Name[BlobNames.Data.Length..];
            if (blob.Length > 0 && pattern.Matches(name) && (through is null || string.CompareOrdinal(name, through) <= 0))
            {
                found.Add(blob);
            }
        }

        return found.Count > 0
            ? found
            : throw new PipelineException(
                "no-partitions",
                $"no data matches '{files}'{(through is null ? "" : $" up to '{through}'")} below {BlobNames.Data} in {store.Description}; "
                + "put files there, or give them with `--data`");
    }

    /// <summary>The partitions in a pipeline's window, ordered by name.</summary>
    /// <param name="store">The workspace.</param>
    /// <param name="data">The pipeline's data section.</param>
    /// <param name="limits">What may be used of the data.</param>
    /// <param name="schema">The frozen schema, by which times are read; null before there is one.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>no-partitions</c> or <c>as-of-needs-time</c>.</exception>
    public static async Task<IReadOnlyList<Partition>> ListAsync(
        IBlobStore store, DataDefinition data, DataLimits limits, TableSchema? schema, CancellationToken cancellationToken)
    {
        var found = await FindAsync(store, data.Files, limits.Through, cancellationToken);
        var last = data.Window is DataWindow.Last window ? window.Partitions : found.Count;
        var wanted = limits.AsOf is { } asOf
            ? await FindEarlierAsync(store, data, found, asOf, last, schema, cancellationToken)
            : found.TakeLast(last);
        var partitions = new List<Partition>();
        foreach (var blob in wanted)
        {
            await using var reader = await store.OpenReadAsync(blob.Name, blob.ETag, cancellationToken);
            partitions.Add(new Partition(
                blob.Name[BlobNames.Data.Length..], blob.Length, blob.ETag, await ContentHash.OfAsync(reader.Content, cancellationToken)));
        }

        return partitions;
    }

    /// <summary>The last partitions that have a row before an instant.</summary>
    private static async Task<List<BlobProperties>> FindEarlierAsync(
        IBlobStore store,
        DataDefinition data,
        List<BlobProperties> found,
        DateTimeOffset asOf,
        int last,
        TableSchema? schema,
        CancellationToken cancellationToken)
    {
        var time = DataLimits.RequireTime(data);
        var earlier = new List<BlobProperties>();
        for (var index = found.Count - 1; index >= 0 && earlier.Count < last; index--)
        {
            if (await HasRowBeforeAsync(store, found[index], time, asOf, schema, cancellationToken))
            {
                earlier.Insert(0, found[index]);
            }
        }

        return earlier.Count > 0
            ? earlier
            : throw new PipelineException(
                "no-partitions", $"none of the {found.Count} partitions that match '{data.Files}' has a row before {asOf.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} in '{time}'");
    }

    /// <summary>Whether a run at an instant could have used a partition. A row without a time counts as old, as it does everywhere.</summary>
    private static async Task<bool> HasRowBeforeAsync(
        IBlobStore store, BlobProperties blob, string time, DateTimeOffset asOf, TableSchema? schema, CancellationToken cancellationToken)
    {
        try
        {
            var content = await ReadAsync(store, blob.Name[BlobNames.Data.Length..], blob.ETag, schema, cancellationToken);
            return !content.Table.TryGet(time, out var column)
                || column is not TimeColumn times
                || times.Ticks.ContainsAnyInRange(long.MinValue, asOf.UtcTicks - 1);
        }
        catch (CsvException)
        {
            // Nothing says when its rows were: it is used, and its validation reports what is wrong with it.
            return true;
        }
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
