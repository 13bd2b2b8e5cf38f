using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Approvals;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>What the activities of the flow share. Safe for concurrent use.</summary>
internal sealed class FlowServices(IBlobStore store, TimeProvider timeProvider, ApprovalOptions approvals)
{
    public IBlobStore Store => store;

    public TimeProvider TimeProvider => timeProvider;

    public DatasetCache Datasets { get; } = new(store);

    public ModelRegistry Registry { get; } = new(store, timeProvider);

    public RunStore Runs { get; } = new(store);

    public ApprovalFiles Approvals { get; } = new(store);

    public ApprovalWebhook Webhook { get; } = new(approvals, timeProvider);

    /// <summary>The schema that a pipeline's partitions are read with, frozen by its first run.</summary>
    public async Task<TableSchema> SchemaAsync(string pipeline, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(BlobNames.Schema(pipeline), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value
        ?? throw new PipelineException(
            "schema-missing", $"the frozen schema {BlobNames.Schema(pipeline)} is gone from {store.Description}; start the run anew, which freezes it again");
}
