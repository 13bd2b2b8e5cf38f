using MlDurable.Learning.Tables;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Features;

/// <summary>The columns of a pipeline's data, as its first run froze them.</summary>
internal static class FrozenSchema
{
    /// <exception cref="PipelineException"><c>schema-missing</c>.</exception>
    public static async Task<TableSchema> RequireAsync(IBlobStore store, string pipeline, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(BlobNames.Schema(pipeline), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value
        ?? throw new PipelineException(
            "schema-missing", $"the schema of pipeline '{pipeline}' is gone from {store.Description}; restore {BlobNames.Schema(pipeline)}");
}
