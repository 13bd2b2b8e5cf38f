using System.Collections.Immutable;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/schedules</c>, and the schedules and the arriving data of a pipeline.</summary>
internal static class ScheduleEndpoints
{
    private const int MaxNext = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var schedules = api.MapGroup("").WithTags("Schedules");
        schedules.MapGet("/schedules", (ScheduleBoard board, CancellationToken cancellationToken, int next = 3) => ListAsync(null, next, board, cancellationToken))
            .WithName("listSchedules")
            .WithSummary("The schedules of all deployed pipelines, with their next instants")
            .Produces<ScheduleOverview>()
            .ProducesProblems(400);
        schedules.MapGet("/pipelines/{name}/schedules", (string name, ScheduleBoard board, CancellationToken cancellationToken, int next = 3) => ListAsync(name, next, board, cancellationToken))
            .WithName("listPipelineSchedules")
            .WithSummary("The schedules of a pipeline, with their next instants")
            .Produces<ScheduleOverview>()
            .ProducesProblems(400, 404);
        Change(schedules, "pause", "pauseSchedule", "Keeps a schedule from starting runs, on every host; without a schedule, every one of the pipeline", PauseAsync);
        Change(schedules, "unpause", "unpauseSchedule", "Lets a paused schedule go on; what it missed is caught up as it says", UnpauseAsync);
        api.MapGet("/pipelines/{name}/data", DataAsync)
            .WithTags("Data")
            .WithName("getArrivingData")
            .WithSummary("The data of a pipeline that waits for a run, and how far it is listed")
            .Produces<DataWatchState>()
            .ProducesProblems(404);
    }

    private static void Change(
        IEndpointRouteBuilder schedules,
        string verb,
        string name,
        string summary,
        Func<ScheduleBoard, string, ScheduleChangeBody, ClaimsPrincipal, CancellationToken, Task<ImmutableArray<ScheduleStatus>>> change) =>
        schedules.MapPost(
                $"/pipelines/{{name}}/schedules/{verb}",
                async (string name, HttpRequest request, ClaimsPrincipal user, ScheduleBoard board, MlDurableOptions options, CancellationToken cancellationToken) =>
                {
                    var body = await RequestBody.RequireJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.ScheduleChangeBody, cancellationToken);
                    return TypedResults.Json(new ScheduleOverview(await change(board, name, body, user, cancellationToken), []), ApiJson.Default.ScheduleOverview);
                })
            .Accepts<ScheduleChangeBody>("application/json")
            .WithName(name)
            .WithSummary(summary)
            .Produces<ScheduleOverview>()
            .ProducesProblems(400, 404, 413, 415)
            .RequireAuthorization(ApiPolicies.Operate);

    private static async Task<JsonHttpResult<ScheduleOverview>> ListAsync(string? name, int next, ScheduleBoard board, CancellationToken cancellationToken) =>
        next is < 0 or > MaxNext
            ? throw new ApiException("request-invalid", $"next is how many instants are shown, 0 to {MaxNext}, not {next}")
            : TypedResults.Json(await board.ListAsync(name, next, cancellationToken), ApiJson.Default.ScheduleOverview);

    private static Task<ImmutableArray<ScheduleStatus>> PauseAsync(
        ScheduleBoard board, string name, ScheduleChangeBody body, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        body.Reason is { Length: > 0 } reason
            ? board.PauseAsync(name, body.Schedule, Caller.NameOf(user), reason, cancellationToken)
            : throw new ApiException("request-invalid", "a pause needs a reason, for those who look");

    private static Task<ImmutableArray<ScheduleStatus>> UnpauseAsync(
        ScheduleBoard board, string name, ScheduleChangeBody body, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        board.UnpauseAsync(name, body.Schedule, cancellationToken);

    private static async Task<JsonHttpResult<DataWatchState>> DataAsync(string name, DataWatch data, CancellationToken cancellationToken) =>
        TypedResults.Json(
            (Names.IsValid(name) ? await data.StateAsync(name, cancellationToken) : null)
                ?? throw new ApiException("pipeline-not-found", $"there is no deployed pipeline '{name}' with a data trigger"),
            ApiJson.Default.DataWatchState);
}
