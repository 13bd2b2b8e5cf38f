using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using MlDurable.Api.Security;
using MlDurable.Pipelines.Runs;
using MlDurable.Pipelines.Triggers;

namespace MlDurable.Api.Endpoints;

/// <summary><c>/api/backfills</c>.</summary>
internal static class BackfillEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
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
