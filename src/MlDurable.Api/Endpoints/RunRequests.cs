using System.Security.Cryptography;
using System.Text;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;
using MlDurable.Storage;

namespace MlDurable.Api.Endpoints;

/// <summary>Starts the runs that HTTP requests ask for. Safe for concurrent use.</summary>
internal sealed class RunRequests(IBlobStore store, PipelineDeployments deployments, ClaimStore claims, IRunStarter starter, TimeProvider timeProvider)
{
    private const int MaxKeyLength = 255;

    /// <summary>Starts a run, once per idempotency key.</summary>
    /// <param name="name">The pipeline's name.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="key">The idempotency key; null when the request has none, and then each request is a run.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the start is durable.</param>
    /// <returns>The run's identity.</returns>
    public async Task<string> StartAsync(string name, StartRunBody body, string? key, string by, CancellationToken cancellationToken)
    {
        var deployment = await PipelineEndpoints.RequireAsync(deployments, name, cancellationToken);
        RequireKey(key);
        var pipeline = await RequestedPipeline.ReadAsync(deployments, deployment, RequestedPipeline.TextsOf(body.Parameters), cancellationToken);
        if (!pipeline.Definition.Triggers.Http)
        {
            throw new ApiException(
                "http-trigger-missing", $"pipeline '{name}' is not started by requests; deploy it with `triggers: [http: {{}}]`, or start it another way");
        }

        var runId = key is null ? RunIds.New(timeProvider.GetUtcNow()) : await IdentityAsync(name, key, cancellationToken);
        await starter.StartAsync(
            new RunStart(runId, pipeline, by) { Stage = body.Stage, Priority = body.Priority, Trigger = new RunTrigger(RunTriggerKind.Http) { Name = key } }, cancellationToken);
        return runId;
    }

    /// <summary>Starts a run like one that has ended, once per idempotency key.</summary>
    /// <param name="repeated">That run.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="key">The idempotency key, which belongs to the pipeline as that of a start does; null when the request has none.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Cancels before the start is durable.</param>
    /// <returns>The new run's identity.</returns>
    public async Task<string> RestartAsync(RunRecord repeated, RestartRunBody body, string? key, string by, CancellationToken cancellationToken)
    {
        RequireKey(key);
        var runId = key is null ? RunIds.New(timeProvider.GetUtcNow()) : await IdentityAsync(repeated.Pipeline, key, cancellationToken);
        await starter.StartAsync(
            await RunRestart.OfAsync(store, repeated, runId, RequestedPipeline.TextsOf(body.Parameters), by, cancellationToken), cancellationToken);
        return runId;
    }

    /// <summary>The run that a key leads to, on every host and at every attempt: what the first request made of it.</summary>
    private async Task<string> IdentityAsync(string pipeline, string key, CancellationToken cancellationToken)
    {
        var claim = $"http/{pipeline}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)))}";
        var known = await claims.FindAsync(claim, cancellationToken);
        await claims.TryTakeAsync(claim, known?.RunId ?? RunIds.Of(timeProvider.GetUtcNow(), "http", pipeline, key), cancellationToken);
        return (await claims.FindAsync(claim, cancellationToken))!.RunId;
    }

    private static void RequireKey(string? key)
    {
        if (key is not null && (key.Length is 0 or > MaxKeyLength || key.Any(character => character is < '!' or > '~')))
        {
            throw new ApiException("request-invalid", $"the Idempotency-Key must have 1 to {MaxKeyLength} printable ASCII characters without spaces");
        }
    }
}
