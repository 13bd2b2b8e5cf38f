using MlDurable.Learning.Tables;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Features;
using MlDurable.Pipelines.Registry;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Serving;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Activities;

/// <summary>What the activities of the flow share. Safe for concurrent use.</summary>
internal sealed class FlowServices(IBlobStore store, TimeProvider timeProvider)
{
    public IBlobStore Store => store;

    public TimeProvider TimeProvider => timeProvider;

    public DatasetCache Datasets { get; } = new(store);

    public ModelRegistry Registry { get; } = new(store, timeProvider);

    public PredictorCache Predictors { get; } = new(store, new ModelRegistry(store, timeProvider));

    public RunStore Runs { get; } = new(store);

    /// <summary>Closes the record of a run that completed; its end is announced before, to the pipelines that are deployed and may follow it.</summary>
    public async Task<RunRecord> CompleteAsync(string runId, Func<RunRecord, RunRecord> close, CancellationToken cancellationToken)
    {
        if ((await Runs.GetExactAsync(runId, cancellationToken)).Status == RunStatus.Running)
        {
            await AnnounceAsync(runId, cancellationToken);
        }

        return await Runs.UpdateAsync(runId, close, cancellationToken);
    }

    private async Task AnnounceAsync(string runId, CancellationToken cancellationToken)
    {
        var deployed = await new PipelineDeployments(store, timeProvider).ListAsync(cancellationToken).Select(deployment => deployment.Name).ToListAsync(cancellationToken);
        if (deployed.Count == 0)
        {
            return;
        }

        try
        {
            await store.WriteJsonAsync(
                BlobNames.EndedRun(runId),
                new EndedRun(runId, timeProvider.GetUtcNow(), [.. deployed]),
                PipelinesJson.Default.EndedRun,
                BlobCondition.IfAbsent,
                cancellationToken);
        }
        catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
        {
            // An earlier attempt announced it; what follows keeps the identity that it gave.
        }
    }

    /// <summary>The schema that a pipeline's partitions are read with, frozen by its first run.</summary>
    public async Task<TableSchema> SchemaAsync(string pipeline, CancellationToken cancellationToken) =>
        (await store.ReadJsonAsync(BlobNames.Schema(pipeline), PipelinesJson.Default.TableSchema, ct: cancellationToken))?.Value
        ?? throw new PipelineException(
            "schema-missing", $"the frozen schema {BlobNames.Schema(pipeline)} is gone from {store.Description}; start the run anew, which freezes it again");
}
