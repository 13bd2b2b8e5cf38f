using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Deployments;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/backfills</c>, and the start of backfills below <c>/api/pipelines</c>.</summary>
internal static class BackfillEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/pipelines/{name}/backfills", StartAsync)
            .WithTags("Backfills")
            .WithName("startBackfill")
            .WithSummary("Makes the runs that a deployed pipeline would have made in the past")
            .WithDescription("The same request is the same backfill: 202 while it goes on, 200 when it has ended, and for a dry run.")
            .Accepts<StartBackfillBody>("application/json")
            .Produces<BackfillProgress>()
            .Produces<BackfillProgress>(StatusCodes.Status202Accepted)
            .ProducesProblems(400, 404, 409, 413, 415)
            .RequireAuthorization(ApiPolicies.Operate);

        var backfills = api.MapGroup("/backfills").WithTags("Backfills");
        backfills.MapGet("", ListAsync)
            .WithName("listBackfills")
            .WithSummary("Lists backfills, and how far each is")
            .Produces<BackfillsDocument>();
        backfills.MapGet("/{id}", GetAsync)
            .WithName("getBackfill")
            .WithSummary("A backfill and its runs")
            .Produces<BackfillProgress>()
            .ProducesProblems(404);
        backfills.MapPost("/{id}/cancel", CancelAsync)
            .WithName("cancelBackfill")
            .WithSummary("Ends a backfill with those of its runs that are under way")
            .Produces<Backfill>()
            .ProducesProblems(404, 409)
            .RequireAuthorization(ApiPolicies.Operate);
    }

    private static async Task<JsonHttpResult<BackfillProgress>> StartAsync(
        string name,
        HttpRequest request,
        ClaimsPrincipal user,
        PipelineDeployments deployments,
        BackfillLauncher launcher,
        BackfillStore backfills,
        RunEngine engine,
        MlDurableOptions options,
        CancellationToken cancellationToken)
    {
        var deployment = await PipelineEndpoints.RequireAsync(deployments, name, cancellationToken);
        var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, ApiJson.Default.StartBackfillBody, cancellationToken)
            ?? throw new ApiException("request-invalid", "the body is needed: what the runs are of, such as { \"from\": \"2026-01-01\", \"to\": \"2026-03-01\" }");
        var asked = await AskedAsync(deployments, deployment, body, Caller.NameOf(user), cancellationToken);
        var backfill = await launcher.PlanAsync(asked, cancellationToken);
        if (!body.DryRun)
        {
            backfill = await launcher.StartAsync(asked.Pipeline, backfill, engine.Client, cancellationToken);
            request.HttpContext.Response.Headers.Location = $"{request.Scheme}://{request.Host}{request.PathBase}/api/backfills/{backfill.Id}";
        }

        return TypedResults.Json(
            await backfills.ProgressAsync(backfill, cancellationToken),
            ApiJson.Default.BackfillProgress,
            statusCode: body.DryRun || backfill.FinishedAt is not null ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    private static async Task<BackfillRequest> AskedAsync(
        PipelineDeployments deployments, PipelineDeployment deployment, StartBackfillBody body, string by, CancellationToken cancellationToken)
    {
        if (body.Parallel is < 1 or > BackfillLauncher.MaxParallel)
        {
            throw new ApiException("request-invalid", $"parallel must be 1 to {BackfillLauncher.MaxParallel}, not {body.Parallel}");
        }

        var parameters = RequestedPipeline.TextsOf(body.Parameters);
        var pipeline = await RequestedPipeline.ReadAsync(deployments, deployment, parameters, cancellationToken);
        var range = new BackfillSelection
        {
            From = body.From,
            To = body.To,
            Schedule = body.Schedule,
            Every = body.Every,
            Partitions = body.Partitions,
        }.RangeOf(pipeline.Definition);
        var schedule = (range as BackfillRange.Instants)?.Schedule;
        if (schedule is { Parameters.IsEmpty: false })
        {
            pipeline = await RequestedPipeline.ReadAsync(deployments, deployment, schedule.Parameters.SetItems(parameters), cancellationToken);
        }

        return new BackfillRequest(pipeline, range, by)
        {
            Stage = body.Stage ?? schedule?.Stage ?? RunStage.All,
            Parallel = body.Parallel,
            StopsOnFailure = body.StopOnFailure,
            Again = body.Again,
        };
    }

    private static async Task<JsonHttpResult<BackfillsDocument>> ListAsync(BackfillStore backfills, CancellationToken cancellationToken) =>
        TypedResults.Json(
            new BackfillsDocument(
                [.. await backfills.ListAsync(cancellationToken)
                    .Select(progress => new BackfillSummary(progress.Backfill, progress.Completed, progress.Failed, progress.Open))
                    .ToListAsync(cancellationToken)]),
            ApiJson.Default.BackfillsDocument);

    private static async Task<JsonHttpResult<BackfillProgress>> GetAsync(string id, BackfillStore backfills, CancellationToken cancellationToken) =>
        TypedResults.Json(
            await backfills.ProgressAsync(await backfills.RequireAsync(Valid(id), cancellationToken), cancellationToken), ApiJson.Default.BackfillProgress);

    private static async Task<JsonHttpResult<Backfill>> CancelAsync(
        string id, string? reason, ClaimsPrincipal user, RunLauncher launcher, CancellationToken cancellationToken) =>
        TypedResults.Json(await launcher.CancelBackfillAsync(Valid(id), RunEndpoints.ReasonOf(reason, user), cancellationToken), ApiJson.Default.Backfill);

    /// <summary>One segment of a blob's name, whatever a request decodes to.</summary>
    private static string Valid(string id) => Names.IsValid(id)
        ? id
        : throw new ApiException("backfill-not-found", $"there is no backfill '{id}'");
}
