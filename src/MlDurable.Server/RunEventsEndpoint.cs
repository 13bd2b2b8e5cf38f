using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using MlDurable.Api;
using MlDurable.Pipelines;
using MlDurable.Pipelines.Runs;
using MlDurable.Server.Health;
using MlDurable.Storage;

namespace MlDurable.Server;

/// <summary><c>GET /api/runs/{id}/events</c>: a run's progress as server-sent events.</summary>
internal sealed class RunEventsEndpoint(
    RunFeed feed, RunStore runs, RunLauncher launcher, RunEngine engine, IBlobStore store, TimeProvider timeProvider, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/runs/{runId}/events", (string runId, HttpContext context, RunEventsEndpoint endpoint) => endpoint.StreamAsync(runId, context))
            .WithTags("Runs")
            .WithName("watchRun")
            .WithSummary("A run's progress as server-sent events")
            .WithDescription(
                "Events `step` as they happen, and `end` with the run's record, after which the stream ends. A client that comes back with Last-Event-ID gets what it "
                + "missed; where that is no longer known, an event `gap` says so first, and GET /api/runs/{runId}/steps tells where the run stands. Server only.")
            .WithMetadata(new DisableRequestTimeoutAttribute())
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private async Task<IResult> StreamAsync(string runId, HttpContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);

        // Watching begins before the record is read: a run that ends between the two is seen either way.
        using var watch = feed.Watch(runId, long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : null);
        var run = (RunIds.IsValid(runId) ? await runs.FindAsync(runId, stop.Token) : null)
            ?? throw new PipelineException("run-not-found", $"there is no run '{runId}'; GET /api/runs lists what there is");
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            if (watch.HasGap)
            {
                await WriteAsync(context, null, "gap", "{}", stop.Token);
            }

            await context.Response.Body.FlushAsync(stop.Token);
            if (run.Status == RunStatus.Running && await engine.Client.GetAsync(runId, stop.Token) is not { IsFinished: true })
            {
                await RelayAsync(watch, runId, context, stop.Token);
            }

            await WriteAsync(context, null, "end", JsonSerializer.Serialize(await EndedAsync(runId, stop.Token), ServerJson.Default.RunRecord), stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The watcher went, or the server stops; the client comes back with its last id.
        }

        return Results.Empty;
    }

    private async Task RelayAsync(RunWatch watch, string runId, HttpContext context, CancellationToken cancellationToken)
    {
        var reader = new RunStepReader(store, runId);
        while (true)
        {
            if (await NextAsync(watch, cancellationToken) is not var (id, happening))
            {
                await context.Response.Body.WriteAsync(": still here\n\n"u8.ToArray(), cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
                continue;
            }

            if (happening.State is not { } state)
            {
                return;
            }

            var step = await reader.ReadAsync(happening.Activity, state, happening.Input, happening.Output, cancellationToken);
            var told = step with { Fraction = happening.Fraction, Message = happening.Message };
            await WriteAsync(context, id, "step", JsonSerializer.Serialize(told, ServerJson.Default.RunStep), cancellationToken);
        }
    }

    /// <summary>The next happening; null when none came within the heartbeat.</summary>
    private async Task<(long Id, RunHappening Happening)?> NextAsync(RunWatch watch, CancellationToken cancellationToken)
    {
        using var beat = new CancellationTokenSource(Heartbeat, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(beat.Token, cancellationToken);
        try
        {
            return await watch.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (beat.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The closed record: a run that was terminated or failed outside its flow is closed here.</summary>
    private async Task<RunRecord> EndedAsync(string runId, CancellationToken cancellationToken)
    {
        if ((await runs.FindAsync(runId, cancellationToken))?.Status == RunStatus.Running)
        {
            await launcher.ReconcileAsync(cancellationToken);
        }

        return await runs.FindAsync(runId, cancellationToken) ?? throw new PipelineException("run-not-found", $"the record of run {runId} is gone");
    }

    private static async Task WriteAsync(HttpContext context, long? id, string name, string data, CancellationToken cancellationToken)
    {
        var identity = id is { } number ? $"id: {number}\n" : "";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"{identity}event: {name}\ndata: {data}\n\n"), cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
