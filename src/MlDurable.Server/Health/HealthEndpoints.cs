using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api;
using MlDurable.Api.Endpoints;
using MlDurable.Storage;

namespace MlDurable.Server.Health;

/// <summary><c>/health/live</c> and <c>/health/ready</c>, which need no key and tell no names.</summary>
internal static class HealthEndpoints
{
    /// <summary>A loop that has not succeeded for so many intervals, and this long, is not working.</summary>
    private const int MissedIntervals = 3;

    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").WithTags("Health").AllowAnonymous();
        health.MapGet("/live", () => TypedResults.Json(new HealthDocument(true, []), ServerJson.Default.HealthDocument))
            .WithName("getLiveness")
            .WithSummary("Whether the process answers")
            .Produces<HealthDocument>();
        health.MapGet("/ready", ReadyAsync)
            .WithName("getReadiness")
            .WithSummary("Whether the server can do its work: the store answers, the engine runs, and what is done again and again succeeds")
            .Produces<HealthDocument>()
            .Produces<HealthDocument>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<JsonHttpResult<HealthDocument>> ReadyAsync(
        IBlobStore store, RunEngine engine, IEnumerable<LoopService> loops, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ImmutableArray<HealthCheck> checks =
        [
            await StoreAsync(store, timeProvider, cancellationToken),
            engine.Completion.IsCompleted ? new HealthCheck("engine", false, "it has stopped") : new HealthCheck("engine", true),
            .. loops.Select(Check),
        ];
        var ready = checks.All(check => check.Holds);
        return TypedResults.Json(
            new HealthDocument(ready, checks),
            ServerJson.Default.HealthDocument,
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<HealthCheck> StoreAsync(IBlobStore store, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(StoreTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await store.ExistsAsync("config/ready", either.Token);
            return new HealthCheck("store", true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheck("store", false, $"no answer within {StoreTimeout.TotalSeconds} s");
        }
        catch (Exception exception) when (ApiProblems.CodeOf(exception) is not null)
        {
            return new HealthCheck("store", false, ApiProblems.CodeOf(exception));
        }
    }

    private static HealthCheck Check(LoopService service)
    {
        var patience = MissedIntervals * service.Loop.Interval;
        return service.SinceSuccess <= (patience > LeastPatience ? patience : LeastPatience)
            ? new HealthCheck(service.Loop.Name, true)
            : new HealthCheck(service.Loop.Name, false, $"no success for {(long)service.SinceSuccess.TotalSeconds} s, {service.Failures} failures");
    }
}
