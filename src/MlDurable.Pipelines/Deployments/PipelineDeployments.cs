using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MlDurable.Pipelines.Definition;
using MlDurable.Pipelines.Runs;
using MlDurable.Storage;

namespace MlDurable.Pipelines.Deployments;

/// <summary>The version of a pipeline that hosts work with: <c>pipelines/&lt;name&gt;/deployment.json</c>.</summary>
/// <param name="Name">The pipeline's name.</param>
/// <param name="File">The file's name as it was given, for messages.</param>
/// <param name="Hash">SHA-256 of its bytes, which lie in <c>pipelines/&lt;name&gt;/versions/&lt;hash&gt;.yaml</c>.</param>
/// <param name="DeployedAt">When, in UTC.</param>
/// <param name="DeployedBy">Who.</param>
public sealed record PipelineDeployment(string Name, string File, string Hash, DateTimeOffset DeployedAt, string DeployedBy);

/// <summary>The pipelines that are deployed to a store: what schedules, arriving data and requests start runs of. Safe for concurrent use.</summary>
public sealed class PipelineDeployments(IBlobStore store, TimeProvider timeProvider)
{
    /// <summary>Makes a pipeline file the version that hosts work with. Runs that are under way stay on theirs.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="by">Who deploys.</param>
    /// <param name="cancellationToken">Cancels between the writes.</param>
    /// <returns>The deployment; the present one when it has the same content.</returns>
    public async Task<PipelineDeployment> DeployAsync(PipelineSource pipeline, string by, CancellationToken cancellationToken = default)
    {
        var name = pipeline.Definition.Name;
        await store.WriteBytesAsync(BlobNames.PipelineVersion(name, pipeline.Hash), pipeline.Content, BlobCondition.None, cancellationToken);
        while (true)
        {
            var present = await store.ReadJsonAsync(BlobNames.Deployment(name), PipelinesJson.Default.PipelineDeployment, ct: cancellationToken);
            if (present?.Value is { } deployed && deployed.Hash == pipeline.Hash)
            {
                return deployed;
            }

            var deployment = new PipelineDeployment(name, Path.GetFileName(pipeline.File), pipeline.Hash, timeProvider.GetUtcNow(), by);
            try
            {
                await store.WriteJsonAsync(
                    BlobNames.Deployment(name),
                    deployment,
                    PipelinesJson.Default.PipelineDeployment,
                    present is { } known ? BlobCondition.IfMatch(known.ETag) : BlobCondition.IfAbsent,
                    cancellationToken);
                return deployment;
            }
            catch (BlobStoreException exception) when (exception.Code == BlobStoreErrorCodes.PreconditionFailed)
            {
                // Another deployment came between: this one is the later one.
            }
        }
    }

    /// <summary>Takes a pipeline out of service: nothing starts runs of it any more. Its versions and runs stay.</summary>
    /// <returns>Whether it was deployed.</returns>
    public Task<bool> RemoveAsync(string name, CancellationToken cancellationToken = default) =>
        store.DeleteAsync(BlobNames.Deployment(name), BlobCondition.None, cancellationToken);

    /// <summary>All deployments, by name.</summary>
    public async IAsyncEnumerable<PipelineDeployment> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in store.ListAsync(BlobNames.Pipelines, ct: cancellationToken))
        {
            if (blob.Name.EndsWith("/deployment.json", StringComparison.Ordinal)
                && await store.ReadJsonAsync(blob.Name, PipelinesJson.Default.PipelineDeployment, ct: cancellationToken) is { } deployment)
            {
                yield return deployment.Value;
            }
        }
    }

    /// <summary>A deployment; null when the pipeline is not deployed.</summary>
    public async Task<PipelineDeployment?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        (await store.ReadJsonAsync(BlobNames.Deployment(name), PipelinesJson.Default.PipelineDeployment, ct: cancellationToken))?.Value;

    /// <summary>Reads the deployed version of a pipeline with values for its parameters.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="parameters">The values; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PipelineException"><c>pipeline-invalid</c>: the values, or the file in this version of the product, are not valid.</exception>
    public async Task<PipelineSource> ReadAsync(
        PipelineDeployment deployment, ImmutableSortedDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default)
    {
        var (source, problems) = await TryReadAsync(deployment, parameters, cancellationToken);
        return source
            ?? throw new PipelineException("pipeline-invalid", $"pipeline '{deployment.Name}' cannot be used: {string.Join("; ", problems.Take(10))}");
    }

    /// <summary>Reads the deployed version of a pipeline with values for its parameters, and says each thing that is wrong with them.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="parameters">The values; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The pipeline, or null and the problems that prevent it.</returns>
    public async Task<(PipelineSource? Source, ImmutableArray<PipelineProblem> Problems)> TryReadAsync(
        PipelineDeployment deployment, ImmutableSortedDictionary<string, string>? parameters = null, CancellationToken cancellationToken = default)
    {
        parameters ??= ImmutableSortedDictionary<string, string>.Empty;
        var content = await ContentAsync(deployment, cancellationToken);
        var loaded = PipelineFile.Load(deployment.File, content, new PipelineLoadOptions { Parameters = parameters });
        return (
            loaded.Definition is { } definition ? new PipelineSource(deployment.File, content, deployment.Hash, definition, parameters) : null,
            loaded.Problems);
    }

    /// <summary>The bytes of a deployed pipeline file.</summary>
    public Task<byte[]> ContentAsync(PipelineDeployment deployment, CancellationToken cancellationToken = default) =>
        store.ReadBytesAsync(BlobNames.PipelineVersion(deployment.Name, deployment.Hash), PipelineFile.MaxBytes, cancellationToken);
}
